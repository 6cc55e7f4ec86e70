"""Reading REFI-QDA projects (.qdpx, .qde) of any program, positions checked against the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from lxml import etree

from ..errors import BadInput, CompendiumError
from . import offsets
from .options import advice
from .projects import Case, Document, Mark, Project, Tally, raise_problems
from .refi_package import Package
from .refi_xml import codes_of, guid_of, kind_of, notes_of, problem_at, wrong_root
from .safe import clean_text, parse_xml, shown
from .tables import ImportReport

_SOURCES = ("TextSource", "PDFSource", "PictureSource", "AudioSource", "VideoSource")
_MEDIA_SELECTIONS = ("PDFSelection", "PictureSelection", "AudioSelection", "VideoSelection")
_TYPED: dict[str, Callable[[str], Any]] = {
    "BooleanValue": lambda text: text.strip().lower() in {"true", "1"},
    "IntegerValue": int,
    "FloatValue": float,
}

#: What a project may hold beside codes, passages and cases.
_NOT_READ = {
    "notes": "{*}Notes/{*}Note",
    "links": "{*}Links/{*}Link",
    "sets": "{*}Sets/{*}Set",
    "graphs": "{*}Graphs/{*}Graph",
}


def read_qdpx(path: Path, *, offset_unit: str = "auto", folder: Path | None = None) -> Project:
    """A REFI-QDA project.

    Parameters
    ----------
    path : path
        A ``.qdpx``, or the ``.qde`` of an unpacked one (its texts are then looked for in ``sources/`` beside it).
    offset_unit : {"auto", "codepoints", "utf16", "bytes"}
        How positions are counted; found from the texts by default.
    folder : path, optional
        Where sources outside of the project may be read from; without it such sources are an error.

    Raises
    ------
    BadInput, ManyProblems
        For a damaged or hostile file, a broken reference, a duplicate identifier, a position outside of its text, or
        when the evidence does not decide how positions are counted.
    """
    with Package(path, folder) as package:
        return _Reader(package, offset_unit).read()


@dataclass
class _Selection:
    """A coded passage before the unit of its positions is known."""

    element: etree._Element
    guid: str
    passage: offsets.Passage


@dataclass
class _Text:
    """A source with text, and its passages."""

    document: Document
    raw: str
    selections: list[_Selection] = field(default_factory=list)

    @cached_property
    def longest(self) -> int:
        """Length of the text in the unit that gives the largest number: bytes."""
        return len(self.raw.encode("utf-8", "surrogatepass"))

    @property
    def passages(self) -> list[offsets.Passage]:
        return [selection.passage for selection in self.selections]


class _Reader:
    """One project file while it is read; problems are collected and raised together."""

    def __init__(self, package: Package, offset_unit: str) -> None:
        self.package = package
        self.path, self.member = package.path, package.member
        self.units = offsets.UNITS if offset_unit == "auto" else (offset_unit,)
        self.root = parse_xml(package.project(), shown(self.path), place=self.member or None)
        if kind_of(self.root) != "Project":
            raise wrong_root(self.path, self.member, self.root, "Project")
        self.project = Project(ImportReport(source=self.path.name, format=self._format()))
        self.problems: list[CompendiumError] = []
        self.tally = Tally()
        self.users = self._users()
        self.codable: dict[str, bool] = {}
        self.texts: list[_Text] = []
        self.document_of: dict[str, str] = {}
        self.coder_from: Counter[str] = Counter()
        self.notes = notes_of(self.root)
        self.memos_read: set[str] = set()

    def read(self) -> Project:
        """The project, or every problem found in it."""
        project = self.project
        project.codes = list(codes_of(self.root, shown(self.path), self.member, self.problems))
        self.codable = {code.key: code.codable for code in project.codes}
        for source in self.root.iterfind("{*}Sources/*"):
            if kind_of(source) in _SOURCES:
                self._source(source)
        raise_problems(self.problems)
        self._place_texts()
        self._cases()
        raise_problems(self.problems)
        self._finish_report()
        return project

    def _format(self) -> str:
        origin = self.root.get("origin", "").strip()
        return f"REFI-QDA project{f' by {origin}' if origin else ''}"

    def _users(self) -> dict[str, str]:
        users: dict[str, str] = {}
        for number, user in enumerate(self.root.iterfind("{*}Users/{*}User"), start=1):
            name = user.get("name") or user.get("id") or f"coder {number}"
            users[guid_of(user, "guid")] = f"{name} ({number})" if name in users.values() else name
        return users

    def _source(self, source: etree._Element) -> None:
        """A source of any kind: its text with passages, and codings that have no text."""
        key = self._new_guid(source, self.document_of)
        document = Document(key, source.get("name") or key, variables=self._variables(source))
        self.project.documents.append(document)
        self.document_of[key] = key
        holders = [source, *source.iterfind("{*}Representation"), *source.iterfind("{*}Transcript")]
        texts = [text for holder in holders if (text := self._text(holder, document)) is not None]
        if len(texts) > 1:
            self.tally.add("sources with several texts, of which the first is read", document.name)
        if texts:
            document.text = clean_text(offsets.normalize(texts[0].raw))[0]
            self.texts.append(texts[0])
        elif kind_of(source) == "TextSource":
            self.tally.add("text sources whose plain text is not in the file", document.name)
        for coding in source.iterfind("{*}Coding"):
            self._mark(coding, source, key, unit="whole document")
            self.tally.add("codings of whole documents, kept without text", document.name)
        for kind in _MEDIA_SELECTIONS:
            for selection in source.iterfind(f"{{*}}{kind}"):
                self._without_text(selection, document)

    def _text(self, holder: etree._Element, document: Document) -> _Text | None:
        raw = self._raw_text(holder, document.name)
        selections = list(holder.iterfind("{*}PlainTextSelection"))
        points = {guid_of(point, "guid"): point for point in holder.iterfind("{*}SyncPoint")}
        timed = list(holder.iterfind("{*}TranscriptSelection"))
        if raw is None:
            for selection in [*selections, *timed]:
                self._without_text(selection, document)
            return None
        text = _Text(document, raw)
        for selection in selections:
            self._add_selection(text, selection, selection.get("startPosition"), selection.get("endPosition"))
        for selection in timed:
            ends = [points.get(guid_of(selection, end)) for end in ("fromSyncPoint", "toSyncPoint")]
            places = [point.get("position") if point is not None else None for point in ends]
            if None in places:
                self._without_text(selection, document)
            else:
                self._add_selection(text, selection, *places)
        return text

    def _raw_text(self, holder: etree._Element, name: str) -> str | None:
        """Text of a source with the line ends positions were counted on, without byte order mark."""
        content = holder.find("{*}PlainTextContent")
        if content is not None:
            return content.text or ""
        location = holder.get("plainTextPath")
        if not location:
            return None
        try:
            text, encoding, warnings = self.package.text(location)
        except BadInput as error:
            what = f"the text of source {name!r} cannot be read ({error.what})"
            self.problems.append(BadInput(what, file=shown(self.path), place=location, fix=error.fix))
            return None
        if warnings:
            self.tally.add(f"sources read as {encoding}; check accents", name)
        return text

    def _add_selection(self, text: _Text, selection: etree._Element, start: str | None, end: str | None) -> None:
        guid = self._new_guid(selection, self.document_of)
        self.document_of[guid] = text.document.key
        try:
            passage = offsets.Passage(int(start or ""), int(end or ""), selection.get("name", ""))
        except ValueError:
            self._problem(selection, f"positions {start!r} and {end!r} are not both whole numbers", guid)
            return
        if not 0 <= passage.start < passage.end <= text.longest:
            self._problem(
                selection,
                f"positions {passage.start} to {passage.end} lie outside of its text ({len(text.raw)} characters)",
                guid,
            )
            return
        text.selections.append(_Selection(selection, guid, passage))

    def _without_text(self, selection: etree._Element, document: Document) -> None:
        guid = self._new_guid(selection, self.document_of)
        self.document_of[guid] = document.key
        self.tally.add(f"{kind_of(selection)} passages, kept without text", document.name)
        for coding in selection.iterfind("{*}Coding"):
            self._mark(coding, selection, document.key, unit=f"{kind_of(selection)} {guid}")

    def _place_texts(self) -> None:
        """Find the unit of positions and put every passage into its text."""
        coded = [text for text in self.texts if text.selections]
        if not coded:
            return
        scored = [offsets.score(text.raw, text.passages, self.units) for text in coded]  # type: ignore[arg-type]
        passages = [passage for text in coded for passage in text.passages]
        overall = offsets.decide(offsets.pool(scored), passages)
        ways: Counter[str] = Counter()
        for text, scores in zip(coded, scored, strict=True):
            own = offsets.decide(scores, text.passages)
            best = self._way(text, scores, own, overall)
            if best is None:
                continue
            ways[best.name] += 1
            self._place(text, best)
        raise_problems(self.problems)
        counted = ", ".join(f"{name} in {number} documents" if len(ways) > 1 else name for name, number in ways.items())
        self.project.report.guesses["offset unit"] = f"{counted} ({overall.evidence}); override with offset_unit"

    def _way(
        self, text: _Text, scores: list[offsets.Score], own: offsets.Finding, overall: offsets.Finding
    ) -> offsets.Score | None:
        """How positions of this document count: as in the whole file, unless its own evidence is better."""
        if overall.best is not None:
            same = next(s for s in scores if s.name == overall.best.name)
            if same.at_boundaries >= offsets.NEEDED * len(text.selections) or own.best is None:
                return same
            if own.best.spans == same.spans:
                return same
            self.tally.add(f"documents counted in {own.best.name}, unlike the rest of the file", text.document.name)
        if own.best is None:
            self.problems.append(
                BadInput(
                    f"it is not clear in which unit positions of source {text.document.name!r} are counted "
                    f"({own.evidence})",
                    file=shown(self.path),
                    place=f"line {text.selections[0].element.sourceline}",
                    fix=f"{advice('offset_unit', 'utf16')}, which NVivo writes; or codepoints, or bytes",
                )
            )
        return own.best

    def _place(self, text: _Text, way: offsets.Score) -> None:
        positions = offsets.Positions(text.raw, way.unit, way.line_ends)
        content = text.document.text or ""
        passages = text.passages
        spans = positions.convert_all([p.start for p in passages], [p.end for p in passages])
        for selection, passage, found in zip(text.selections, passages, spans, strict=True):
            if found is None:
                self._problem(
                    selection.element,
                    f"positions {passage.start} to {passage.end} exceed its text ({positions.length} {way.name})",
                    selection.guid,
                )
                continue
            start, end, moved = found
            if moved:
                self.tally.add("positions inside a character, moved outward", f"selection {selection.guid}")
            if passage.stored and not offsets.same_text(passage.stored, content[start:end]):
                self.tally.add("names of passages that are not their text", f"selection {selection.guid}")
            codings = selection.element.findall("{*}Coding")
            span = (content[start:end], start, end)
            counted = (passage.start, passage.end)
            if not codings:
                memo, made = self._memo(selection.element), selection.element.get("creationDateTime", "")
                mark = Mark(text.document.key, None, *span, created=made, memo=memo, counted=counted)
                self.project.marks.append(mark)
            for coding in codings:
                self._mark(coding, selection.element, text.document.key, *span, counted=counted)

    def _mark(
        self,
        coding: etree._Element,
        selection: etree._Element,
        document: str,
        text: str = "",
        start: int | None = None,
        end: int | None = None,
        unit: str = "",
        counted: tuple[int, int] | None = None,
    ) -> None:
        reference = coding.find("{*}CodeRef")
        code = guid_of(reference, "targetGUID") if reference is not None else ""
        if code not in self.codable:
            self._problem(coding, f"refers to the code {code or '(none)'}, which is not in the codebook")
            return
        if not self.codable[code]:
            self.tally.add("codings to a code that is only a folder", f"line {coding.sourceline}")
        coder = self._coder(coding, selection)
        created = coding.get("creationDateTime") or selection.get("creationDateTime", "")
        memo = self._memo(selection)
        self.project.marks.append(Mark(document, code, text, start, end, coder, unit, created, memo, counted))

    def _memo(self, selection: etree._Element) -> str:
        """Description of a passage and the notes it refers to."""
        texts = [selection.findtext("{*}Description") or ""]
        named = [guid_of(note, "targetGUID") for note in selection.iterfind("{*}NoteRef")]
        self.memos_read.update(note for note in named if note in self.notes)
        texts += [self.notes.get(note, "") for note in named]
        return "\n".join(text.strip() for text in texts if text.strip())

    def _coder(self, coding: etree._Element, selection: etree._Element) -> str:
        for element, name in ((coding, "the coding"), (selection, "the passage")):
            user = guid_of(element, "creatingUser")
            if user:
                self.coder_from[name] += 1
                if user not in self.users:
                    self.tally.add("coders that are not in the list of users", user)
                    self.users[user] = f"coder {user[:8]}"
                return self.users[user]
        self.coder_from["nobody (left empty)"] += 1
        return ""

    def _variables(self, element: etree._Element) -> dict[str, Any]:
        if not hasattr(self, "_variable_names"):
            self._variable_names = {
                guid_of(variable, "guid"): variable.get("name", "")
                for variable in self.root.iterfind("{*}Variables/{*}Variable")
            }
        values: dict[str, Any] = {}
        for entry in element.iterfind("{*}VariableValue"):
            reference = entry.find("{*}VariableRef")
            key = guid_of(reference, "targetGUID") if reference is not None else ""
            if key not in self._variable_names:
                self._problem(entry, f"refers to the variable {key or '(none)'}, which is not in the list of variables")
                continue
            cell = next((child for child in entry if kind_of(child).endswith("Value")), None)
            if cell is None or not (cell.text or "").strip():
                continue
            try:
                values[self._variable_names[key]] = _TYPED.get(kind_of(cell), str.strip)(cell.text or "")
            except ValueError:
                self._problem(
                    cell, f"variable {self._variable_names[key]!r} holds a value that is no {kind_of(cell)[:-5]}"
                )
        return values

    def _cases(self) -> None:
        for element in self.root.iterfind("{*}Cases/{*}Case"):
            case = Case(element.get("name") or guid_of(element, "guid"), variables=self._variables(element))
            for reference in [*element.iterfind("{*}SourceRef"), *element.iterfind("{*}SelectionRef")]:
                target = guid_of(reference, "targetGUID")
                if target not in self.document_of:
                    self._problem(
                        reference, f"case {case.name!r} refers to {target or '(none)'}, which is not a source"
                    )
                elif self.document_of[target] not in case.documents:
                    case.documents.append(self.document_of[target])
            if not case.documents:
                self.tally.add("cases without a source", case.name)
            if element.find("{*}CodeRef") is not None:
                self.tally.add("cases coded as a whole, which no passage shows", case.name)
            self.project.cases.append(case)

    def _new_guid(self, element: etree._Element, taken: dict[str, str]) -> str:
        guid = guid_of(element, "guid")
        if not guid:
            self._problem(element, "the required attribute guid is missing")
            return f"line {element.sourceline}"
        if guid in taken:
            self._problem(element, "this identifier stands twice in the file", guid)
        return guid

    def _problem(self, element: etree._Element, what: str, guid: str = "") -> None:
        self.problems.append(problem_at(element, what, shown(self.path), self.member, guid))

    def _finish_report(self) -> None:
        report = self.project.report
        if self.coder_from:
            taken = ", ".join(f"{name} ({number})" for name, number in self.coder_from.items())
            report.guesses["coder"] = f"creatingUser of {taken}"
        if not self.project.documents:
            report.warnings.append("the project holds no documents")
        left = {word: len(self.root.findall(path)) for word, path in _NOT_READ.items()}
        left["notes"] -= len(self.memos_read)
        if any(left.values()):
            report.skipped.append(", ".join(f"{number} {word}" for word, number in left.items() if number))
        report.warnings += self.tally.lines()
