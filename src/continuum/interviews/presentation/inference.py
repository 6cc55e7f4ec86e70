"""What tests of interviews say, in the form in which it is read: estimates with intervals, and what they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ...charts.heatmap import heatmap
from ...disclosure import SUPPRESSED
from ...tables import MISSING, count, interval, p_value, percent, whole_percent
from ..agreement import lowest
from ..cooccurrence import CoOccurrence
from ..network import NOT_POWERED, POWERED_FROM, Network
from ..summary import NOT_STATED
from ..testing import monte_carlo_error
from .counts import most_mentioned, of_everyone

if TYPE_CHECKING:
    import altair as alt

#: How :func:`continuum.disclosure.protect` treats the pairs of :func:`continuum.interviews.cooccurrence`: whatever is
#: computed from a hidden count is hidden with it.
PAIR_CELLS: dict[str, Any] = {
    "counts": ["both", "n_a", "n_b"],
    "derived": {"both": ["jaccard", "phi", "lift", "expected", "lift_fixed", "effect", "p", "q", "p_max"]},
}
#: The same for :func:`continuum.interviews.sector_contrasts`.
CONTRAST_CELLS: dict[str, Any] = {
    "counts": ["interviews"],
    "derived": {
        "interviews": ["share", "difference", "low", "high", "z", "p_max", "mc_error", "other_interviews",
                       "other_share", "mde_from", "mde_to"],
    },
    "within": ["id"],
    "by": "group",
    "base": "base",
}  # fmt: skip


def all_pairs(found: CoOccurrence) -> pd.DataFrame:
    """Every pair of codes, still to be protected."""
    return found.pairs


def pair_results(found: CoOccurrence, seed: int) -> list[dict[str, Any]]:
    """Pairs tested and related, and the smallest p, as rows for :meth:`continuum.results.Results.record`.

    Parameters
    ----------
    found : CoOccurrence
    seed : int
        Seed of the draws.
    """
    null = f"Benjamini-Hochberg q < .05, curveball null, {found.draws} draws"
    related, key = int((found.pairs["q"] < 0.05).sum()), "interviews.pairs"
    return [
        {"key": f"{key}.tested", "value": int(found.pairs["effect"].notna().sum()), "unit": "pairs",
         "n": found.interviews, "estimator": "count"},
        {"key": f"{key}.related", "value": related, "unit": "pairs", "n": found.interviews, "estimator": null,
         "seed": seed},
        {"key": f"{key}.smallest_p", "value": found.smallest_p, "unit": "p", "n": found.draws,
         "estimator": "2 / (draws + 1)"},
    ]  # fmt: skip


def pair_order(summary: pd.DataFrame, matrix: pd.DataFrame, names: dict[str, str]) -> list[str]:
    """Names of the codes in the map of pairs, as in the codebook.

    Parameters
    ----------
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    matrix : DataFrame of 0 and 1, shape (interviews, codes)
    names : dict
        Code to name.
    """
    return most_mentioned(summary, [names[code] for code in matrix.columns])


def pair_map(cells: pd.DataFrame, order: list[str]) -> alt.LayerChart | alt.FacetChart:
    """Triangular heat map of pairs.

    Parameters
    ----------
    cells : DataFrame
        From :func:`pair_cells`.
    order : list of str
        Names in the order of rows and columns; a pair of a code with itself has no cell.
    """
    return heatmap(
        cells, row="row", column="column", value="effect", text="text", diverging=True, cell=(21, 20),
        legend="Standardized effect", row_order=order[1:], column_order=order[:-1], column_angle=-60,
    )  # fmt: skip


def pair_cells(pairs: pd.DataFrame, names: dict[str, str], order: list[str]) -> pd.DataFrame:
    """Lower triangle of a code-by-code heat map: row, column, effect, text (interviews that mention both).

    Pairs with a code that is not in ``order`` are left out.

    Parameters
    ----------
    pairs : DataFrame
        Protected pairs of :func:`continuum.interviews.cooccurrence`.
    names : dict
        Code to name.
    order : list of str
        Names in the order of rows and columns.
    """
    place = {name: k for k, name in enumerate(order)}
    pairs = pairs[pairs["code_a"].map(names).isin(place) & pairs["code_b"].map(names).isin(place)]
    first, second = pairs["code_a"].map(names), pairs["code_b"].map(names)
    swap = first.map(place) < second.map(place)
    return pd.DataFrame({
        "row": first.where(~swap, second), "column": second.where(~swap, first),
        "effect": pairs["effect"], "text": pairs["both"].astype(str),
    })  # fmt: skip


def pair_table(pairs: pd.DataFrame, names: dict[str, str], rows: int = 10) -> pd.DataFrame:
    """The pairs farthest from chance among those whose counts may be shown.

    Parameters
    ----------
    pairs : DataFrame
        Protected pairs of :func:`continuum.interviews.cooccurrence`.
    names : dict
        Code to name.
    rows : int
    """
    shown = pairs[pairs["both"] != SUPPRESSED]
    distance = pd.to_numeric(shown["effect"], errors="coerce").abs()
    if distance.isna().all():
        distance = pd.to_numeric(shown["both"], errors="coerce")
    top = shown.loc[distance.sort_values(ascending=False, kind="stable").index[:rows]]
    return pd.DataFrame({
        "pair": top["code_a"].map(names) + " + " + top["code_b"].map(names),
        "both": top["both"], "expected": top["expected"], "jaccard": top["jaccard"], "lift": top["lift"],
        "effect": top["effect"], "p": top["p"], "q": top["q"], "p_max": top["p_max"],
    }).reset_index(drop=True)  # fmt: skip


def agreement_table(table: pd.DataFrame) -> pd.DataFrame:
    """Coefficients with intervals as text.

    Parameters
    ----------
    table : DataFrame
        From :func:`continuum.interviews.agreement`.
    """
    order = {"all": 0, "area": 1, "code": 2}
    rows = table.sort_values("kind", key=lambda kinds: kinds.map(order), kind="stable")
    shown = pd.DataFrame({"of": rows["name"], "units": rows["units"]})
    for name in ("alpha", "kappa", "ac1"):
        shown[name] = [
            f"{point:.2f} {interval(low, high)}".replace("-", "−") if point == point else MISSING
            for point, low, high in zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True)
        ]
    shown["percent"] = [percent(value) for value in rows["percent"]]
    shown["note"] = rows["note"]
    return shown.reset_index(drop=True)


def agreement_note(table: pd.DataFrame | object) -> str:
    """Which kappa, and how many bootstrap samples the intervals rest on.

    Parameters
    ----------
    table : DataFrame
        From :func:`continuum.interviews.agreement`; anything else (a refusal) has no note.
    """
    if not isinstance(table, pd.DataFrame):
        return ""
    replicates = int(table.attrs["replicates"])
    drawn = simulation_note("bootstrap samples of interviews", replicates, float(table["mc_error"].max()))
    return f"Kappa: {table.attrs['kappa']}'s. {drawn}".strip()


def code_agreement(table: pd.DataFrame) -> pd.DataFrame:
    """Codes from the highest to the lowest alpha, with all coefficients: what the figure of agreement shows.

    Parameters
    ----------
    table : DataFrame
        From :func:`continuum.interviews.agreement`.
    """
    rows = table[table["kind"] == "code"].sort_values("alpha", ascending=False, kind="stable")
    columns = ["name", "alpha", "alpha_low", "alpha_high", "kappa", "ac1", "percent", "note"]
    return rows[columns].reset_index(drop=True)


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of areas and of all codes."""
    return table[table["kind"] != "code"]


