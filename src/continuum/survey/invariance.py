"""Does a scale measure one thing, and the same thing in every group? Factor models of ordered answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import NonConvergence, NotCollected, Refusal, TooFewCases
from ..ingest.tables import SurveyData
from .answers import NO_ANSWER, Item, groups_of, item_codes, items_of
from .blocks import set_names
from .factors import minres, oblimin
from .missing import every_kth
from .ordinal_cfa import STEPS, FactorFit, fit_factors, scaled_difference
from .polychoric import Moments, polychoric

#: Fewer items fit any data.
ITEMS_MINIMUM = 4
#: Smaller groups give polychoric correlations nobody should compare (Flora and Curran 2004, 10.1037/1082-989X.9.4.466).
GROUP_MINIMUM = 100
#: In a kept group any two items need this many respondents who answered both.
PAIR_MINIMUM = 50
#: A level that fewer respondents of a group chose is joined with its less frequent neighbor, in every group.
LEVEL_MINIMUM = 5
#: One factor fits if CFI is at least, and RMSEA at most, this (Hu and Bentler 1999; Browne and Cudeck 1993).
FIT = (0.95, 0.08)
#: A step is kept if CFI falls, and RMSEA rises, by no more than this (Chen 2007, 10.1080/10705510701301834) ...
CHANGE = (0.010, 0.015)
#: ... and, where a group has fewer than 300 respondents, by no more than this.
CHANGE_SMALL, LARGE_GROUP = (0.005, 0.010), 300


@dataclass(frozen=True)
class _Prepared:
    """Answers to a scale in the groups that can be modelled; ``sizes`` counts their respondents, answers or not."""

    groups: dict[str, Moments]
    together: Moments
    sizes: dict[str, int]
    items: list[Item]
    left_out: list[str]
    note: str


def reflective_scales(survey: SurveyData) -> list[str]:
    """Scales whose items are meant to measure one thing.

    Raises
    ------
    NotCollected
        If the survey has none.
    """
    names = [name for name in set_names(survey, "scale") if not any(i.formative for i in items_of(survey, name))]
    names = [name for name in names if len(items_of(survey, name)) > 1]
    if not names:
        raise NotCollected(
            "This survey has no scale whose items measure one thing: there is no factor to look for.",
            "set formative: false under survey: items: in study.yaml where the items of a set measure one thing",
        )
    return names


def factor_loadings(survey: SurveyData, scales: Iterable[str]) -> pd.DataFrame:
    """Exploratory factors of the items of all scales together.

    Parameters
    ----------
    survey : SurveyData
    scales : iterable of str

    Returns
    -------
    DataFrame
        One row per item: ``scale``, ``item``, ``n`` (answered), ``factor_1`` ... and ``communality``.

    Raises
    ------
    TooFewCases
        For fewer than four items with three levels in use, or fewer than 100 respondents.

    Notes
    -----
    Minimum residuals of polychoric correlations, pairwise; as many factors as Velicer's minimum average partial says
    (Velicer 1976, 10.1007/BF02293557), rotated obliquely. Of more than 20,000 respondents every k-th enters.
    """
    names = list(scales)
    prepared = _prepare(survey, names, None)
    matrix = prepared.together.correlation
    count = number_of_factors(matrix)
    loadings = minres(matrix, count)
    between = np.eye(count)
    if count > 1:
        loadings, between = oblimin(loadings)
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    loadings, between = loadings * signs, between * np.outer(signs, signs)
    order = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
    loadings, between = loadings[:, order], between[np.ix_(order, order)]
    owner = {item.item_id: name for name in names for item in items_of(survey, name)}
    table = pd.DataFrame({
        "scale": [owner[item.item_id] for item in prepared.items], "item": [item.text for item in prepared.items],
        "n": [int((item_codes(survey, item) != NO_ANSWER).sum()) for item in prepared.items],
    })  # fmt: skip
    for f in range(count):
        table[f"factor_{f + 1}"] = loadings[:, f]
    table["communality"] = ((loadings @ between) * loadings).sum(axis=1)
    return table


def number_of_factors(correlation: np.ndarray) -> int:
    """Factors by Velicer's minimum average partial, at least one."""
    return int(np.argmin(partial_averages(correlation))) + 1


