"""Reading Taguette's own database: byte positions in HTML become code points, coders come from its log of commands."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ..errors import BadInput, CompendiumError
from .name_trees import dotted_codes
from .offsets import Positions, lf_only, same_text
from .options import ReadOptions, advice
from .projects import Document, Mark, Project, Tally, raise_problems
from .safe import Database, clean_text, shown, whole
from .tables import ImportReport

#: Schema versions this reader was tested with, newest last (Taguette 1.5.2).
VERSIONS = ("09c662cd9483", "db5e31a0233d")
SUPPORTED = "Taguette up to 1.5.2"
TABLES = {
    "projects": ("id", "name"),
    "documents": ("id", "name", "project_id", "contents"),
    "tags": ("id", "project_id", "path", "description"),
    "highlights": ("id", "document_id", "start_offset", "end_offset", "snippet"),
    "highlight_tags": ("highlight_id", "tag_id"),
    "commands": ("id", "user_login", "project_id", "payload"),
}
#: The login of single-user mode, and the one every export puts in place of the real ones.
ANONYMOUS = "admin"
_BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main "
    "nav ol p pre section table tbody td tfoot th thead tr ul".split()
)


def read_taguette(path: Path, options: ReadOptions) -> Project:
    """One project of a Taguette database.

    Parameters
    ----------
    path : path
        The server's own database, or an exported one (which names no coders).
    options : ReadOptions
        ``project`` where the database holds several; ``coder`` where it names none.

    Raises
    ------
    BadInput, ManyProblems
        For a database of another version, several projects and none chosen, or broken references and positions.
    """
    with Database(path, "Taguette") as database:
        report = ImportReport(source=path.name, format="Taguette database")
        _check_version(database, report)
        project_id = _choose(database, options.project)
        return _read(database, project_id, Project(report), options)


class HtmlText:
    """The text of a stored document, and where each byte Taguette counts lies in it.

    Taguette counts UTF-8 bytes of the text nodes with nothing between two paragraphs; here each block begins on a line
    of its own.
    """

    def __init__(self, html: str) -> None:
        parser = _TextNodes()
        parser.feed(html)
        parser.close()
        self._content = "".join(parser.pieces)
        self._positions = Positions(self._content, "bytes", "kept")
        self._breaks = [at for at in parser.breaks if self._needs_break(at)]
        pieces = [self._content[start:end] for start, end in _between(self._breaks, len(self._content))]
        self.text = "\n".join(pieces)
        self.length = self._positions.length

    def span(self, start: int, end: int) -> tuple[int, int, bool] | None:
        """Code points of a byte range, and whether it was widened to whole characters; None outside of the text."""
        found = self._positions.convert(start, end)
        if found is None:
            return None
        first, last, moved = found
        return first + bisect_right(self._breaks, first), last + bisect_left(self._breaks, last), moved

    def _needs_break(self, at: int) -> bool:
        return 0 < at < len(self._content) and self._content[at - 1] != "\n" and self._content[at] != "\n"


class _TextNodes(HTMLParser):
    """Text nodes in order, and the places where a block begins or ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.breaks: list[int] = []
        self._length = 0
        self._after_pre = False

    def handle_data(self, data: str) -> None:
        if not self.pieces and not self.breaks:
            data = data.lstrip(" \t\r\n\f")  # blanks before the first element belong to no text node
        data = lf_only(data)  # as browsers and html5lib read it
        if self._after_pre:
            data = data.removeprefix("\n")
        self._after_pre = False
        if data:
            self.pieces.append(data)
            self._length += len(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._after_pre = tag == "pre"
        self._block(tag)

    def handle_endtag(self, tag: str) -> None:
        self._after_pre = False
        self._block(tag)

    def _block(self, tag: str) -> None:
        if tag in _BLOCKS and (not self.breaks or self.breaks[-1] != self._length):
            self.breaks.append(self._length)


def _between(breaks: list[int], length: int) -> Iterator[tuple[int, int]]:
    yield from zip([0, *breaks], [*breaks, length], strict=True)


def _check_version(database: Database, report: ImportReport) -> None:
    versions = [row["version_num"] for row in database.rows("alembic_version", "version_num")]
    newer = "export the codebook and the highlights as CSV, and read those" if versions else "choose another file"
    database.require(TABLES, supported=SUPPORTED, fix=newer)
    version = str(versions[0]) if versions else "none"
    report.guesses["schema"] = f"version {version}"
    if version not in VERSIONS:
        report.warnings.append(
            f"schema version {version} is not among those tested ({SUPPORTED}); all columns are there"
        )


def _choose(database: Database, wanted: str) -> int:
    projects = {str(row["name"]): int(row["id"]) for row in database.rows("projects", "id", "name")}
    if wanted and wanted in projects:
        return projects[wanted]
    if len(projects) == 1 and not wanted:
        return next(iter(projects.values()))
    names = ", ".join(repr(name) for name in projects) or "none"
    what = f"there is no project {wanted!r}" if wanted else f"the database holds {len(projects)} projects"
    fix = f"{advice('project', 'NAME')}, one of: {names}"
    raise BadInput(what, file=shown(database.path), place="table projects", fix=fix)


def _read(database: Database, project_id: int, project: Project, options: ReadOptions) -> Project:
    report, tally = project.report, Tally()
    problems: list[CompendiumError] = []
    tags = {
        row["id"]: (str(row["path"]), str(row["description"] or ""))
        for row in database.rows("tags", "id", "project_id", "path", "description")
        if row["project_id"] == project_id
    }
    project.codes = dotted_codes(tags.values(), report)
    texts: dict[int, HtmlText] = {}
    others = set()
    for row in database.rows("documents", "id", "name", "project_id", "contents"):
        if row["project_id"] != project_id:
            others.add(row["id"])
            continue
        texts[row["id"]] = html = HtmlText(str(row["contents"] or ""))
        project.documents.append(Document(str(row["id"]), str(row["name"]), clean_text(html.text)[0]))
    coders, made = _coders(database, project_id, options.coder, tally, report)
    tagged: dict[int, list[int]] = {}
    for row in database.rows("highlight_tags", "highlight_id", "tag_id"):
        tagged.setdefault(row["highlight_id"], []).append(row["tag_id"])
    for row in database.rows("highlights", "id", "document_id", "start_offset", "end_offset", "snippet"):
        if row["document_id"] in others:
            continue
        try:
            for name in ("start_offset", "end_offset"):
                row[name] = whole(row[name], name, database.path)
            passage = _passage(row, texts, tally)
            more: dict[str, Any] = {
                "created": made.get(row["id"], ""),
                "counted": (row["start_offset"], row["end_offset"]),
            }
            for code in _codes_of(row["id"], tagged, tags):
                coder = coders.get(row["id"], options.coder)
                project.marks.append(Mark(str(row["document_id"]), code, *passage, coder, **more))
        except BadInput as error:
            fix = "export the project again from Taguette"
            problems.append(
                BadInput(error.what, file=shown(database.path), place=f"table highlights, id {row['id']}", fix=fix)
            )
    raise_problems(problems)
    report.guesses["offset unit"] = "UTF-8 bytes of the text nodes, as Taguette counts"
    report.warnings += tally.lines()
    return project


def _passage(row: dict[str, Any], texts: dict[int, HtmlText], tally: Tally) -> tuple[str, int, int]:
    """Text and code points of a highlight."""
    html = texts.get(row["document_id"])
    if html is None:
        raise BadInput(f"highlight {row['id']} refers to document {row['document_id']}, which does not exist")
    found = html.span(row["start_offset"], row["end_offset"])
    if found is None:
        raise BadInput(
            f"positions {row['start_offset']} to {row['end_offset']} lie outside of its document ({html.length} bytes)"
        )
    start, end, moved = found
    if moved:
        tally.add("positions inside a character, moved outward", f"highlight {row['id']}")
    if not same_text(HtmlText(str(row["snippet"] or "")).text, html.text[start:end]):
        tally.add("stored snippets that are older than the passage; the document is right", f"highlight {row['id']}")
    return clean_text(html.text[start:end])[0], start, end


def _codes_of(highlight: int, tagged: dict[int, list[int]], tags: dict[int, tuple[str, str]]) -> list[str | None]:
    """Tags of a highlight, or one None for a highlight without a tag."""
    codes: list[str | None] = []
    for tag in tagged.get(highlight, ()):
        if tag not in tags:
            raise BadInput(f"highlight {highlight} refers to tag {tag}, which does not exist")
        codes.append(tags[tag][0])
    return codes or [None]


def _coders(
    database: Database, project_id: int, given: str, tally: Tally, report: ImportReport
) -> tuple[dict[int, str], dict[int, str]]:
    """Coder and time of each highlight: who added it first, and when, by the log; no coders if it names nobody."""
    first: dict[int, str] = {}
    last: dict[int, str] = {}
    made: dict[int, str] = {}
    logins = set()
    columns = ("id", "date", "user_login", "project_id", "payload")
    for row in sorted(database.rows("commands", *columns), key=lambda r: r["id"]):
        if row["project_id"] != project_id:
            continue
        payload = _payload(row["payload"])
        highlight = payload.get("highlight_id")
        if not isinstance(highlight, int):
            continue
        if payload.get("type") == "highlight_add":
            login = str(row["user_login"] or "")
            logins.add(login)
            first.setdefault(highlight, login)
            made.setdefault(highlight, str(row["date"] or ""))
            last[highlight] = login
        elif payload.get("type") == "highlight_delete":
            for known in (first, last, made):
                known.pop(highlight, None)
    if logins <= {ANONYMOUS, ""}:
        report.guesses["coder"] = f"{given} (given)" if given else "unknown: every command in the log is by 'admin'"
        if not given:
            report.warnings.append(
                "coders are unknown: exports replace them by 'admin'. Use the server's own database, "
                "or options: {coder: NAME}"
            )
        return {}, made
    report.guesses["coder"] = f"login of the first command that added each highlight ({len(first)})"
    for highlight, login in last.items():
        if login != first[highlight]:
            tally.add("highlights edited by another coder than the one who made them", f"highlight {highlight}")
    return first, made


def _payload(text: Any) -> dict[str, Any]:
    try:
        payload = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}