def lowest_row(table: pd.DataFrame) -> pd.DataFrame:
    """The code on which coders agree least, as a table of one row."""
    return lowest(table).to_frame().T


def contrast_table(contrasts: pd.DataFrame, names: dict[str, str], rows: int = 10) -> pd.DataFrame:
    """The cells farthest from the other interviews, with what this design could have detected.

    Parameters
    ----------
    contrasts : DataFrame
        Protected, from :func:`continuum.interviews.sector_contrasts`.
    names : dict
        Code to name.
    rows : int
    """
    shown = contrasts[(contrasts["interviews"] != SUPPRESSED) & (contrasts["group"] != NOT_STATED)]
    size = pd.to_numeric(shown["difference"], errors="coerce").abs()
    top = shown.loc[size.sort_values(ascending=False, kind="stable").index[:rows]]
    detectable = [
        f"{whole_percent(a)} against {whole_percent(b)}" if b == b else MISSING
        for a, b in zip(top["mde_from"], top["mde_to"], strict=True)
    ]
    return pd.DataFrame({
        "code": top["id"].map(names), "group": top["group"],
        "here": [f"{k} of {n}" for k, n in zip(top["interviews"], top["base"], strict=True)],
        "elsewhere": [f"{k} of {n}" for k, n in zip(top["other_interviews"], top["other_base"], strict=True)],
        "difference": [f"{100 * d:+.0f}".replace("-", "−") for d in top["difference"]],
        "interval": [_points(lo, hi) for lo, hi in zip(top["low"], top["high"], strict=True)],
        "p_max": [p_value(p) for p in top["p_max"]],
        "detectable": detectable, "note": top["note"],
    }).reset_index(drop=True)  # fmt: skip


