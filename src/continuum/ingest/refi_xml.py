"""What REFI-QDA projects and codebooks have in common: codes, identifiers, places of problems; and codebooks (.qdc)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ..errors import BadInput, CompendiumError
from .name_trees import dotted_codes
from .projects import Code, Project, raise_problems
from .safe import parse_xml, read_bytes, shown
from .tables import ImportReport


def read_qdc(path: Path) -> Project:
    """A REFI-QDA codebook: codes without documents.

    Raises
    ------
    BadInput, ManyProblems
        If it is not XML, not a codebook, or lacks a required attribute.
    """
    root = parse_xml(read_bytes(path), shown(path))
    if kind_of(root) != "CodeBook":
        raise wrong_root(path, "", root, "CodeBook")
    report = ImportReport(source=path.name, format="REFI-QDA codebook")
    problems: list[CompendiumError] = []
    codes = list(codes_of(root, shown(path), "", problems))
    raise_problems(problems)
    sets = root.find("{*}Sets")
    if sets is not None and len(sets) == 0:
        report.warnings.append("the codebook holds an empty list of sets, which its schema forbids; read all the same")
    if root.get("origin", "").startswith("Taguette"):
        codes = dotted_codes([(code.name, code.definition) for code in codes], report)
    return Project(report, codes=codes)


def codes_of(root: etree._Element, file: str, member: str, problems: list[CompendiumError]) -> Iterator[Code]:
    """Every code below ``root``, parents first; identifiers are checked."""
    taken: set[str] = set()
    for element in root.iterfind(".//{*}Codes//{*}Code"):
        guid, name = guid_of(element, "guid"), element.get("name")
        missing = [label for label, value in (("guid", guid), ("name", name)) if not value]
        if missing:
            problems.append(problem_at(element, f"the required attribute {missing[0]} is missing", file, member, guid))
            continue
        if guid in taken:
            problems.append(problem_at(element, "this identifier stands twice in the file", file, member, guid))
        taken.add(guid)
        above = element.getparent()
        parent = guid_of(above, "guid") if above is not None and kind_of(above) == "Code" else None
        codable = element.get("isCodable", "true").strip() in {"true", "1"}
        definition = (element.findtext("{*}Description") or "").strip()
        written, color = element.get("guid", "").strip(), element.get("color", "").strip()
        yield Code(guid, name or "", parent, definition, codable, source_guid=written, color=color)


def notes_of(root: etree._Element) -> dict[str, str]:
    """Text of a project's notes by identifier, where the file holds it."""
    found = ((note, note.findtext("{*}PlainTextContent")) for note in root.iterfind("{*}Notes/{*}Note"))
    return {guid_of(note, "guid"): text for note, text in found if text}


def problem_at(element: etree._Element, what: str, file: str, member: str, guid: str = "") -> BadInput:
    """A problem placed at an element, by line and identifier."""
    where = f"{member}, " if member else ""
    place = f"{where}line {element.sourceline}, {kind_of(element)}{f' {guid}' if guid else ''}"
    return BadInput(what, file=file, place=place, fix="export the project again, or report it to the program's makers")


def wrong_root(path: Path, member: str, root: etree._Element, expected: str) -> BadInput:
    """The error for XML of another kind."""
    return BadInput(
        f"expected a REFI-QDA {expected}, but the root element is {kind_of(root)}", file=shown(path),
        place=member or None, fix="export as REFI-QDA",
    )  # fmt: skip


def guid_of(element: etree._Element, attribute: str) -> str:
    """An identifier for comparison: lower case, without braces."""
    return element.get(attribute, "").strip().strip("{}").lower()


def kind_of(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return str(etree.QName(element).localname)
