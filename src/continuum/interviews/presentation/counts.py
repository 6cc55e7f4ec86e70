"""What interviews mention, in the form in which it is read: counts before shares, no decimals on small bases."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from ...disclosure import SUPPRESSED
from ...disclosure import shown as as_numbers
from ...errors import BadInput, TooFewCases
from ...ingest.tables import CodedInterviews
from ...provenance import SYNTHETIC_NOTE
from ...tables import MISSING, interval, percent, whole_percent
from ..summary import ALL

#: How :func:`continuum.disclosure.protect` treats the table of :func:`continuum.interviews.code_summary`.
SUMMARY_CELLS: dict[str, Any] = {
    "counts": ["interviews"],
    "derived": {"interviews": ["share", "low", "high", "segments"]},
    "within": ["kind", "id"],
    "by": "group",
    "base": "base",
    "union": "area",
}
Order = Literal["share", "area", "name", "codebook"]
#: Orders of codes, in the words of a reader's menu.
ORDERS: dict[Order, str] = {
    "share": "most often first", "area": "by area", "name": "by name", "codebook": "as in the codebook",
}  # fmt: skip
#: Codes that fit into a figure; tables hold all of them.
MOST_CODES = 40
#: Below this base a share has no decimals: one interview is more than a point.
DECIMALS_FROM = 100


def sample_results(coded: CodedInterviews, matrix: pd.DataFrame, rule: str) -> list[dict[str, Any]]:
    """How much was coded, by whom and by which rule, as rows for :meth:`continuum.results.Results.record`.

    Parameters
    ----------
    coded : CodedInterviews
    matrix : DataFrame of 0 and 1, shape (interviews, codes)
    rule : str
        How several coders' codings count.
    """
    counted = {
        "n": (len(matrix), "interviews"),
        "codes": (matrix.shape[1], "codes"),
        "segments": (coded.codings["segment_id"].nunique(), "segments"),
        "coders": (coded.codings["coder_id"].nunique(), "coders"),
    }
    rows: list[dict[str, Any]] = [
        {"key": f"interviews.{name}", "value": value, "unit": unit, "n": len(matrix), "estimator": "count"}
        for name, (value, unit) in counted.items()
    ]
    return [*rows, {"key": "interviews.rule", "value": rule, "unit": "rule", "n": None, "estimator": "study.yaml"}]


def share_text(share: Any, base: Any) -> str:
    """A share as text, whole percent on bases below 100; a hidden one as its mark."""
    return SUPPRESSED if share == SUPPRESSED else (whole_percent if base < DECIMALS_FROM else percent)(share)


def sector_table(summary: pd.DataFrame, kind: str, order: Order = "codebook") -> pd.DataFrame:
    """One row per code, area or level, one column per group: ``6 (67%)``.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    kind : {"code", "area", "level"}
    order : {"share", "area", "name", "codebook"}
        See :func:`in_order`.

    Raises
    ------
    TooFewCases
        If no code belongs to an area or level.
    """
    if not (summary["kind"] == kind).any():
        raise TooFewCases(f"No code is assigned to an {kind}.", f"list codes under interviews.{kind}s in study.yaml")
    rows = summary[summary["kind"] == kind].assign(cell=lambda t: _cells(t), column=lambda t: _columns(t))
    wide = rows.pivot(index="id", columns="column", values="cell")
    wide = wide.loc[list(dict.fromkeys(rows["id"])), list(dict.fromkeys(rows["column"]))]
    first = rows.drop_duplicates("id")
    wide.insert(0, kind, first["name"].to_numpy())
    rank = {name: k for k, name in enumerate(in_order(summary, kind, order))}
    wide = wide.sort_values(kind, key=lambda names: names.map(rank), kind="stable")
    return wide.reset_index(drop=True).rename_axis(columns=None)


def sector_cells(summary: pd.DataFrame, kind: str, names: list[str]) -> pd.DataFrame:
    """One row per cell of a heat map: name, area, column (group with its base), share, text.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    kind : {"code", "area", "level"}
    names : list of str
        Rows to draw.
    """
    rows = summary[(summary["kind"] == kind) & summary["name"].isin(names)]
    text = [share_text(s, b) for s, b in zip(rows["share"], rows["base"], strict=True)]
    return pd.DataFrame({
        "name": rows["name"], "area": rows["area"], "column": _columns(rows), "interviews": rows["interviews"],
        "base": rows["base"], "share": rows["share"], "text": text,
    }).reset_index(drop=True)  # fmt: skip


def of_everyone(summary: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Rows of one kind over all interviews.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    kind : {"code", "heading", "area", "level"}
    """
    return summary[(summary["kind"] == kind) & (summary["group"] == ALL)].reset_index(drop=True)


def by_share(summary: pd.DataFrame, kind: str) -> list[str]:
    """Names from the most to the least often mentioned, over all interviews; hidden ones last."""
    return _ranked(of_everyone(summary, kind))


def in_order(summary: pd.DataFrame, kind: str, by: Order) -> list[str]:
    """Names in one of the orders a table or figure can have.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    kind : {"code", "area", "level"}
    by : {"share", "area", "name", "codebook"}
        Most often mentioned first; by area and then so; by name; or as in the codebook.
    """
    rows = of_everyone(summary, kind)
    if by not in ORDERS:
        raise BadInput(f"there is no order {by!r}", fix=f"use one of: {', '.join(ORDERS)}")
    if by == "name":
        return sorted(rows["name"], key=str.casefold)
    if by == "codebook":
        return list(rows["name"])
    ranked = _ranked(rows)
    if by == "area" and kind == "code":
        area = dict(zip(rows["name"], rows["area"].fillna(""), strict=True))
        return sorted(ranked, key=lambda name: area[name])
    return ranked


