"""Writing a Taguette project: a database that Taguette 1.5 imports, with documents, tags, highlights and its log.

Taguette keeps less than we do. Codes become tags whose path joins names by dots, so a dot inside a name is written as
a one-dot leader; a highlight has one author, so each coder has highlights of their own; names of documents and of the
project are cut to the fifty characters Taguette allows. Folders without a definition or a passage are not written:
Taguette makes them from the paths.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Any

from ..atomic import write_bytes
from ..errors import BadInput
from .export_rows import Rows, check_known, check_span, lf_text, rows_of, value_of
from .taguette import ANONYMOUS, VERSIONS

#: Stands for a dot inside a name: a real one makes a level.
DOT_LEADER = "\u2024"
_NAME, _TAG, _LOGIN = 50, 200, 20
#: Tables and columns of schema version db5e31a0233d, without indexes, which Taguette does not need to import.
_SCHEMA = """
CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
CREATE TABLE users (login VARCHAR(30) PRIMARY KEY, created DATETIME NOT NULL, hashed_password VARCHAR(192),
  disabled BOOLEAN NOT NULL, password_set_date DATETIME, language VARCHAR(10), email VARCHAR(256), email_sent DATETIME);
CREATE TABLE projects (id INTEGER PRIMARY KEY, name VARCHAR(200) NOT NULL, description TEXT NOT NULL,
  created DATETIME NOT NULL);
CREATE TABLE project_members (project_id INTEGER, user_login VARCHAR(30), privileges VARCHAR(11) NOT NULL,
  PRIMARY KEY (project_id, user_login));
CREATE TABLE documents (id INTEGER PRIMARY KEY, name VARCHAR(200) NOT NULL, description TEXT NOT NULL,
  filename VARCHAR(200) NOT NULL, created DATETIME NOT NULL, project_id INTEGER NOT NULL,
  text_direction VARCHAR(13) NOT NULL, contents TEXT NOT NULL);
CREATE TABLE tags (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, path VARCHAR(200) NOT NULL,
  description TEXT NOT NULL, UNIQUE (project_id, path));
CREATE TABLE highlights (id INTEGER PRIMARY KEY, document_id INTEGER NOT NULL, start_offset INTEGER NOT NULL,
  end_offset INTEGER NOT NULL, snippet TEXT NOT NULL);
CREATE TABLE highlight_tags (highlight_id INTEGER, tag_id INTEGER, PRIMARY KEY (highlight_id, tag_id));
CREATE TABLE commands (id INTEGER PRIMARY KEY, date DATETIME NOT NULL, user_login VARCHAR(30) NOT NULL,
  project_id INTEGER NOT NULL, document_id INTEGER, payload TEXT NOT NULL);
