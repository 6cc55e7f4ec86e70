"""How far two coders agree, code by code, with intervals that respect that an interview is one account."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput
from ..ingest.tables import CodedInterviews
from .coded import as_coded, resampling_units
from .coefficients import resampled
from .units import RatedUnits, rated_units

#: Below this many double-coded interviews values are shown without interval.
MIN_DOUBLE_CODED = 10
REPLICATES = 10_000
MAX_VALUES = 100_000_000

TOO_FEW = "too few double-coded interviews"
RARE = "rare or near-universal code"
NEVER = "not used by any coder"

COEFFICIENTS = ("alpha", "kappa", "ac1", "percent")
Floats = NDArray[np.float64]


def agreement(
    data: CodedInterviews | pd.DataFrame,
    units: str = "interview",
    *,
    seed: int | np.random.Generator = 0,
    replicates: int = REPLICATES,
    assigned: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Agreement per code, per area and over all codes, each by four coefficients.

    Parameters
    ----------
    data : CodedInterviews or DataFrame of codings
    units : {"interview", "segment"}
        Whether a code is present in an interview, or in a stretch of text that at least one coder coded.
    seed : int or numpy Generator
    replicates : int
        Bootstrap samples of interviews (of organizations, where they are known).
    assigned : DataFrame, optional
        Which coder read which interview; see :func:`continuum.interviews.units.rated_units`.

    Returns
    -------
    DataFrame
        One row per code, area and for all codes (``kind``): id, name, interviews (coded twice), units, uses (units in
        which some coder gave the code); alpha (Krippendorff), kappa (Cohen's for two coders, else Fleiss' over units
        with the usual number of coders), ac1 (Gwet), percent, each with ``_low`` and ``_high``; mc_error (of the ends
        of alpha's interval, from the number of replicates); note. ``attrs``: kappa, replicates.

    Raises
    ------
    TooFewInterviews
        With one coder, or no interview coded twice.

    Source: Krippendorff 2004; Gwet 2008, 10.1348/000711006X126600; Cohen 1960, 10.1177/001316446002000104; Fleiss
    1971, 10.1037/h0031619. Percentile bootstrap.
    """
    coded = as_coded(data)
    rated = rated_units(coded, units, assigned=assigned)
    kind = "Cohen" if len(rated.coders) == 2 else "Fleiss"
    sums = _sums(rated, resampling_units(coded), kind)
    groups = _targets(coded, rated)
    by_target = np.stack([sums[:, members].sum(axis=1) for members in groups["members"]], axis=1)
    table = groups.drop(columns="members")
    double_coded = int(rated.units["interview_id"].nunique())
    table["interviews"] = double_coded
    table["units"] = np.rint(by_target[:, :, _UNITS].sum(axis=0)).astype(np.int64)
    table["uses"] = np.rint(by_target[:, :, _USES].sum(axis=0)).astype(np.int64)
    point = _coefficients(by_target.sum(axis=0), kind)
    enough = double_coded >= MIN_DOUBLE_CODED
    low, high, error = (
        _bootstrap(by_target, kind, replicates, np.random.default_rng(seed)) if enough else _no_interval(point)
    )
    for k, name in enumerate(COEFFICIENTS):
        table[name], table[f"{name}_low"], table[f"{name}_high"] = point[:, k], low[:, k], high[:, k]
    table["mc_error"] = error
    table["note"] = _notes(table, enough)
    table.attrs.update(kappa=kind, replicates=replicates if enough else 0)
    return table


def lowest(table: pd.DataFrame) -> pd.Series:
    """The code with the lowest alpha: what a pooled figure would hide.

    Parameters
    ----------
    table : DataFrame
        From :func:`agreement`.
    """
    codes = table[(table["kind"] == "code") & table["alpha"].notna()]
    if codes.empty:
        raise BadInput("no code has an alpha", fix="look at percent agreement; no code varies between interviews")
    return codes.iloc[int(codes["alpha"].to_numpy().argmin())]


#: Places in the last axis of the sums from which every coefficient is computed.
_YES_YES, _NO_NO, _YES_NO, _AGREED, _UNITS, _SHARE, _RATED, _USES, _KAPPA = range(9)


def _sums(rated: RatedUnits, units: pd.Series, kind: str) -> Floats:
    """Sums per resampling unit and code, shape (resampling units, codes, sums).

    Units to which nobody gave a code all contribute the same; only the cells that some coder gave are looked at.
    """
    coders = rated.rated.sum(axis=1, dtype=np.float64)
    usual = float(np.bincount(coders.astype(np.int64)).argmax())
    unit_of = units.loc[rated.units["interview_id"]]
    cluster, names = pd.factorize(unit_of.to_numpy())
    nobody = _parts(np.zeros((len(coders), len(rated.coders)), dtype=bool), coders, usual, kind)
    base = np.zeros((len(names), nobody.shape[1]))
    np.add.at(base, cluster, nobody)
    sums = np.repeat(base[:, None, :], len(rated.codes), axis=1)
    unit, code, by = rated.cells()
    np.add.at(sums, (cluster[unit], code), _parts(by, coders[unit], usual, kind) - nobody[unit])
    return sums