def row_orders(summary: pd.DataFrame, names: list[str], first: Order) -> dict[str, list[str]]:
    """The orders among which a reader of a heat map of codes chooses, by their names in words; ``first`` comes first.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    names : list of str
        Rows that are drawn.
    first : {"share", "area", "name", "codebook"}
    """
    drawn = set(names)
    orders = {ORDERS[by]: in_order(summary, "code", by) for by in sorted(ORDERS, key=lambda by: by != first)}
    codes = summary[summary["kind"] == "code"]
    for group in dict.fromkeys(codes.loc[codes["group"] != ALL, "group"]):
        orders[f"most often in {group}"] = _ranked(codes[codes["group"] == group])
    return {words: [name for name in order if name in drawn] for words, order in orders.items()}


def _ranked(rows: pd.DataFrame) -> list[str]:
    rank = pd.to_numeric(rows["share"], errors="coerce").fillna(-1.0)
    return list(rows.assign(rank=rank).sort_values("rank", ascending=False, kind="stable")["name"])


def code_table(summary: pd.DataFrame, order: Order = "share") -> pd.DataFrame:
    """One row per code over all interviews: code, area, level, interviews, share, interval, segments.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    order : {"share", "area", "name", "codebook"}
        See :func:`in_order`.
    """
    rank = {name: k for k, name in enumerate(in_order(summary, "code", order))}
    rows = of_everyone(summary, "code").sort_values("name", key=lambda names: names.map(rank), ignore_index=True)
    form = whole_percent if int(rows["base"].max()) < DECIMALS_FROM else percent
    return pd.DataFrame({
        "code": rows["path"], "area": rows["area"].fillna(MISSING), "level": rows["level"].fillna(MISSING),
        "interviews": rows["interviews"],
        "share": [share_text(s, b) for s, b in zip(rows["share"], rows["base"], strict=True)],
        "interval": [_interval(lo, hi, form) for lo, hi in zip(rows["low"], rows["high"], strict=True)],
        "segments": rows["segments"],
    })  # fmt: skip


def apa_codes(summary: pd.DataFrame) -> pd.DataFrame:
    """The table of codes for a manuscript: code, interviews with share, interval.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    """
    table = code_table(summary)
    counted = [
        number if number == SUPPRESSED else f"{number} ({share})"
        for number, share in zip(table["interviews"], table["share"], strict=True)
    ]
    return pd.DataFrame({"Code": table["code"], "n (%)": counted, "95% CI": table["interval"]})


def synthetic_note(synthetic: bool) -> str:
    """The label of everything synthetic, where a table leaves the compendium."""
    return f"{SUPPRESSED} hidden. {SYNTHETIC_NOTE if synthetic else ''}".strip()


def version_note(versions: list[tuple[str, pd.DataFrame]] | object) -> str:
    """Why a table of changes is empty; nothing for a refusal.

    Parameters
    ----------
    versions : list of (str, DataFrame)
        From :func:`continuum.ingest.load_codebooks`.
    """
    only = isinstance(versions, list) and len(versions) < 2
    return "Only one version of the codebook is given (interviews.codebook_versions)." if only else ""


def most_mentioned(summary: pd.DataFrame, names: list[str]) -> list[str]:
    """The :data:`MOST_CODES` most often mentioned of ``names``, in the order given: what fits into a figure.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    names : list of str
    """
    first = set([name for name in by_share(summary, "code") if name in set(names)][:MOST_CODES])
    return [name for name in names if name in first]


def drawn_codes(summary: pd.DataFrame, order: Order) -> list[str]:
    """Codes of a figure in one of the orders, at most :data:`MOST_CODES`.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    order : {"share", "area", "name", "codebook"}
        See :func:`in_order`.
    """
    return most_mentioned(summary, in_order(summary, "code", order))


def code_dots(summary: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Rows of codes over all interviews whose shares may be shown, as numbers to be drawn.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    names : list of str
        Codes to draw.
    """
    codes = as_numbers(of_everyone(summary, "code"), ["share", "low", "high"])
    return codes[codes["name"].isin(names)]


def dot_table(dots: pd.DataFrame) -> pd.DataFrame:
    """What the figure of codes shows, as a table: the readable columns of :func:`code_dots`."""
    return dots[["name", "area", "interviews", "base", "share", "low", "high"]]


def codes_by_rule(matrix: pd.DataFrame, strict: pd.DataFrame) -> str:
    """How many codes an interview has by the study's rule, and where every coder must agree.

    Parameters
    ----------
    matrix, strict : DataFrame of 0 and 1, shape (interviews, codes)
    """
    usual, agreed = (codes.sum(axis=1).mean() for codes in (matrix, strict))
    return f"Codes per interview: {usual:.1f} by the study's rule, {agreed:.1f} where all coders agree"


def figure_note(hidden_because: str, matrix: pd.DataFrame | object) -> str:
    """Why cells of a figure are hidden, and how many codes it leaves out."""
    codes = matrix.shape[1] if isinstance(matrix, pd.DataFrame) else 0
    left_out = f"; the {MOST_CODES} most often mentioned of {codes} codes" if codes > MOST_CODES else ""
    return f"{SUPPRESSED}: hidden, because {hidden_because}{left_out}"


def _interval(low: Any, high: Any, form: Any) -> str:
    return SUPPRESSED if SUPPRESSED in (low, high) else interval(low, high, form)


def _columns(rows: pd.DataFrame) -> pd.Series:
    return rows["group"] + " (n = " + rows["base"].astype(str) + ")"


def _cells(rows: pd.DataFrame) -> list[str]:
    return [
        SUPPRESSED if count == SUPPRESSED else f"{count} ({share_text(share, base)})"
        for count, share, base in zip(rows["interviews"], rows["share"], rows["base"], strict=True)
    ]
