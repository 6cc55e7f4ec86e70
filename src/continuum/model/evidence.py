"""What the models found, as tidy tables for notebooks, tables and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .measured import measured
from .scaling import invariant_ordering, select_items

if TYPE_CHECKING:
    from ..ingest.tables import CodedInterviews
    from .asserted import AssertedOrder
    from .correspondence import CorrespondenceOrder
    from .gate import Mechanism, Verdict
    from .life import LifeCourseVerdict
    from .multiverse import Multiverse
    from .partial_order import PartialOrder
    from .scaling import MokkenResult
    from .selection import SelectedHypothesis


def code_names(interviews: CodedInterviews) -> pd.Series:
    """Name of each code, indexed by its id."""
    return interviews.codebook.set_index("code_id")["name"]


def organizations(interviews: CodedInterviews) -> pd.Series | None:
    """Organization of each interview, indexed by interview: what is resampled if several come from one.

    None if organizations are not known for every interview, or none has two interviews.
    """
    table = interviews.interviews.set_index("interview_id")["organisation_id"]
    return None if table.isna().any() or not table.duplicated().any() else table


def allow(gate: Mechanism, mechanism: Verdict) -> Mechanism:
    """The gate itself if it found ``mechanism``; else its refusal is raised, and no order is drawn."""
    gate.require(mechanism)
    return gate


def gate_evidence(gate: Mechanism) -> pd.DataFrame:
    """The gate's verdict and everything it rests on.

    Returns
    -------
    DataFrame
        quantity, value, low, high, n (interviews), reading (in words).
    """
    rows = [
        ("verdict", gate.verdict, np.nan, np.nan, "mechanism under which an order may be read"),
        ("verdict of the older rule", gate.strict, np.nan, np.nan, "whole interval of H above the limit"),
        ("H", gate.H, gate.low, gate.high, f"cumulative: at least {gate.order_limit:.2f}, interval above .15"),
        ("p unfolding", gate.p_unfolding, np.nan, np.nan, "first axis against fixed margins; unfolding: at most .01"),
        ("arch", gate.arch, np.nan, np.nan, "second axis explained by the first; unfolding: at least .70"),
        ("negative pairs", gate.negative_pairs, np.nan, np.nan, "share of pairs of codes that exclude each other"),
        ("codes", gate.codes, np.nan, np.nan, f"codes that vary; set aside: {len(gate.dropped)}"),
    ]
    table = pd.DataFrame(rows, columns=["quantity", "value", "low", "high", "reading"])
    table.insert(4, "n", gate.n)
    return table


def gate_characteristics(gate: Mechanism) -> pd.DataFrame:
    """How often the gate was right in simulated worlds nearest in size; no data of the study are in it."""
    table = gate.operating_characteristics()
    columns = ["world", "n", "runs", "cumulative", "unfolding", "refused", "right", "low", "high", "strict_right"]
    return table[columns]


def order_recovery() -> pd.DataFrame:
    """How well each method recovers a true order under each mechanism: mean rank correlation over simulated worlds.

    Returns
    -------
    DataFrame
        world, n, runs, mention, rasch, two_parameter, two_parameter_prior, axis (correspondence analysis, either
        direction). A method has no value where its likelihood has no maximum in any of the worlds.
    """
    return measured("gate_orders")[
        ["world", "n", "runs", "mention", "rasch", "two_parameter", "two_parameter_prior", "axis"]
    ].sort_values(["world", "n"], ignore_index=True)


def verdict_rates() -> pd.DataFrame:
    """How often samples find each truth of the life-course model in the reference world, by their size.

    Returns
    -------
    DataFrame
        part, truth, effect, runs, then one column per sample size with the share found.
    """
    table = measured("life_rates").astype({"effect": "object"}).fillna({"effect": ""})
    wide = table.pivot_table(index=["part", "truth", "effect", "runs"], columns="n", values="found", sort=False)
    return wide.rename(columns=lambda n: f"n = {n}").reset_index().rename_axis(columns=None)


def picking_rates() -> pd.DataFrame:
    """Rejections of a true null at the 5% level by selective and by naive picking: n, runs, selective, naive."""
    return measured("selection_rates")[["n", "hypotheses", "runs", "selective", "low", "high", "naive"]]


def scale_items(scale: MokkenResult, matrix: pd.DataFrame, names: pd.Series | None = None) -> pd.DataFrame:
    """Item coefficients, the most readily mentioned code first.

    Parameters
    ----------
    scale : MokkenResult
    matrix : DataFrame
        The case-by-code matrix it was computed from.
    names : Series indexed by code, optional
        Names shown in place of code ids.

    Returns
    -------
    DataFrame
        code, interviews, share, n, item_h, se, low, high, in_scale, scale (number of the scale that automated item
        selection puts the code into; 0 for none).
    """
    table = scale.items.rename(columns={"item": "code", "mentions": "interviews", "mean": "share", "H": "item_h"})
    table.insert(3, "n", scale.n)
    table["scale"] = table["code"].map(select_items(matrix)).to_numpy()
    return _named(table, names).sort_values(["interviews", "code"], ascending=[False, True], ignore_index=True)


def scale_summary(scale: MokkenResult, matrix: pd.DataFrame) -> pd.DataFrame:
    """The whole set: H with its interval, scales found, and how far accounts agree on which codes come first.

    Returns
    -------
    DataFrame
        quantity, value, low, high, n.
    """
    scales = select_items(matrix)
    rows = [
        ("scale H", scale.H, scale.low, scale.high),
        ("scale standard error", scale.se, np.nan, np.nan),
        ("codes in scale", int(scale.items["in_scale"].sum()), np.nan, np.nan),
        ("scales found by item selection", int(scales.max()), np.nan, np.nan),
        ("codes in the largest scale found", int((scales == 1).sum()), np.nan, np.nan),
        ("invariant ordering HT", invariant_ordering(matrix), np.nan, np.nan),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value", "low", "high"]).assign(n=scale.n)


def mention_order(gate: Mechanism, scale: MokkenResult, support: float) -> PartialOrder:
    """The order by mention, if the gate found a cumulative mechanism.

    Raises
    ------
    NoOrderSupported
        If it did not.
    """
    gate.require("cumulative")
    return scale.mention_order(support)


def unfolding_items(order: CorrespondenceOrder, names: pd.Series | None = None) -> pd.DataFrame:
    """Codes along the first axis with rank intervals: code, rank, rank_low, rank_high, coordinate, n."""
    table = order.items.rename(columns={"item": "code"}).assign(n=order.n)
    return _named(table, names)[["code", "rank", "rank_low", "rank_high", "coordinate", "n"]]


def order_nodes(order: PartialOrder, interviews: CodedInterviews) -> pd.DataFrame:
    """Codes of a partial order: what a figure shows of them, and the same in words.

    Returns
    -------
    DataFrame
        code, area, level, place (layer, 1 for those that nothing comes before), next (the codes that come directly
        after it, with the support of each).
    """
    book = interviews.codebook.set_index("code_id")
    names = book["name"]
    lines = order.edges.assign(text=order.edges["second"].map(names) + order.edges["support"].map(" ({:.2f})".format))
    after = lines.groupby("first")["text"].agg("; ".join)
    nodes = order.layers.rename(columns={"layer": "place"})
    nodes["place"] += 1
    nodes["next"] = nodes["code"].map(after).fillna("")
    return _described(nodes, book)[["code", "area", "level", "place", "next"]]


def order_edges(order: PartialOrder, names: pd.Series, n: int, among: pd.DataFrame | None = None) -> pd.DataFrame:
    """Lines of the diagram: first, second, support, n (interviews).

    Only between the codes ``among``, and with their base, if they are given.
    """
    edges = order.edges.assign(
        n=n,
        first=order.edges["first"].map(names).fillna(order.edges["first"]),
        second=order.edges["second"].map(names).fillna(order.edges["second"]),
    )
    if among is None:
        return edges
    shown = edges["first"].isin(among["code"]) & edges["second"].isin(among["code"])
    return edges[shown].assign(n=among["n"].max()).reset_index(drop=True)


def order_summary(order: PartialOrder) -> pd.DataFrame:
    """How much of an order is supported: quantity, value, n (codes)."""
    rows = [
        ("pairs with supported order", len(order.pairs)),
        ("share of pairs ordered", order.share_ordered),
        ("layers", int(order.layers["layer"].max()) + 1),
        ("support needed", order.limit),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value"]).assign(n=len(order.layers))


def asserted_positions(asserted: AssertedOrder, interviews: CodedInterviews) -> pd.DataFrame:
    """Positions of codes in asserted directions.

    Returns
    -------
    DataFrame
        code, area, level, component, position, low, high, statements, interviews, n (interviews with statements).
    """
    table = asserted.positions.assign(n=asserted.interviews)
    named = _described(table, interviews.codebook.set_index("code_id"))
    columns = ["code", "area", "level", "component", "position", "low", "high", "statements", "interviews", "n"]
    return named.sort_values(["component", "position"], ignore_index=True)[columns]


def placed(positions: pd.DataFrame) -> pd.DataFrame:
    """Codes of a protected table that have a place that may be shown, as numbers."""
    columns = ["position", "low", "high"]
    numbers = positions.assign(**{c: pd.to_numeric(positions[c], errors="coerce") for c in columns})
    return numbers.dropna(subset=columns).reset_index(drop=True)


def asserted_summary(asserted: AssertedOrder) -> pd.DataFrame:
    """What the statements are and how nearly they point one way: quantity, value, n (interviews)."""
    rows = [
        ("statements", asserted.statements),
        ("interviews with statements", asserted.interviews),
        ("chainness", asserted.chainness),
        ("p chainness", asserted.p_chain),
        ("share against the order", asserted.against),
        ("components", len(asserted.components)),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value"]).assign(n=asserted.interviews)


def asserted_order(asserted: AssertedOrder, support: float) -> PartialOrder:
    """Pairs whose asserted direction is supported; see :meth:`AssertedOrder.order`."""
    return asserted.order(support)


def covariates_of(outcomes: pd.DataFrame) -> pd.DataFrame | None:
    """Columns of the outcomes that describe people; None if there are none."""
    used = [c for c in outcomes.columns if c not in ("level", "age", "date", "age_or_date")]
    return outcomes[used] if len(used) > 1 else None


def life_summary(life: LifeCourseVerdict) -> pd.DataFrame:
    """The verdict and its two parts, each with how often samples of this size would find it.

    Returns
    -------
    DataFrame
        quantity, value, n (people).
    """
    found = life.power.table.set_index(["part", "truth"])["found"]
    rows: list[tuple[str, object]] = [
        ("verdict", life.verdict),
        ("exposures", life.structure),
        ("outcome", life.outcome),
        ("leading structure", life.leading_structure),
        ("leading outcome", life.leading_outcome),
        ("saturated df", life.saturated_df),
        ("found exposures", found.get(("exposures", life.leading_structure), float("nan"))),
        ("found outcome", found.get(("outcome", life.leading_outcome), float("nan"))),
        ("found additive", found.get(("outcome", "additive"), float("nan"))),
        ("simulated samples", life.power.replicates),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value"]).assign(n=life.n)


def life_hypotheses(life: LifeCourseVerdict) -> pd.DataFrame:
    """Every hypothesis of both parts: part, hypothesis, parameters, loglik, bic, weight, stacking, effect, se."""
    structures = life.structures.rename(columns={"structure": "hypothesis"}).assign(part="exposures")
    outcome = life.hypotheses.assign(part="outcome")
    columns = [
        "part",
        "hypothesis",
        "parameters",
        "loglik",
        "lr",
        "df",
        "p",
        "bic",
        "weight",
        "stacking",
        "effect",
        "se",
    ]
    return pd.concat([structures, outcome], ignore_index=True).reindex(columns=columns).assign(n=life.n)


def life_order(life: LifeCourseVerdict) -> pd.DataFrame:
    """Exposures in the order in which they happen: exposure, people, median_time, both, in_order, effect, se."""
    table = life.order.merge(life.effects, on="exposure")
    return table.astype({"both": "Int64"})


def life_power(life: LifeCourseVerdict) -> pd.DataFrame:
    """Operating characteristics at this sample size."""
    return life.power.table.assign(n=life.n)


def selection_path(selected: SelectedHypothesis) -> pd.DataFrame:
    """Hypotheses in the order of the lasso path, then by size of their statistic."""
    table = selected.hypotheses.assign(n=selected.n, size=selected.hypotheses["statistic"].abs())
    return table.sort_values(["enters", "size"], ascending=[True, False], ignore_index=True).drop(columns="size")


def selection_summary(selected: SelectedHypothesis) -> pd.DataFrame:
    """The selected hypothesis with its selective p: quantity, value, n."""
    rows: list[tuple[str, object]] = [
        ("selected", selected.selected),
        ("largest statistic", selected.statistic),
        ("selective p", selected.p),
        ("naive p", float(selected.hypotheses["p_naive"].min())),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value"]).assign(n=selected.n)


def curve_summary(curve: Multiverse) -> pd.DataFrame:
    """What all specifications say together: statistic, observed, expected, p, n (specifications)."""
    return curve.summary.assign(n=len(curve.specifications))


def curve_points(curve: Multiverse) -> pd.DataFrame:
    """Specifications in order of effect, with ends of 95% intervals."""
    table = curve.specifications.sort_values("rank", ignore_index=True)
    return table.assign(low=table["effect"] - 1.96 * table["se"], high=table["effect"] + 1.96 * table["se"])


def _named(table: pd.DataFrame, names: pd.Series | None) -> pd.DataFrame:
    return table if names is None else table.assign(code=table["code"].map(names).fillna(table["code"]))


def _described(table: pd.DataFrame, book: pd.DataFrame) -> pd.DataFrame:
    area = table["code"].map(book["area"]).astype("object").fillna("no area")
    level = table["code"].map(book["level"]).astype("object").fillna("no level")
    return _named(table.assign(area=area, level=level), book["name"])
