"""Whether one sector mentions a code more often than the others: described, tested, and with its power.

Sectors are descriptive, not causal: who works in a sector, and whom it serves, differ in many ways.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput, TooFewInterviews
from ..ingest.tables import CodedInterviews
from .coded import resampling_units
from .matrix import presence
from .summary import NOT_STATED, group_of
from .testing import max_t, monte_carlo_error

#: A sector with fewer interviews is shown and not tested.
MIN_INTERVIEWS = 5
PERMUTATIONS = 20_000
#: Cohen's h that a design has to be able to detect; otherwise the result says "not powered".
SMALLEST_EFFECT = 0.5
NOT_POWERED = "not powered"
NOT_TESTED = "fewer than 5 interviews: not tested"

Floats = NDArray[np.float64]


def sector_contrasts(
    data: CodedInterviews | pd.DataFrame,
    sectors: pd.Series | None = None,
    *,
    by: str = "sector",
    permutations: int = PERMUTATIONS,
    seed: int | np.random.Generator = 0,
    smallest_effect: float = SMALLEST_EFFECT,
    organisations: pd.Series | None = None,
) -> pd.DataFrame:
    """Each code in each sector against all other interviews.

    Parameters
    ----------
    data : CodedInterviews, or case-by-code matrix of 0 and 1
    sectors : Series indexed by interview_id, optional
        Needed with a matrix; otherwise column ``by`` of the interviews.
    by : str
        Column of the interviews that holds the groups.
    permutations : int
    seed : int or numpy Generator
    smallest_effect : float
        Cohen's h that the team wants to be able to detect.
    organisations : Series indexed by interview_id, optional
        Interviews of one organization are permuted together; taken from the interviews if ``data`` has them.

    Returns
    -------
    DataFrame
        One row per code and sector: id, group, base, interviews, share, other_base, other_interviews, other_share,
        difference with low and high (Newcombe), z (standardized linear statistic), p_max (max-T over all tested
        cells), mc_error (of p_max), mde_h (Cohen's h detectable with 80 percent power at .05, unadjusted), mde_from and
        mde_to (the same as shares), note. ``attrs``: permutations, interviews.

    Raises
    ------
    BadInput
        If a matrix comes without sectors, or an interview is missing from them.
    TooFewInterviews
        If there are not two groups. Interviews whose group is "not stated" count among the others; their own rows
        are not tested, and let :func:`continuum.disclosure.protect` see the whole table.

    Source: Strasser and Weber 1999; Westfall and Young 1993; Newcombe 1998,
    10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Cohen 1988 for h.
    """
    matrix = presence(data)
    if sectors is None:
        if not isinstance(data, CodedInterviews):
            raise BadInput("contrasts of a matrix need the sector of each interview", fix="pass sectors=")
        sectors = group_of(data, by)
    if organisations is None and isinstance(data, CodedInterviews):
        organisations = resampling_units(data)
    sectors = sectors.reindex(matrix.index)
    if sectors.isna().any():
        raise BadInput(f"interview {sectors.index[sectors.isna()][0]!r} has no {by}", fix="state it or drop it")
    unstated = [NOT_STATED] if (sectors == NOT_STATED).any() else []
    names = sorted(set(sectors) - {NOT_STATED})
    if len(names) < 2:
        raise TooFewInterviews(
            f"A contrast needs two groups; the interviews name {len(names)}.", f"state the {by} of each interview"
        )
    table = _described(matrix, sectors, [*names, *unstated])
    tested = [name for name in names if (sectors == name).sum() >= MIN_INTERVIEWS]
    units = sectors.index.to_series() if organisations is None else organisations.reindex(matrix.index)
    z, largest = _permuted(matrix.to_numpy(float), sectors, tested, units, permutations, np.random.default_rng(seed))
    place = pd.MultiIndex.from_product([matrix.columns, tested])
    found = pd.DataFrame({"z": z.T.ravel(), "p_max": max_t(z.T.ravel(), largest)}, index=place)
    table = table.join(found, on=["id", "group"])
    table["mc_error"] = monte_carlo_error(table["p_max"], permutations)
    table["mde_h"] = detectable_effect(table["base"].to_numpy(), table["other_base"].to_numpy())
    table["mde_from"] = table["other_share"]
    table["mde_to"] = _shifted(table["other_share"].to_numpy(float), table["mde_h"].to_numpy(float))
    powered = np.where(table["mde_h"] > smallest_effect, NOT_POWERED, "")
    table["note"] = np.where(table["group"].isin(tested), powered, NOT_TESTED)
    table.attrs.update(permutations=permutations, interviews=len(matrix))
    return table


def standardized_statistics(values: Floats, member: Floats) -> Floats:
    """Linear statistics of 0/1 codes in groups, standardized by their permutation mean and variance.

    Parameters
    ----------
    values : array, shape (units, codes)
    member : array of 0 and 1, shape (units, groups)

    Returns
    -------
    array, shape (groups, codes)
        NaN where a code does not vary.

    Source: Strasser and Weber 1999.
    """
    n = len(values)
    size = member.sum(axis=0)
    centered = values - values.mean(axis=0)
    variance = np.outer(size * (n - size) / (n * (n - 1)), (centered**2).sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (member.T @ centered) / np.sqrt(variance)
    return np.where(variance > 1e-12, z, np.nan)


def detectable_effect(n1: NDArray, n2: NDArray, *, power: float = 0.8, alpha: float = 0.05) -> Floats:
    """Smallest difference of two shares, as Cohen's h, that groups of these sizes show with the given power.

    Parameters
    ----------
    n1, n2 : arrays of int
    power, alpha : float
        Two-sided, not adjusted for the number of tests.
    """
    first, second = np.asarray(n1, float), np.asarray(n2, float)
    with np.errstate(divide="ignore"):
        return (NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power)) * np.sqrt(1 / first + 1 / second)


def _shifted(share: Floats, h: Floats) -> Floats:
    """The share that lies ``h`` above a share, or below it where above is impossible."""
    angle = 2 * np.arcsin(np.sqrt(share))
    up, down = angle + h, angle - h
    moved = np.where(up <= np.pi, up, down)
    return np.where((moved < 0) | (moved > np.pi), np.nan, np.sin(np.clip(moved, 0, np.pi) / 2) ** 2)


def _described(matrix: pd.DataFrame, sectors: pd.Series, names: list[str]) -> pd.DataFrame:
    from statsmodels.stats.proportion import confint_proportions_2indep

    rows = []
    totals = matrix.sum()
    for name in names:
        inside = (sectors == name).to_numpy()
        here = matrix[inside].sum()
        rows.append(pd.DataFrame({
            "id": matrix.columns, "group": name, "base": int(inside.sum()), "interviews": here.to_numpy(),
            "other_base": int((~inside).sum()), "other_interviews": (totals - here).to_numpy(),
        }))  # fmt: skip
    table = pd.concat(rows, ignore_index=True)
    order = {code: k for k, code in enumerate(matrix.columns)}
    table = table.sort_values("id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)
    table.insert(4, "share", table["interviews"] / table["base"])
    others = table["other_base"].where(table["other_base"] > 0)
    table["other_share"] = (table["other_interviews"] / others).astype(float)
    table["difference"] = table["share"] - table["other_share"]
    known = (table["other_base"] > 0).to_numpy()
    table["low"], table["high"] = np.nan, np.nan
    counted = table.loc[known, ["interviews", "base", "other_interviews", "other_base"]].to_numpy().T
    low, high = confint_proportions_2indep(*counted, method="newcomb", compare="diff")
    table.loc[known, "low"], table.loc[known, "high"] = low, high
    return table


def _permuted(
    values: Floats,
    sectors: pd.Series,
    tested: list[str],
    units: pd.Series,
    permutations: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Statistics of every tested cell, shape (sectors, codes), and the largest of each permutation.

    An organization with interviews in several sectors counts as one unit in each of them.
    """
    unit = pd.factorize(pd.MultiIndex.from_arrays([units.to_numpy(), sectors.to_numpy()]))[0]
    summed = np.zeros((unit.max() + 1, values.shape[1]))
    np.add.at(summed, unit, values)
    sector = np.empty(len(summed), dtype=object)
    sector[unit] = sectors.to_numpy()
    member = (sector[:, None] == np.array(tested, dtype=object)[None, :]).astype(float)
    z = standardized_statistics(summed, member)
    largest = np.zeros(permutations)
    centered = summed - summed.mean(axis=0)
    n, size = len(summed), member.sum(axis=0)
    scale = np.sqrt(np.outer(size * (n - size) / max(1, n * (n - 1)), (centered**2).sum(axis=0)))
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 1e-6)
    chunk = max(1, 20_000_000 // max(1, n * max(1, len(tested)) + len(tested) * values.shape[1]))
    for start in range(0, permutations if tested else 0, chunk):
        order = rng.permuted(np.tile(np.arange(n), (min(chunk, permutations - start), 1)), axis=1)
        drawn = member[order].transpose(0, 2, 1) @ centered
        largest[start : start + len(order)] = np.abs(drawn * inverse).max(axis=(1, 2))
    return z, largest