"""
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d))?")


def write_taguette(
    path: Path,
    *,
    project: str,
    codes: Rows,
    sources: Mapping[str, str],
    codings: Rows,
    created: str = "2000-01-01T00:00:00Z",
    description: str = "",
) -> Path:
    """Write a Taguette database with one project in one step.

    Parameters
    ----------
    path : path
        Ends in ``.sqlite3``.
    project : str
        Name of the project.
    codes, sources, codings
        As for :func:`continuum.ingest.refi_export.write_qdpx`; memos and colors have no place in Taguette.
    created : str
        Time of creation, and of every highlight whose coding has no ``created``.
    description : str

    Returns
    -------
    path
        The same input gives the same bytes.

    Raises
    ------
    BadInput
        If a coding points to an unknown source or code, or outside its text; if the path of a tag exceeds 200
        characters.
    """
    texts = {name: lf_text(text) for name, text in sources.items()}
    coded = rows_of(codings)
    tags = _tags(rows_of(codes), {row["code_id"] for row in coded}, path.name)
    places = {code: number for number, code in enumerate(tags, start=1)}
    documents = {name: number for number, name in enumerate(texts, start=1)}
    groups = _highlights(coded, texts, places, path.name)
    logins = _logins(sorted({coder for _, _, _, coder in groups}))
    now = _stamp(created)
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_SCHEMA)
        add = _adder(database)
        add("alembic_version", VERSIONS[-1])
        for login in logins.values():
            add("users", login, now, None, False, None, None, None, None)
        add("projects", 1, project[:_NAME], description, now)
        for login in logins.values():
            add("project_members", 1, login, "ADMIN")
        names = _names(list(texts), list(texts), _NAME)
        for name, number in documents.items():
            about = (number, names[name], "", f"{number}.txt", now, 1, "LEFT_TO_RIGHT")
            add("documents", *about, _html(texts[name]))
        for number, (tag, text) in enumerate(tags.values(), start=1):
            add("tags", number, 1, tag, text)
        for number, ((name, start, end, coder), rows) in enumerate(sorted(groups.items()), start=1):
            chosen = sorted({places[row["code_id"]] for row in rows})
            span = tuple(len(texts[name][:at].encode()) for at in (start, end))
            add("highlights", number, documents[name], *span, _html(texts[name][start:end]))
            for tag_id in chosen:
                add("highlight_tags", number, tag_id)
            log = {"type": "highlight_add", "highlight_id": number, "start_offset": span[0], "end_offset": span[1]}
            made = next((_stamp(str(at)) for row in rows if (at := value_of(row, "created"))), now)
            payload = json.dumps({**log, "tags": chosen})
            add("commands", number, made, logins[coder], 1, documents[name], payload)
        database.commit()
        write_bytes(path, database.serialize())
    return path


Highlight = tuple[str, int, int, str]


def _adder(database: sqlite3.Connection) -> Any:
    def add(table: str, *values: Any) -> None:
        marks = ", ".join("?" * len(values))
        database.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608

    return add


def _tags(rows: list[dict[str, Any]], used: set[Any], file: str) -> dict[Any, tuple[str, str]]:
    """Path and description of each code that can be used, is used all the same, or is described."""
    known = {row["code_id"]: row for row in rows}
    taken: Counter[str] = Counter()
    tags = {}
    for code, row in known.items():
        names: list[str] = []
        step: Any = code
        while step is not None:
            check_known(step, known, "code", f"code {code!r}", file)
            names.insert(0, lf_text(str(known[step]["name"])).replace(".", DOT_LEADER))
            step = value_of(known[step], "parent_id")
            if len(names) > len(known):
                raise BadInput(f"code {code!r} is part of a cycle of parents", file=file, fix="correct parent_id")
        text = str(value_of(row, "definition") or "")
        if value_of(row, "is_codable") is False and not text and code not in used:
            continue
        tag = ".".join(names)
        taken[tag] += 1
        tag = tag if taken[tag] == 1 else f"{tag} ({taken[tag]})"
        if len(tag) > _TAG:
            raise BadInput(
                f"the path of code {names[-1]!r} has {len(tag)} characters, and Taguette allows {_TAG}",
                file=file, fix="shorten the names of codes, or export a REFI-QDA project",
            )  # fmt: skip
        tags[code] = (tag, text)
    return tags


def _highlights(
    rows: Sequence[dict[str, Any]], texts: Mapping[str, str], places: Mapping[Any, int], file: str
) -> dict[Highlight, list[dict[str, Any]]]:
    """Codings by passage and coder."""
    groups: dict[Highlight, list[dict[str, Any]]] = {}
    for row in rows:
        span = check_span(row, texts, file)
        check_known(row["code_id"], places, "code", f"a coding in source {row['source']!r}", file)
        groups.setdefault((row["source"], *span, str(value_of(row, "coder") or "")), []).append(row)
    return groups


def _logins(coders: Sequence[str]) -> dict[str, str]:
    """A login Taguette accepts for each coder; nobody known is its single user."""
    return _names(coders, [re.sub(r"[^a-z0-9._-]", "-", coder.lower()) or ANONYMOUS for coder in coders], _LOGIN)


def _names(originals: Sequence[str], plain: Sequence[str], longest: int) -> dict[str, str]:
    """A name of at most ``longest`` characters for each; one that was cut, or is not alone, ends in a hash."""
    alone = Counter(name[:longest] for name in plain)
    names = {}
    for original, name in zip(originals, plain, strict=True):
        clear = len(name) <= longest and alone[name] == 1
        names[original] = (
            name if clear else f"{name[: longest - 7]}-{hashlib.sha256(original.encode()).hexdigest()[:6]}"
        )
    return names


def _stamp(text: str) -> str:
    """A time as Taguette stores it; the start of the century for what is no date."""
    match = _STAMP.match(text)
    day, time = match.groups() if match else ("2000-01-01", None)
    return f"{day} {time or '00:00:00'}.000000"


def _html(text: str) -> str:
    """Text as paragraphs that keep their line ends, so that positions in the text nodes are those of the text."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in re.split(r"(?<=\n)", text) if line)
