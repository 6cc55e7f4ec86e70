"""Reading QualCoder projects (``NAME.qda/`` or its ``data.qda``) by column name, whatever their version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import BadInput, CompendiumError
from .offsets import Positions, lf_only, same_text
from .options import ReadOptions, advice
from .projects import Case, Code, Document, Mark, Project, Tally, raise_problems
from .safe import Database, clean_text, shown, whole
from .tables import ImportReport

DATABASE = "data.qda"
SUPPORTED = "QualCoder databases v1 to v17"
TABLES = {
    "project": ("databaseversion",),
    "source": ("id", "name", "fulltext", "mediapath"),
    "code_cat": ("catid", "name", "supercatid"),
    "code_name": ("cid", "name", "memo", "catid"),
    "code_text": ("cid", "fid", "seltext", "pos0", "pos1", "owner"),
    "cases": ("caseid", "name"),
    "case_text": ("caseid", "fid"),
    "attribute_type": ("name", "valuetype"),
    "attribute": ("name", "attr_type", "value", "id"),
}
#: What a project may hold beside codes, passages and cases.
_NOT_READ = {"annotations": "annotation", "journal entries": "journal"}
TESTED = ("v8", "v17")
#: The owner under which the program itself marks who speaks (v14 and later).
SPEAKER_CODING = "📌 Speaker coding"


def read_qualcoder(path: Path, options: ReadOptions) -> Project:
    """A QualCoder project.

    Parameters
    ----------
    path : path
        The folder ``NAME.qda`` or the database in it.
    options : ReadOptions
        ``speaker_codings`` imports the program's own marking of speakers; ``skip_mismatches`` leaves out codings
        whose stored text is not the text at their place, which are an error otherwise.

    Raises
    ------
    BadInput, ManyProblems
        For a missing table or column, a broken tree of codes, a reference without target, or a mismatch.
    """
    file = path / DATABASE if path.is_dir() else path
    with Database(file, "QualCoder") as database:
        database.require(TABLES, supported=SUPPORTED, fix="open and save the project in QualCoder, or export REFI-QDA")
        return _Reader(database, path.name, options).read()


class _Reader:
    """One project while it is read; problems are collected and raised together."""

    def __init__(self, database: Database, name: str, options: ReadOptions) -> None:
        self.database, self.options = database, options
        self.project = Project(ImportReport(source=name, format="QualCoder project"))
        self.problems: list[CompendiumError] = []
        self.tally = Tally()
        self.texts: dict[int, str] = {}
        self.positions: dict[int, Positions] = {}
        self.sources: set[int] = set()
        self.codes: set[int] = set()

    def read(self) -> Project:
        """The project, or every problem found in it."""
        report = self.project.report
        version = next((str(row["databaseversion"]) for row in self.database.rows("project", "databaseversion")), "?")
        report.guesses["database"] = f"version {version}"
        if version not in TESTED:
            report.warnings.append(f"database version {version} is not among those tested ({', '.join(TESTED)})")
        self._codes()
        self._sources()
        self._text_codings()
        self._media_codings()
        self._cases()
        raise_problems(self.problems)
        report.guesses["offset unit"] = "code points, as QualCoder counts"
        report.guesses["coder"] = "owner of each coding"
        self._hidden_coders()
        left = {word: sum(1 for _ in self.database.rows(table, "owner")) for word, table in _NOT_READ.items()}
        if any(left.values()):
            report.skipped.append(", ".join(f"{number} {word}" for word, number in left.items() if number))
        report.warnings += self.tally.lines()
        return self.project

    def _codes(self) -> None:
        codes: dict[str, Code] = {}
        for row in self.database.rows("code_cat", "catid", "name", "memo", "supercatid"):
            parent = None if row["supercatid"] is None else f"category {row['supercatid']}"
            key = f"category {row['catid']}"
            codes[key] = Code(key, str(row["name"]), parent, str(row["memo"] or ""), codable=False)
        for row in self.database.rows("code_name", "cid", "name", "memo", "catid", "supercid", "color"):
            self.codes.add(row["cid"])
            parent = None if row["catid"] is None else f"category {row['catid']}"
            if row["supercid"] is not None:
                parent = f"code {row['supercid']}"
            key, color = f"code {row['cid']}", str(row["color"] or "")
            codes[key] = Code(key, str(row["name"]), parent, str(row["memo"] or ""), color=color)
        for code in codes.values():
            trail = [code.key]
            while (parent := codes[trail[-1]].parent) is not None:
                if parent not in codes or parent in trail:
                    wrong = "is part of a cycle" if parent in trail else f"hangs under {parent}, which does not exist"
                    self._problem(f"{code.name!r} ({code.key}) {wrong}", f"table {_table_of(code.key)}")
                    break
                trail.append(parent)
        raise_problems(self.problems)
        self.project.codes = list(codes.values())

    def _sources(self) -> None:
        variables = self._attributes("file")
        for row in self.database.rows("source", "id", "name", "fulltext", "mediapath"):
            self.sources.add(row["id"])
            document = Document(str(row["id"]), str(row["name"]), None, variables.get(row["id"], {}))
            if row["fulltext"]:
                text = str(row["fulltext"])
                self.positions[row["id"]] = Positions(text, "codepoints", "kept")
                self.texts[row["id"]] = document.text = clean_text(lf_only(text))[0]
            elif row["mediapath"]:
                self.tally.add("image, audio, video or PDF sources, kept without text", document.name)
            self.project.documents.append(document)

    def _text_codings(self) -> None:
        mismatches = 0
        columns = ("ctid", "cid", "fid", "seltext", "pos0", "pos1", "owner", "date", "memo")
        for number, row in enumerate(self.database.rows("code_text", *columns), start=1):
            place = f"table code_text, ctid {row['ctid'] or number}"
            if not self._wanted(row, place):
                continue
            found = self._span(row, place)
            text = self.texts[row["fid"]][found[0] : found[1]] if found else ""
            if found is None or not same_text(str(row["seltext"] or ""), text):
                mismatches += 1
                if not self.options.skip_mismatches:
                    self._problem(
                        f"the stored text is not the text at {row['pos0']} to {row['pos1']} of source {row['fid']}",
                        place,
                        f"correct the coding in QualCoder, or {advice('skip_mismatches', 'true')}",
                    )
                continue
            passage = (text, found[0], found[1])
            self.project.marks.append(
                Mark(
                    str(row["fid"]), f"code {row['cid']}", *passage, counted=(row["pos0"], row["pos1"]), **_beside(row)
                )
            )
        if mismatches:
            self.project.report.skipped.append(f"{mismatches} codings whose stored text is not the text at their place")

    def _span(self, row: dict[str, Any], place: str) -> tuple[int, int, bool] | None:
        """Where a coding lies in its text, or None where that is outside of it."""
        positions = self.positions.get(row["fid"])
        start, end = (whole(row[name], f"{place}, {name}", self.database.path) for name in ("pos0", "pos1"))
        return None if positions is None else positions.convert(start, end)

    def _media_codings(self) -> None:
        for table, columns in (("code_image", ("x1", "y1", "width", "height")), ("code_av", ("pos0", "pos1"))):
            named = ("id", "cid", "owner", "date", "memo", *columns)
            for number, row in enumerate(self.database.rows(table, *named), start=1):
                row["fid"] = row["id"]
                if not self._wanted(row, f"table {table}, row {number}"):
                    continue
                self.tally.add("codings of images, audio and video, kept without text", f"source {row['id']}")
                unit = " ".join([table, *(str(row[name]) for name in columns)])
                self.project.marks.append(Mark(str(row["id"]), f"code {row['cid']}", "", unit=unit, **_beside(row)))

    def _wanted(self, row: dict[str, Any], place: str) -> bool:
        """Whether a coding is of a person, on a document that exists, with a code that exists."""
        if row["owner"] == SPEAKER_CODING and not self.options.speaker_codings:
            self.tally.add("the program's own speaker codings, left out")
            return False
        if row["fid"] not in self.sources:
            self.tally.add("codings of deleted documents, left out", place)
            return False
        if row["cid"] not in self.codes:
            self._problem(f"refers to code {row['cid']}, which does not exist (source {row['fid']})", place)
            return False
        return True

    def _cases(self) -> None:
        variables = self._attributes("case")
        cases = {
            row["caseid"]: Case(str(row["name"]), variables=variables.get(row["caseid"], {}))
            for row in self.database.rows("cases", "caseid", "name")
        }
        for row in self.database.rows("case_text", "caseid", "fid"):
            if row["caseid"] not in cases or row["fid"] not in self.sources:
                self.tally.add("passages of cases or documents that were deleted", f"case {row['caseid']}")
                continue
            documents = cases[row["caseid"]].documents
            if str(row["fid"]) not in documents:
                documents.append(str(row["fid"]))
        self.project.cases = list(cases.values())

    def _attributes(self, kind: str) -> dict[int, dict[str, Any]]:
        """Attributes of cases or files by the id of what they belong to; numeric ones as numbers."""
        numeric = {
            row["name"] for row in self.database.rows("attribute_type", "name", "valuetype")
            if str(row["valuetype"]).startswith("num")
        }  # fmt: skip
        found: dict[int, dict[str, Any]] = {}
        for row in self.database.rows("attribute", "name", "attr_type", "value", "id"):
            value = str(row["value"] or "").strip()
            if row["attr_type"] == kind and value:
                found.setdefault(row["id"], {})[str(row["name"])] = _number(value) if row["name"] in numeric else value
        return found

    def _hidden_coders(self) -> None:
        used = {mark.coder for mark in self.project.marks}
        for row in self.database.rows("coder_names", "name", "visibility"):
            if row["visibility"] == 0 and row["name"] in used:
                self.tally.add("coders that the project hides, imported all the same", row["name"])

    def _problem(self, what: str, place: str, fix: str = "open the project in QualCoder and correct it") -> None:
        self.problems.append(BadInput(what, file=shown(self.database.path), place=place, fix=fix))


def _beside(row: dict[str, Any]) -> dict[str, Any]:
    """Who coded, when, and the memo of a coding."""
    return {
        name: str(row[column] or "") for name, column in (("coder", "owner"), ("created", "date"), ("memo", "memo"))
    }


def _table_of(key: str) -> str:
    return "code_cat" if key.startswith("category") else "code_name"


def _number(text: str) -> Any:
    """A number where the text is one, else the text."""
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value
