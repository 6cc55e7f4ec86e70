"""The instrument as a form: an XLSForm for tablets and phones, and a page to print."""

from __future__ import annotations

import io
import zipfile
from html import escape
from pathlib import Path

import pandas as pd

from ..atomic import write_bytes, write_text
from ..ingest.assessments import load_instrument
from ..study import Study

#: Answers that are no scale points, with the marks that the importer understands.
OTHER_ANSWERS = {"dk": "Don't know", "na": "Not applicable"}
ROLES = ("direct service", "supervision", "leadership", "intake", "other")
INTRODUCTION = (
    "This form is about what your organization has in place, not about you or the people you serve. Answer for the "
    "organization as it is now. Nothing here compares you with others."
)


def write_xlsform(items: pd.DataFrame, path: Path, *, title: str = "Organizational self-assessment") -> Path:
    """Write the instrument as an XLSForm, which ODK, KoboToolbox and Enketo read.

    Parameters
    ----------
    items : DataFrame
        item_id, domain, text, scale_min, scale_max and anchors, as in ``instrument.csv``.
    path : path
        Ends in ``.xlsx``; the same items give the same bytes.
    title : str

    Returns
    -------
    path
        Its export, one row per filled form with a column per item, is read by
        :func:`continuum.ingest.assessments.read_assessments`.
    """
    from openpyxl import Workbook

    survey = [["type", "name", "label", "required", "hint"], *_survey_rows(items)]
    choices = [["list_name", "name", "label"], *_choice_rows(items)]
    settings = [["form_title", "form_id", "version"], [title, "self_assessment", "1"]]
    book = Workbook()
    book.remove(book.active)
    for name, rows in (("survey", survey), ("choices", choices), ("settings", settings)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    write_bytes(path, _timeless(buffer.getvalue()))
    return path


def write_forms(study: Study, folder: Path) -> list[str]:
    """The fillable forms of a study: an XLSForm, a page to print, and what to do with them.

    Parameters
    ----------
    study : Study
    folder : path
        Of the team; never published.

    Returns
    -------
    list of str
        Names of the files.

    Raises
    ------
    NotCollected
        If the study has no instrument.
    """
    items = load_instrument(study)
    write_xlsform(items, folder / "form.xlsx")
    write_text(folder / "form.html", printable_page(items))
    write_text(folder / "READ-ME.txt", _READ_ME.format(study=study.study))
    return ["READ-ME.txt", "form.html", "form.xlsx"]


def printable_page(items: pd.DataFrame, *, title: str = "Organizational self-assessment") -> str:
    """The instrument as one HTML page to print and fill by hand; needs no other file.

    Parameters
    ----------
    items : DataFrame
        As for :func:`write_xlsform`.
    title : str
    """
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>",
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1><p>{escape(INTRODUCTION)}</p>",
        "<p>Organization ________________  Date ____________  My role ________________</p>",
    ]
    for domain, group in items.groupby("domain", sort=False):
        parts.append(f"<section><h2>{escape(_sentence(str(domain)))}</h2>")
        for low, high, labels, block in _same_scale(group):
            points = range(low, high + 1)
            heads = "".join(f"<th scope='col'>{p}<br><small>{escape(labels.get(p, ''))}</small></th>" for p in points)
            heads += "".join(f"<th scope='col'><small>{escape(text)}</small></th>" for text in OTHER_ANSWERS.values())
            boxes = "<td>&#9744;</td>" * (len(points) + len(OTHER_ANSWERS))
            rows = "".join(f"<tr><th scope='row'>{escape(text)}</th>{boxes}</tr>" for text in block["text"].tolist())
            parts.append(
                f"<table><thead><tr><th scope='col'>Item</th>{heads}</tr></thead><tbody>{rows}</tbody></table>"
            )
        parts.append("</section>")
    return "\n".join([*parts, "</main></body></html>\n"])