def _parts(by: NDArray[np.bool_], coders: Floats, usual: float, kind: str) -> Floats:
    """What each unit adds to the sums of one code; shape (units, sums).

    Parameters
    ----------
    by : array of bool, shape (units, coders)
        Who gave the code.
    coders : array of float, shape (units,)
        Coders who had the unit before them.
    usual : float
        The usual number of coders, to which Fleiss' kappa is restricted.
    kind : {"Cohen", "Fleiss"}
    """
    yes = by.sum(axis=1, dtype=np.float64)
    no = coders - yes
    pairs = np.where(coders >= 2, coders - 1, 1)
    agreed = (yes * (yes - 1) + no * (no - 1)) / (coders * pairs)
    parts = [yes * (yes - 1) / pairs, no * (no - 1) / pairs, yes * no / pairs, agreed, coders >= 2, yes / coders,
             np.ones_like(yes), yes > 0]  # fmt: skip
    if kind == "Cohen":
        first, second = by[:, 0], by[:, 1]
        parts += [first & second, first & ~second, ~first & second, ~first & ~second]
    else:
        whole = coders == usual
        parts += [agreed * whole, whole, whole * yes / coders]
    return np.column_stack([part.astype(np.float64) for part in parts])


def _targets(coded: CodedInterviews, rated: RatedUnits) -> pd.DataFrame:
    """What agreement is reported for, and which codes belong to it."""
    codebook = coded.codebook.set_index("code_id").loc[rated.codes]
    rows: list[dict[str, object]] = [
        {"kind": "code", "id": code, "name": codebook.at[code, "name"], "members": [k]}
        for k, code in enumerate(rated.codes)
    ]
    for area in dict.fromkeys(codebook["area"].dropna()):
        members = np.flatnonzero((codebook["area"] == area).to_numpy())
        rows.append({"kind": "area", "id": area, "name": area, "members": members})
    rows.append({"kind": "all", "id": "all", "name": "all codes", "members": np.arange(len(rated.codes))})
    return pd.DataFrame(rows)


def _coefficients(sums: Floats, kind: str) -> Floats:
    """alpha, kappa, AC1 and percent agreement from sums; shape (..., sums) to (..., 4)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        n_yes = sums[..., _YES_YES] + sums[..., _YES_NO]
        n_no = sums[..., _NO_NO] + sums[..., _YES_NO]
        alpha = 1 - (n_yes + n_no - 1) * sums[..., _YES_NO] / (n_yes * n_no)
        percent = sums[..., _AGREED] / sums[..., _UNITS]
        share = sums[..., _SHARE] / sums[..., _RATED]
        chance = 2 * share * (1 - share)
        ac1 = (percent - chance) / (1 - chance)
        if kind == "Cohen":
            both, first, second, neither = np.moveaxis(sums[..., _KAPPA : _KAPPA + 4], -1, 0)
            total = both + first + second + neither
            met = (both + neither) / total
            expected = ((both + first) * (both + second) + (neither + first) * (neither + second)) / total**2
        else:
            agreed, total, yes = np.moveaxis(sums[..., _KAPPA : _KAPPA + 3], -1, 0)
            met, given = agreed / total, yes / total
            expected = given**2 + (1 - given) ** 2
        kappa = (met - expected) / (1 - expected)
    varies = (n_yes > 1e-9) & (n_no > 1e-9)
    return np.stack(
        [np.where(varies, alpha, np.nan), np.where(np.isfinite(kappa) & varies, kappa, np.nan), ac1, percent], axis=-1
    )


def _bootstrap(sums: Floats, kind: str, replicates: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Percentile intervals over resampled interviews, and the Monte Carlo error of alpha's ends."""
    n, targets, width = sums.shape
    if replicates * targets * len(COEFFICIENTS) > MAX_VALUES:
        raise BadInput(
            f"{replicates} replicates of {targets} rows need more memory than allowed",
            fix=f"ask for at most {MAX_VALUES // (targets * len(COEFFICIENTS))} replicates",
        )
    found = np.empty((replicates, targets, len(COEFFICIENTS)))
    chunk = max(1, 4_000_000 // max(n, targets * width))
    flat = sums.reshape(n, -1)
    for start in range(0, replicates, chunk):
        weights = resampled(n, min(chunk, replicates - start), rng)
        found[start : start + len(weights)] = _coefficients((weights @ flat).reshape(-1, targets, width), kind)
    found.sort(axis=0)  # NaN last
    defined = (~np.isnan(found)).sum(axis=0)
    low, high = _order_statistic(found, defined, 0.025), _order_statistic(found, defined, 0.975)
    return low, high, _tail_error(found[:, :, 0], defined[:, 0])


def _order_statistic(ordered: Floats, defined: NDArray[np.intp], p: float | Floats) -> Floats:
    """Quantile of the defined values of each column, interpolated; NaN if none is defined."""
    place = np.maximum(defined - 1, 0) * p
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(defined - 1, 0))
    first = np.take_along_axis(ordered, below[None], axis=0)[0]
    second = np.take_along_axis(ordered, above[None], axis=0)[0]
    return np.where(defined > 0, first + (place - below) * (second - first), np.nan)


def _tail_error(ordered: Floats, defined: NDArray[np.intp]) -> Floats:
    """Half the distance between the order statistics one standard error either side of each end."""
    spread: Floats = np.sqrt(0.025 * 0.975 / np.maximum(defined, 1))
    errors = []
    for p in (0.025, 0.975):
        above = _order_statistic(ordered, defined, np.minimum(1.0, p + spread))
        below = _order_statistic(ordered, defined, np.maximum(0.0, p - spread))
        errors.append((above - below) / 2)
    return np.maximum(errors[0], errors[1])


def _no_interval(point: Floats) -> tuple[Floats, Floats, Floats]:
    nothing = np.full_like(point, np.nan)
    return nothing, nothing, nothing[:, 0]


def _notes(table: pd.DataFrame, enough: bool) -> list[str]:
    rare = (table["kind"] == "code") & (table["percent"] > 0.9) & (table["alpha"] < 0.5)
    notes = []
    for never, is_rare in zip(table["uses"] == 0, rare, strict=True):
        said = [] if enough else [TOO_FEW]
        said += [NEVER] if never else [RARE] if is_rare else []
        notes.append("; ".join(said))
    return notes
