"""One page for one organization: its own profile and targets, and nothing about any other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..atomic import write_bytes
from ..charts.picture import found_fonts
from ..errors import BadInput
from ..model import self_assessment as sa
from ..model.self_assessment import Assessed
from ..provenance import SYNTHETIC_NOTE

_BAR_WIDTH = 92


def organization_report(
    assessed: Assessed, org_id: str, *, title: str = "Organizational self-assessment", synthetic: bool = False
) -> bytes:
    """A one-page PDF of one organization.

    Parameters
    ----------
    assessed : Assessed
        Self-assessments of all organizations; only the rows of ``org_id`` are used.
    org_id : str
    title : str
    synthetic : bool
        Whether the data are synthetic; the page then says so.

    Returns
    -------
    bytes
        The same bytes for the same data.

    Raises
    ------
    BadInput
        If the organization did not answer.
    """
    return _printed(report_source(assessed, org_id, title=title, synthetic=synthetic))


def write_reports(
    assessed: Assessed, folder: Path, *, title: str = "Organizational self-assessment", synthetic: bool = False
) -> dict[str, Path]:
    """A report for every organization, each in its own file; hand them out one by one, never publish the folder.

    Raises
    ------
    BadInput
        If an organization's identifier cannot name a file.
    """
    names = sorted(assessed.scores["org_id"].unique())
    for org_id in names:
        if not re.fullmatch(r"[\w][\w .-]*", org_id):
            raise BadInput(f"{org_id!r} cannot name a file", fix="use letters, digits, spaces, dots and hyphens")
    found, shown = {}, _Shown.of(assessed)
    for org_id in names:
        path = folder / f"{org_id}.pdf"
        write_bytes(path, _printed(_source(shown, org_id, title=title, synthetic=synthetic)))
        found[org_id] = path
    return found


def written(forms: Sequence[str], reports: Mapping[str, Path]) -> str:
    """What lies in the team's folder, in words."""
    return f"{len(forms)} files around the form, and a report for each of {len(reports)} organizations"


def report_source(assessed: Assessed, org_id: str, *, title: str, synthetic: bool) -> str:
    """The report in Typst, for reading and testing."""
    own = _only(assessed, org_id)
    if own.scores.empty:
        raise BadInput(f"{org_id!r} has no self-assessment", fix="check the identifier")
    return _source(_Shown.of(own), org_id, title=title, synthetic=synthetic)


@dataclass(frozen=True)
class _Shown:
    """What the reports show of the organizations that answered: latest profile, raters by wave, and change."""

    now: pd.DataFrame
    raters: pd.DataFrame
    moved: pd.DataFrame

    @classmethod
    def of(cls, assessed: Assessed) -> _Shown:
        profile = sa.profiles(assessed)
        return cls(sa.latest(profile), sa.raters_by_role(assessed.scores), sa.paired_differences(profile))


def _source(shown: _Shown, org_id: str, *, title: str, synthetic: bool) -> str:
    now, raters, moved = (table[table["org_id"] == org_id] for table in (shown.now, shown.raters, shown.moved))
    changes = dict(zip(moved["domain"].tolist(), moved["difference"].tolist(), strict=True))
    lines = [
        '#set document(title: "' + _quoted(title) + '", date: none)',
        '#set page(paper: "us-letter", margin: 2cm)',
        '#set text(font: ("DejaVu Sans", "Libertinus Serif"), size: 10pt, lang: "en")',
        f"= {_text(title)}",
        f"Organization {_text(org_id)}. This page holds your own answers only.",
    ]
    if synthetic:
        lines.append(f'#text(fill: rgb("#8A2E00"), weight: "bold")[{_text(SYNTHETIC_NOTE)}]')
    for row in raters.to_dict("records"):
        lines.append(f"- Wave {row['wave']}: {row['raters']} raters (roles: {_text(row['roles'])})")
    lines += ["", _table(now, changes), "", *_NOTES]
    return "\n".join(lines) + "\n"


def _printed(source: str) -> bytes:
    import typst

    return bytes(typst.compile(source.encode("utf-8"), format="pdf", font_paths=found_fonts()))


class _Own:
    """The rows of one organization."""

    def __init__(self, scores: pd.DataFrame, items: pd.DataFrame, targets: pd.DataFrame) -> None:
        self.scores, self.items, self.targets = scores, items, targets


def _only(assessed: Assessed, org_id: str) -> _Own:
    return _Own(
        assessed.scores[assessed.scores["org_id"] == org_id],
        assessed.items,
        assessed.targets[assessed.targets["org_id"] == org_id],
    )


def _table(now: pd.DataFrame, changes: dict[str, float]) -> str:
    header = "table.header([*Domain*], [*Score*], [*Range*], [*Target*], [*To target*], [*Change*], [*Profile*]),"
    rows = []
    for row in now.to_dict("records"):
        spread = "one voice" if row["basis"] == "single assessor" else _span(row["low"], row["high"])
        change = changes.get(row["domain"], float("nan"))
        gap = max(0.0, row["gap"]) if row["gap"] == row["gap"] else row["gap"]
        cells = (str(row["domain"]), _number(row["score"]), spread, _number(row["target"]), _number(gap),
                 _signed(change))  # fmt: skip
        rows.append(", ".join(f"[{_text(cell)}]" for cell in cells) + f", {_bar(row['score'], row['target'])},")
    columns = "(auto, auto, auto, auto, auto, auto, 1fr)"
    return "\n".join([f"#table(columns: {columns}, align: horizon, stroke: 0.5pt + gray,", header, *rows, ")"])


_NOTES = (
    "Scores run from 0 (nothing in place) to 100 (in place and used as a rule): the mean over those who answered at "
    "least 60 % of a domain's items that apply. \"Don't know\" is not an answer and never counts as zero.",
    "Range: lowest and highest rater, shown for three raters or more. Change: last minus first wave, in points; "
    "nothing else was held constant, so it is not an effect.",
    "Profile: the bar is the score, the mark your own target.",
)


def _bar(score: float, target: float) -> str:
    """A bar for the score and a mark for the target, 100 points wide."""
    if score != score:
        return "[no score]"
    parts = [f'#rect(width: {score / 100 * _BAR_WIDTH:.1f}pt, height: 8pt, fill: rgb("#0072B2"))']
    if target == target:
        parts.append(
            f"#place(top + left, dx: {target / 100 * _BAR_WIDTH:.1f}pt, dy: -2pt, rect(width: 1.5pt, height: 12pt, "
            f'fill: rgb("#222222")))'
        )
    return f"box(width: {_BAR_WIDTH}pt, height: 8pt)[{' '.join(parts)}]"


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.0f}"


def _signed(value: float) -> str:
    return "-" if value != value else f"{value:+.0f}"


def _span(low: float, high: float) -> str:
    return "-" if low != low else f"{low:.0f} to {high:.0f}"


def _text(text: str) -> str:
    """Text that Typst shows as written."""
    return "".join(f"\\{c}" if c in "\\#$*_`<>@[]~=+-/\"'" else c for c in str(text))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