_READ_ME = """\
For the team only: nothing in this folder is published.

form.xlsx    XLSForm of the self-assessment; upload it to KoboToolbox, ODK Central or Enketo
form.html    the same to print and fill by hand; type the answers into a table with the columns
             org_id, wave, respondent_id, role, and one column per item (dk: don't know, na: not applicable)
reports/     one page per organization, after answers have come in; give each organization its own page only

Save the export of the filled forms (CSV or XLSX) in data/{study}/, name it under files: of self_assessment: in
study.yaml, and run: compendium check {study} && compendium run {study}
"""

_STYLE = (
    "body{font:11pt/1.4 'DejaVu Sans',Arial,sans-serif;margin:1.5cm}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #767676;padding:4px;text-align:center;vertical-align:top}th[scope=row]{text-align:left;"
    "font-weight:normal;width:45%}section{break-inside:avoid}h2{font-size:13pt;margin-bottom:4px}"
)


def _survey_rows(items: pd.DataFrame) -> list[list[str]]:
    rows = [
        ["note", "introduction", INTRODUCTION, "", ""],
        ["text", "org_id", "Code of your organization", "true", ""],
        ["text", "respondent_id", "Code that only you know", "true", "Not your name."],
        ["select_one roles", "role", "What do you mostly do?", "false", ""],
        ["integer", "wave", "Round", "true", ""],
    ]
    for k, (domain, group) in enumerate(items.groupby("domain", sort=False), start=1):
        rows.append(["begin_group", f"domain_{k}", _sentence(str(domain)), "", ""])
        for item in group.to_dict("records"):
            hint = f"For example: {item['evidence']}" if isinstance(item.get("evidence"), str) else ""
            rows.append([f"select_one {_scale_name(item)}", item["item_id"], item["text"], "false", hint])
        rows.append(["end_group", "", "", "", ""])
    return rows


def _choice_rows(items: pd.DataFrame) -> list[list[str]]:
    rows = [["roles", role.replace(" ", "_"), role] for role in ROLES]
    seen: set[str] = set()
    for item in items.to_dict("records"):
        name = _scale_name(item)
        if name in seen:
            continue
        seen.add(name)
        labels = _anchors(item)
        points = range(int(item["scale_min"]), int(item["scale_max"]) + 1)
        rows += [[name, str(p), f"{p} {labels.get(p, '')}".strip()] for p in points]
        rows += [[name, mark, text] for mark, text in OTHER_ANSWERS.items()]
    return rows


def _scale_name(item: dict) -> str:
    """One choice list per distinct scale and wording of its anchors."""
    words = abs(sum((k + 1) * ord(c) for k, c in enumerate("|".join(_anchors(item).values())))) % 100_000
    return f"scale_{item['scale_min']}_{item['scale_max']}_{words}"


def _anchors(item: dict) -> dict[int, str]:
    points = range(int(item["scale_min"]), int(item["scale_max"]) + 1)
    return {p: item[f"anchor_{p}"] for p in points if isinstance(item.get(f"anchor_{p}"), str)}


def _same_scale(group: pd.DataFrame) -> list[tuple[int, int, dict[int, str], pd.DataFrame]]:
    """Items of one domain that share a scale, so that one table can hold them."""
    names = [_scale_name(item) for item in group.to_dict("records")]
    blocks = []
    for _, block in group.groupby(names, sort=False):
        first = block.iloc[0].to_dict()
        blocks.append((int(first["scale_min"]), int(first["scale_max"]), _anchors(first), block))
    return blocks


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _timeless(workbook: bytes) -> bytes:
    """The workbook without the times that openpyxl writes into it."""
    source = zipfile.ZipFile(io.BytesIO(workbook))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            content = _CORE if name == "docProps/core.xml" else source.read(name)
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            target.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


_CORE = (
    b'<?xml version="1.0" encoding="UTF-8"?><cp:coreProperties '
    b'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
)