def smallest_p(contrasts: pd.DataFrame) -> pd.DataFrame:
    """The smallest family-wise p of the contrasts that are not hidden, as a table of one row."""
    p = pd.to_numeric(contrasts["p_max"], errors="coerce").min()
    return pd.DataFrame({"name": ["smallest"], "p_max": [p], "interviews": [contrasts.attrs["interviews"]]})


def contrast_note(contrasts: pd.DataFrame | object) -> str:
    """How many permutations the contrasts rest on; nothing for a refusal."""
    if not isinstance(contrasts, pd.DataFrame) or contrasts["mc_error"].isna().all():
        return ""
    return simulation_note("permutations", contrasts.attrs["permutations"], float(contrasts["mc_error"].max()))


def saturation_table(summary: pd.DataFrame) -> pd.DataFrame:
    """Codes seen, Chao2 and stopping points in the form in which they are read.

    Parameters
    ----------
    summary : DataFrame
        From :func:`continuum.interviews.saturation_summary`.
    """
    known = summary.reindex(columns=["seen", "chao2", "real", "median", "low", "high", "stopped"])
    table = pd.DataFrame({
        "group": summary["group"], "interviews": summary["interviews"],
        "seen": [count(v) for v in known["seen"]], "chao2": [f"{v:.1f}" if v == v else MISSING for v in known["chao2"]],
    })  # fmt: skip
    if known["real"].notna().any():
        table["stop_in_real_order"] = [count(v) for v in known["real"]]
    table["stop_in_any_order"] = [
        f"{count(middle)} {interval(low, high, count)}" if middle == middle else MISSING
        for middle, low, high in zip(known["median"], known["low"], known["high"], strict=True)
    ]
    table["orders_that_stop"] = [whole_percent(v) for v in known["stopped"]]
    table["verdict"] = summary["verdict"]
    return table


def network_nodes(net: Network, summary: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Codes of a network with their area and how many interviews mention them; codes with hidden counts are left out.

    Parameters
    ----------
    net : Network
    summary : DataFrame
        Protected, from :func:`continuum.interviews.code_summary`.
    names : dict
        Code to name.
    """
    rows = of_everyone(summary, "code").set_index("id").reindex(net.nodes["code"])
    nodes = net.nodes.assign(
        node=net.nodes["code"].map(names), interviews=pd.to_numeric(rows["interviews"], errors="coerce").to_numpy(),
        area=rows["area"].fillna("other").to_numpy(),
    )  # fmt: skip
    return nodes.dropna(subset=["interviews"]).reset_index(drop=True)


def network_edges(net: Network, pairs: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Kept pairs by name, with their effect and bootstrap inclusion; pairs whose count is hidden are left out.

    Parameters
    ----------
    net : Network
    pairs : DataFrame
        Protected pairs of :func:`continuum.interviews.cooccurrence`.
    names : dict
        Code to name.
    """
    visible = pairs.loc[pairs["both"] != SUPPRESSED, ["code_a", "code_b"]]
    edges = net.edges.merge(visible, on=["code_a", "code_b"])
    return pd.DataFrame({
        "source": edges["code_a"].map(names), "target": edges["code_b"].map(names),
        "weight": edges["effect"], "q": edges["q"], "inclusion": edges["inclusion"],
    })  # fmt: skip


def simulation_note(kind: str, number: int, error: float) -> str:
    """How many random draws a result rests on, and how far another seed would move it.

    Parameters
    ----------
    kind : str
        What was drawn, such as "permutations".
    number : int
    error : float
        Largest Monte Carlo standard error of what is shown.
    """
    return f"{number:,} {kind}; Monte Carlo error at most {error:.4f}." if number else ""


def pair_note(found: CoOccurrence | object) -> str:
    """Draws from the null model, codes that could not be tested, and what was not computed; nothing for a refusal."""
    if not isinstance(found, CoOccurrence):
        return ""
    error = float(monte_carlo_error(found.pairs["p"], max(1, found.draws)).max()) if found.draws else 0.0
    dropped = f"Not tested, because in all or no interviews: {', '.join(found.dropped)}." if found.dropped else ""
    parts = [simulation_note("draws from the null model", found.draws, error), dropped]
    return " ".join([part for part in parts if part] + [f"{text[:1].upper()}{text[1:]}." for text in found.notes])


def power_note(found: CoOccurrence | object) -> str:
    """What a network of this many interviews can show; nothing for a refusal."""
    if not isinstance(found, CoOccurrence) or found.interviews >= POWERED_FROM:
        return ""
    return f"Interviews here: {found.interviews}; {NOT_POWERED}."


def _points(low: float, high: float) -> str:
    return f"[{100 * low:+.0f}, {100 * high:+.0f}]".replace("-", "−")