def partial_averages(correlation: np.ndarray) -> np.ndarray:
    """Mean squared partial correlation of the items after 1, 2 ... principal components are taken out.

    It falls as long as a component is common to several items (Velicer 1976, 10.1007/BF02293557).
    """
    values, vectors = np.linalg.eigh(correlation)
    components = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    k = len(correlation)
    off = ~np.eye(k, dtype=bool)
    averages = []
    for m in range(1, max(2, k // 2)):
        left = correlation - components[:, :m] @ components[:, :m].T
        spread = np.sqrt(np.maximum(np.diag(left), 1e-12))
        averages.append(float(((left / np.outer(spread, spread))[off] ** 2).mean()))
    return np.array(averages)


def factor_models(survey: SurveyData, scales: Iterable[str], by: str) -> pd.DataFrame:
    """One factor for each scale, among all respondents and in each group: does it fit?

    Parameters
    ----------
    survey : SurveyData
    scales : iterable of str
    by : str

    Returns
    -------
    DataFrame
        One row per scale and group ("all" first): ``scale``, ``group``, ``items``, ``respondents``, ``n`` (of them,
        with two answers or more: the base of the model), ``statistic``, ``df``, ``p``,
        ``cfi``, ``tli``, ``rmsea``, ``rmsea_low``, ``rmsea_high`` (90%), ``srmr``, ``weakest`` and ``strongest``
        (standardized loadings) and ``note``: why there is no model, or which levels were joined.
    """
    rows: list[dict[str, object]] = []
    for name in scales:
        try:
            prepared = _prepare(survey, [name], by)
        except Refusal as refusal:
            rows.append({"scale": name, "group": "all", "note": refusal.reason})
            continue
        for group, moments in {"all": prepared.together, **prepared.groups}.items():
            about = {"scale": name, "group": group, "items": len(prepared.items), "n": moments.n,
                     "respondents": prepared.sizes[group]}  # fmt: skip
            try:
                fit = fit_factors([moments], [0] * len(prepared.items))
                rows.append(about | _measures(fit) | {"note": prepared.note if group == "all" else ""})
            except NonConvergence as problem:
                rows.append(about | {"note": problem.what})
        rows += [{"scale": name, "group": group, "note": _TOO_SMALL} for group in prepared.left_out]
    columns = ["scale", "group", "items", "respondents", "n", *_MEASURES, "note"]
    return pd.DataFrame(rows).reindex(columns=columns).astype({"respondents": "Int64", "n": "Int64"})


def invariance_table(survey: SurveyData, scales: Iterable[str], by: str) -> pd.DataFrame:
    """Is each scale the same measure in every group? Fit with more and more parameters equal across groups.

    Parameters
    ----------
    survey : SurveyData
    scales : iterable of str
    by : str

    Returns
    -------
    DataFrame
        One row per scale and step (configural; thresholds; loadings; intercepts): ``scale``, ``step``, ``groups``,
        ``respondents`` (in the groups that are modeled), ``everyone``, ``n``, the fit as in :func:`factor_models`,
        ``difference``, ``difference_df``,
        ``difference_p`` (scaled test against the step before), ``cfi_change``, ``rmsea_change``,
        ``verdict`` and ``note``.

    Notes
    -----
    ``verdict``: the configural model "fits" at CFI .95 and RMSEA .08; a later step is "kept" if CFI falls by at most
    .010 and RMSEA rises by at most .015 (.005 and .010 where a group is below 300; Chen 2007), and nothing after a
    step that failed is read. The scaled test stands beside: in a large sample it finds any difference, in a small one
    hardly any. Groups below 100 respondents are left out and named.
    Source: sequence for ordered items, Wu and Estabrook 2016 (10.1007/s11336-016-9506-0).
    """
    rows: list[dict[str, object]] = []
    for name in scales:
        try:
            rows += _sequence(name, _prepare(survey, [name], by))
        except (Refusal, NonConvergence) as problem:
            rows.append({"scale": name, "step": "", "note": problem.what})
    columns = ["scale", "step", "groups", "respondents", "everyone", "n", *_MEASURES, "difference", "difference_df",
               "difference_p", "cfi_change", "rmsea_change", "verdict", "note"]  # fmt: skip
    return (
        pd.DataFrame(rows).reindex(columns=columns).astype({"respondents": "Int64", "everyone": "Int64", "n": "Int64"})
    )


_MEASURES = ("statistic", "df", "p", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr", "weakest", "strongest")
_TOO_SMALL = f"not modeled: fewer than {GROUP_MINIMUM} respondents, or {PAIR_MINIMUM} who answered any two items"


def _measures(fit: FactorFit) -> dict[str, object]:
    found = {name: getattr(fit, name) for name in _MEASURES[:-2]}
    return found | {"weakest": float(fit.loadings.min()), "strongest": float(fit.loadings.max())}


def _sequence(name: str, prepared: _Prepared) -> list[dict[str, object]]:
    groups = list(prepared.groups.values())
    if len(groups) < 2:
        raise TooFewCases(
            "Fewer than two groups are large enough to compare: "
            f"{GROUP_MINIMUM} respondents each, and {PAIR_MINIMUM} who answered any two items.",
            "larger groups",
        )
    said = [prepared.note] if prepared.note else []
    if prepared.left_out:
        said.append(f"left out as too small: {', '.join(prepared.left_out)}")
    rows: list[dict[str, object]] = []
    limits = CHANGE if min(group.n for group in groups) >= LARGE_GROUP else CHANGE_SMALL
    before, readable = None, True
    people = sum(prepared.sizes[group] for group in prepared.groups)
    for step in STEPS:
        about = {"scale": name, "step": step, "groups": len(groups), "respondents": people,
                 "everyone": prepared.sizes["all"]}  # fmt: skip
        try:
            fit = fit_factors(groups, [0] * len(prepared.items), step)
        except NonConvergence as problem:
            if before is None:
                raise
            # Parameters that cannot be equal at all are not equal; nothing after this step is tried.
            rows.append(about | {"verdict": "not kept" if readable else "not read", "note": problem.what})
            return rows
        row = about | {"n": fit.n} | _measures(fit)
        if before is None:
            readable = fit.cfi >= FIT[0] and fit.rmsea <= FIT[1]
            verdict = "fits" if readable else "does not fit"
        else:
            difference, df, p = scaled_difference(groups, fit, before)
            change = {"cfi_change": fit.cfi - before.cfi, "rmsea_change": fit.rmsea - before.rmsea}
            row |= {"difference": difference, "difference_df": df, "difference_p": p} | change
            kept = change["cfi_change"] >= -limits[0] and change["rmsea_change"] <= limits[1]
            verdict = ("kept" if kept else "not kept") if readable else "not read"
            readable = readable and kept
        rows.append(row | {"verdict": verdict, "note": "; ".join(said) if before is None else ""})
        before = fit
    return rows


def _prepare(survey: SurveyData, scales: list[str], by: str | None) -> _Prepared:
    """Moments of the items of ``scales`` in every group of ``by`` that is large enough."""
    items = items_of(survey, scales)
    kept_rows = every_kth(len(survey.answers))
    codes = np.column_stack([item_codes(survey, item)[kept_rows] for item in items]).astype(np.intp)
    groups = groups_of(survey, by)
    member, labels = groups.codes[kept_rows], groups.labels()
    known = (codes >= 0).astype(float)
    large = [
        g for g in range(len(labels))
        if (known[member == g].sum(axis=1) >= 2).sum() >= GROUP_MINIMUM
        and (known[member == g].T @ known[member == g]).min() >= PAIR_MINIMUM
    ]  # fmt: skip
    if (known.sum(axis=1) >= 2).sum() < GROUP_MINIMUM:
        raise TooFewCases(
            f"Fewer than {GROUP_MINIMUM} respondents answered two items: too few for factors of ordered answers.",
            f"{GROUP_MINIMUM} respondents",
        )
    joined: list[str] = []
    columns: list[np.ndarray] = []
    used: list[Item] = []
    dropped: list[str] = []
    for j, item in enumerate(items):
        column, levels = _joined(codes[:, j], member, large, len(item.levels))
        if levels < 3:
            dropped.append(item.item_id)
            continue
        if levels < len(item.levels):
            joined.append(item.item_id)
        columns.append(column)
        used.append(item)
    if len(used) < ITEMS_MINIMUM:
        raise TooFewCases(
            f"{len(used)} items with three levels in use are too few: fewer than {ITEMS_MINIMUM} fit any data.",
            f"{ITEMS_MINIMUM} items with answers on three levels",
        )
    matrix = np.column_stack(columns)
    sizes = [int(column.max()) + 1 for column in columns]
    said = [f"rare levels joined with their neighbors: {', '.join(joined)}"] if joined else []
    said += [f"left out, fewer than three levels in use: {', '.join(dropped)}"] if dropped else []
    return _Prepared(
        {labels[g]: polychoric(matrix[member == g], sizes) for g in large} if by else {}, polychoric(matrix, sizes),
        {"all": len(matrix)} | {labels[g]: int((member == g).sum()) for g in large}, used,
        [label for g, label in enumerate(labels) if g not in large] if by else [], "; ".join(said),
    )  # fmt: skip


def _joined(codes: np.ndarray, member: np.ndarray, groups: list[int], levels: int) -> tuple[np.ndarray, int]:
    """Answers with rare levels joined with their less frequent neighbor, and the number of levels left."""
    parts = [codes[member == g] for g in groups] or [codes]
    counts = np.array([np.bincount(part[part >= 0], minlength=levels) for part in parts])
    owner = list(range(levels))
    while counts.shape[1] > 1 and counts.min() < LEVEL_MINIMUM:
        rare = int(counts.min(axis=0).argmin())
        total = counts.sum(axis=0)
        sides = [side for side in (rare - 1, rare + 1) if 0 <= side < counts.shape[1]]
        low = min(rare, min(sides, key=lambda side: total[side]))
        counts = np.column_stack([counts[:, :low], counts[:, low] + counts[:, low + 1], counts[:, low + 2 :]])
        owner = [position - (position > low) for position in owner]
    return np.where(codes >= 0, np.array(owner)[codes], NO_ANSWER), counts.shape[1]
