"""Writing REFI-QDA: a project (.qdpx) or a codebook (.qdc) that other coding tools open.

The files follow the schemas of 2019 by construction: code-point positions, LF text, UTF-8 without BOM, ``sources/``,
and lower-case identifiers derived from content (codes keep those another program gave them), so that the same study
gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from ..atomic import write_bytes
from ..errors import BadInput
from .export_rows import Rows, check_known, check_span, lf_text, plain_value, rows_of, value_of
from .safe import clean_text

PROJECT_NAMESPACE = "urn:QDA-XML:project:1.0"
CODEBOOK_NAMESPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "continuum-compendium"

#: Earliest date a zip can hold; every member carries it, so that bytes do not depend on the clock.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_IDS = uuid.uuid5(uuid.NAMESPACE_URL, PROJECT_NAMESPACE)
_GUID = re.compile(r"(?P<open>\{)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?(open)\})")
_COLOR = re.compile(r"#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})")


def write_qdpx(
    path: Path,
    *,
    project: str,
    users: Sequence[str],
    codes: Rows,
    sources: Mapping[str, str],
    codings: Rows,
    cases: Rows = (),
    created: str = "2000-01-01T00:00:00Z",
    description: str = "",
) -> Path:
    """Write a REFI-QDA project in one step.

    Parameters
    ----------
    path : path
        Ends in ``.qdpx``.
    project : str
        Name of the project.
    users : sequence of str
        Coders.
    codes : DataFrame or rows
        code_id, name and, where known, parent_id, definition, is_codable (default True), color (``#rrggbb``) and
        source_guid (the identifier another program gave it, written back as it was).
    sources : mapping of name to text
        The documents; CRLF becomes LF.
    codings : DataFrame or rows
        source (a key of ``sources``), start, end (code points into the LF text, end exclusive), code_id, coder, and
        optionally memo and created.
    cases : DataFrame or rows
        name, sources (list of names), variables (mapping of name to value; the type follows the values).
    created : str
        Time of creation, ``YYYY-MM-DDThh:mm:ssZ``.
    description : str
        Description of the project.

    Returns
    -------
    path

    Raises
    ------
    BadInput
        If a coding points to an unknown source, code or coder, or outside its text, or a code has an unknown parent.
    """
    texts = {name: lf_text(text) for name, text in sources.items()}
    tree = _code_tree(rows_of(codes), path.name)
    coders = {name: _guid("user", name) for name in users}
    root = etree.Element(
        _tag("Project"),
        nsmap={None: PROJECT_NAMESPACE},
        name=_xml(project),
        origin=ORIGIN,
        creationDateTime=created,
    )
    if coders:
        _fill_users(etree.SubElement(root, _tag("Users")), coders)
    if tree:
        codes_element = etree.SubElement(etree.SubElement(root, _tag("CodeBook")), _tag("Codes"))
        _fill_codes(codes_element, tree, None, PROJECT_NAMESPACE)
    _fill_cases(root, rows_of(cases), texts, path.name)
    if texts:
        _fill_sources(
            etree.SubElement(root, _tag("Sources")), texts, rows_of(codings), tree, coders, created, path.name
        )
    if description:
        etree.SubElement(root, _tag("Description")).text = _xml(description)
    members = {"project.qde": _serialize(root)}
    members |= {f"sources/{_guid('source', name)}.txt": text.encode("utf-8") for name, text in texts.items()}
    write_bytes(path, _zip(members))
    return path


def write_qdc(path: Path, codebook: Rows, *, origin: str = ORIGIN) -> Path:
    """Write a REFI-QDA codebook (codes, hierarchy, definitions) in one step.

    Parameters
    ----------
    path : path
        Ends in ``.qdc``.
    codebook : DataFrame or rows
        code_id, name and, where known, parent_id, definition, is_codable, color, source_guid.
    origin : str
        The program named as the origin.

    Raises
    ------
    BadInput
        If there is no code, or a parent is unknown or part of a cycle.
    """
    tree = _code_tree(rows_of(codebook), path.name)
    if not tree:
        raise BadInput("a codebook needs at least one code", file=path.name, fix="export a study that has codes")
    root = etree.Element(f"{{{CODEBOOK_NAMESPACE}}}CodeBook", nsmap={None: CODEBOOK_NAMESPACE}, origin=origin)
    _fill_codes(etree.SubElement(root, f"{{{CODEBOOK_NAMESPACE}}}Codes"), tree, None, CODEBOOK_NAMESPACE)
    write_bytes(path, _serialize(root))
    return path


def _code_tree(rows: list[dict[str, Any]], file: str) -> dict[Any, dict[str, Any]]:
    """Codes by id, each with its identifier; parents are known and lead to a root."""
    tree = {row["code_id"]: row for row in rows}
    for code_id, row in tree.items():
        trail = [code_id]
        while (parent := value_of(tree[trail[-1]], "parent_id")) is not None:
            if parent not in tree or parent in trail:
                what = "is part of a cycle of parents" if parent in trail else f"has the unknown parent {parent!r}"
                raise BadInput(f"code {code_id!r} {what}", file=file, fix="correct parent_id")
            trail.append(parent)
        names = [str(tree[step]["name"]) for step in reversed(trail)]
        given = str(value_of(row, "source_guid") or "")
        row["guid"] = given if _GUID.fullmatch(given) else _guid("code", *names)
    taken: dict[str, int] = defaultdict(int)
    for row in tree.values():  # a name may stand twice under one parent
        plain = row["guid"].strip("{}").lower()
        taken[plain] += 1
        if taken[plain] > 1:
            row["guid"] = _guid("code", plain, str(taken[plain]))
    return tree


def _fill_users(parent: etree._Element, coders: Mapping[str, str]) -> None:
    for name, guid in coders.items():
        etree.SubElement(parent, _tag("User"), guid=guid, name=_xml(name))


def _fill_codes(element: etree._Element, tree: dict[Any, dict[str, Any]], parent: Any, namespace: str) -> None:
    for code_id, row in tree.items():
        if value_of(row, "parent_id") != parent:
            continue
        codable = value_of(row, "is_codable")
        child = etree.SubElement(
            element,
            f"{{{namespace}}}Code",
            guid=row["guid"],
            name=_xml(str(row["name"])),
            isCodable="false" if codable is False else "true",
        )
        color = value_of(row, "color")
        if color is not None and _COLOR.fullmatch(str(color)):
            child.set("color", str(color))
        if definition := value_of(row, "definition"):
            etree.SubElement(child, f"{{{namespace}}}Description").text = _xml(str(definition))
        _fill_codes(child, tree, code_id, namespace)


def _fill_cases(root: etree._Element, cases: list[dict[str, Any]], texts: Mapping[str, str], file: str) -> None:
    variables_of = [{k: plain_value(v) for k, v in (case.get("variables") or {}).items()} for case in cases]
    values: dict[str, list[Any]] = defaultdict(list)
    for variables_of_case in variables_of:
        for name, value in variables_of_case.items():
            values[name].append(value)
    types = {name: _variable_type(column) for name, column in values.items()}
    if types:
        variables = etree.SubElement(root, _tag("Variables"))
        for name, kind in types.items():
            etree.SubElement(
                variables, _tag("Variable"), guid=_guid("variable", name), name=_xml(name), typeOfVariable=kind
            )
    if not cases:
        return
    parent = etree.SubElement(root, _tag("Cases"))
    for case, variables_of_case in zip(cases, variables_of, strict=True):
        element = etree.SubElement(
            parent, _tag("Case"), guid=_guid("case", str(case["name"])), name=_xml(str(case["name"]))
        )
        for name, value in variables_of_case.items():
            if value is None:
                continue
            entry = etree.SubElement(element, _tag("VariableValue"))
            etree.SubElement(entry, _tag("VariableRef"), targetGUID=_guid("variable", name))
            etree.SubElement(entry, _tag(f"{types[name]}Value")).text = _literal(value, types[name])
        for source in case.get("sources") or ():
            check_known(source, texts, "source", f"case {case['name']!r}", file)
            etree.SubElement(element, _tag("SourceRef"), targetGUID=_guid("source", source))


def _fill_sources(
    parent: etree._Element,
    texts: Mapping[str, str],
    codings: list[dict[str, Any]],
    tree: Mapping[Any, dict[str, Any]],
    coders: Mapping[str, str],
    created: str,
    file: str,
) -> None:
    by_source: dict[str, dict[tuple[int, int], list[dict[str, Any]]]] = {name: defaultdict(list) for name in texts}
    for row in codings:
        span = check_span(row, texts, file)
        by_source[row["source"]][span].append(row)
    for name, text in texts.items():
        guid = _guid("source", name)
        element = etree.SubElement(
            parent,
            _tag("TextSource"),
            guid=guid,
            name=_xml(name),
            plainTextPath=f"internal://{guid}.txt",
            creationDateTime=created,
        )
        for (start, end), rows in sorted(by_source[name].items()):
            selection = etree.SubElement(
                element,
                _tag("PlainTextSelection"),
                guid=_guid("selection", name, str(start), str(end)),
                name=text[start:end],
                startPosition=str(start),
                endPosition=str(end),
            )
            if memos := dict.fromkeys(str(memo) for row in rows if (memo := value_of(row, "memo"))):
                etree.SubElement(selection, _tag("Description")).text = _xml("\n".join(memos))
            for row in rows:
                check_known(row["code_id"], tree, "code", f"a coding in source {name!r}", file)
                coding = etree.SubElement(selection, _tag("Coding"))
                code = tree[row["code_id"]]["guid"]
                coder = value_of(row, "coder") or ""
                coding.set("guid", _guid("coding", name, str(start), str(end), code, str(coder)))
                if coder:
                    check_known(coder, coders, "coder", f"a coding in source {name!r}", file)
                    coding.set("creatingUser", coders[coder])
                if stamp := value_of(row, "created"):
                    coding.set("creationDateTime", str(stamp))
                etree.SubElement(coding, _tag("CodeRef"), targetGUID=code)


def _variable_type(values: Sequence[Any]) -> str:
    present = [value for value in values if value is not None]
    for kind, types in (
        ("Boolean", bool),
        ("Integer", int),
        ("Float", (int, float)),
        ("DateTime", dt.datetime),
        ("Date", dt.date),
    ):
        if present and all(
            isinstance(value, types) and (kind == "Boolean" or not isinstance(value, bool)) for value in present
        ):
            return kind
    return "Text"


def _literal(value: Any, kind: str) -> str:
    if kind == "Boolean":
        return "true" if value else "false"
    if kind == "Float":  # xsd:decimal has no exponent
        return format(value, "f")
    return value.isoformat() if kind in {"Date", "DateTime"} else _xml(str(value))


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(_IDS, "\x1f".join(parts)))


def _tag(name: str) -> str:
    return f"{{{PROJECT_NAMESPACE}}}{name}"


def _xml(text: str) -> str:
    """Text that XML can hold."""
    return clean_text(text)[0]


def _serialize(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=6)
    return buffer.getvalue()
