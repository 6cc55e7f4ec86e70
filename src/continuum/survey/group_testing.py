"""Do groups of respondents differ? One family of tests, declared beforehand, with effect sizes and correction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import BadInput
from ..ingest.tables import SurveyData
from . import effects
from .answers import NO_ANSWER, Groups, Item, groups_of, item_codes, item_numbers, items_of
from .design import Design, Sampled
from .multiplicity import adjust, permutation_p
from .permutation import max_t, permuted_tables
from .rank_tests import brunner_munzel, count_table, kruskal_wallis, mann_whitney
from .shares import smallest_detectable

#: A group with fewer answers than this is left out of a test and named.
GROUP_MINIMUM = 5
#: Below this expected count a chi-square distribution is not trusted and the p-value is simulated.
EXPECTED_MINIMUM = 5
#: Permutations behind a simulated p-value.
PERMUTATIONS = 9_999
#: Classes a number is sorted into for the bootstrap of its effect size.
CLASSES = 2_000

#: What :func:`group_tests` does with which answers, for printing beside its table.
RULE = pd.DataFrame(
    [
        ("single choice or option", "2 or more", "Pearson chi-square; simulated if an expected count is below 5; "
         "Fisher's exact test for such a 2 x 2 table", "bias-corrected Cramer's V"),
        ("scale", "2", "Mann-Whitney (or Brunner-Munzel where spreads may differ)", "Cliff's delta = 2A - 1"),
        ("scale", "3 or more", "Kruskal-Wallis, then Dunn", "epsilon squared"),
        ("number", "2", "Welch t", "Hedges' g"),
        ("number", "3 or more", "Welch ANOVA, then Games-Howell", "omega squared"),
        ("any, weighted", "2 or more", "Rao-Scott F of the table; Wald F for numbers", "Cramer's V of the weighted "
         "table; omega squared of the weighted means"),
    ],
    columns=["answers", "groups", "test", "effect size"],
)  # fmt: skip


@dataclass(frozen=True)
class _Kept:
    """The groups of one comparison: ``codes`` of those who answered, ``everyone``'s labels, and who is left out.

    ``answered`` counts those in no group as well.
    """

    codes: np.ndarray
    everyone: np.ndarray
    sizes: np.ndarray
    answered: int
    left_out: list[str]


@dataclass
class _Outcome:
    """One line of the result table while it is being made."""

    test: str = ""
    statistic: float = np.nan
    df: float = np.nan
    df2: float = np.nan
    p: float = np.nan
    effect_name: str = ""
    effect: float = np.nan
    effect_low: float = np.nan
    effect_high: float = np.nan
    notes: list[str] = field(default_factory=list)


def group_tests(
    survey: SurveyData,
    items: str | Iterable[str],
    by: str | Sequence[str],
    design: Design | None = None,
    correction: Literal["holm", "bh", "maxt", "none"] = "holm",
    *,
    family: str = "",
    unequal_spread: bool = False,
    rng: np.random.Generator | None = None,
    replicates: int = effects.REPLICATES,
    permutations: int = PERMUTATIONS,
) -> pd.DataFrame:
    """Test one family of items for differences between groups.

    Parameters
    ----------
    survey : SurveyData
    items : str or iterable of str
        The family: items, sets or scales; declare it before the run.
    by : str or sequence of str
        Columns that group respondents.
    design : Design, optional
        Rao-Scott and Wald tests under the design instead of the unweighted ones.
    correction : {"holm", "bh", "maxt", "none"}
        Within the family. Max-T permutes respondents, so it uses how the items hang together; unweighted only.
    family : str
        Name printed beside the results.
    unequal_spread : bool
        Two groups on a scale: Brunner-Munzel instead of Mann-Whitney. Decide before seeing the answers.
    rng : Generator, optional
        For bootstrap intervals and simulated p-values; a fixed seed if not given.
    replicates, permutations : int

    Returns
    -------
    DataFrame
        One row per item in the order of the family: ``family``, ``item_id``, ``item``, ``by``, ``test``, ``n``,
        ``answered`` (in a group or in none), ``groups``, ``statistic``, ``df``, ``df2``, ``p``, ``p_adjusted``,
        ``correction``, ``family_size`` (tests made), ``effect_name``, ``effect``, ``effect_low``, ``effect_high``,
        ``detectable`` (Cohen's h that the two smallest groups can show with power .8 at the family's level) and
        ``note``. The rule that chooses the test is
        :data:`RULE`.

    Notes
    -----
    A group with fewer than 5 answers is dropped with a note. With all answers tied, or fewer than two groups left,
    statistic and p are missing. Effects have bias-corrected bootstrap intervals, respondents resampled.
    Source: methods of Kruskal and Wallis 1952, Mann and Whitney 1947, Welch 1951, Rao and Scott 1984, Bergsma 2013,
    Vargha and Delaney 2000.
    """
    rng = rng or np.random.default_rng(0)
    chosen = items_of(survey, items)
    groups = groups_of(survey, by)
    sampled = None if design is None or design.empty else design.on(survey.answers)
    if correction == "maxt" and sampled is not None:
        raise BadInput("max-T permutes respondents and does not take a design", fix="use holm or bh with weights")
    kept = [_kept_groups(survey, item, groups) for item in chosen]
    rows = [
        _row(item, own, _test(survey, item, own, sampled, unequal_spread, rng, replicates, permutations))
        for item, own in zip(chosen, kept, strict=True)
    ]
    table = pd.DataFrame(rows)
    tested = int(table["p"].notna().sum())
    if correction == "maxt":
        table["p_adjusted"] = max_t(survey, chosen, [own.everyone for own in kept], rng, permutations)
    else:
        table["p_adjusted"] = adjust(table["p"].to_numpy(), correction)
    table.insert(0, "family", family)
    table.insert(3, "by", by if isinstance(by, str) else " x ".join(by))
    table["correction"], table["family_size"] = correction, tested
    table["detectable"] = [_detectable(sizes, max(tested, 1)) for sizes in table.pop("sizes")]
    order = [
        "family", "item_id", "item", "by", "test", "n", "answered", "groups", "statistic", "df", "df2", "p",
        "p_adjusted", "correction", "family_size", "effect_name", "effect", "effect_low", "effect_high", "detectable",
        "note",
    ]  # fmt: skip
    return table[order]


def _kept_groups(survey: SurveyData, item: Item, groups: Groups) -> _Kept:
    """Respondents who answered, in groups of at least :data:`GROUP_MINIMUM`; the rest is named."""
    values = item_numbers(survey, item)
    known = ~np.isnan(values) & (groups.codes >= 0)
    sizes = np.bincount(groups.codes[known], minlength=len(groups))
    enough = sizes >= GROUP_MINIMUM
    position = np.where(enough, np.cumsum(enough) - 1, -1)
    codes = np.where(known, position[groups.codes], -1)
    labels = groups.labels()
    left_out = [labels[g] for g in np.flatnonzero(~enough)]  # not how many: this note is published
    everyone = np.where(groups.codes >= 0, position[groups.codes], -1)
    return _Kept(codes, everyone, sizes[enough], int((~np.isnan(values)).sum()), left_out)


def _row(item: Item, kept: _Kept, outcome: _Outcome) -> dict[str, object]:
    notes = list(outcome.notes)
    if kept.left_out:
        notes.append(f"left out, fewer than {GROUP_MINIMUM} answers: {', '.join(kept.left_out)}")
    return {
        "item_id": item.item_id, "item": item.text, "test": outcome.test, "n": int(kept.sizes.sum()),
        "answered": kept.answered, "groups": len(kept.sizes), "statistic": outcome.statistic, "df": outcome.df,
        "df2": outcome.df2, "p": outcome.p, "effect_name": outcome.effect_name, "effect": outcome.effect,
        "effect_low": outcome.effect_low, "effect_high": outcome.effect_high, "note": "; ".join(notes),
        "sizes": kept.sizes,
    }  # fmt: skip


def _detectable(sizes: np.ndarray, family_size: int) -> float:
    if len(sizes) < 2:
        return np.nan
    first, second = np.sort(sizes)[:2]
    return smallest_detectable(first, second, alpha=0.05 / family_size)


def _test(
    survey: SurveyData,
    item: Item,
    kept: _Kept,
    sampled: Sampled | None,
    unequal_spread: bool,
    rng: np.random.Generator,
    replicates: int,
    permutations: int,
) -> _Outcome:
    if item.kind == "open":
        raise BadInput(f"{item.item_id!r} is an open question", fix="test its codes: open_answers.code_contrasts")
    if len(kept.sizes) < 2:
        return _Outcome(test="none", notes=["fewer than two groups with enough answers"])
    if item.kind == "number":
        values = item_numbers(survey, item)
        return _number_test(values, kept, sampled, rng, replicates)
    codes = item_codes(survey, item)
    inside = kept.codes >= 0
    levels = 2 if item.kind == "multiple" else len(item.levels)
    cells = codes[inside].astype(np.intp) * len(kept.sizes) + kept.codes[inside]
    table = np.bincount(cells, minlength=levels * len(kept.sizes)).reshape(levels, len(kept.sizes))
    if (table.sum(axis=1) > 0).sum() < 2:
        return _Outcome(test="none", notes=["all answers are tied"])
    if sampled is not None:
        return _weighted_table_test(codes, kept, sampled, levels)
    if item.kind == "scale":
        return _scale_test(table, unequal_spread, rng, replicates)
    return nominal_test(table, rng, replicates, permutations)


def nominal_test(
    table: np.ndarray, rng: np.random.Generator, replicates: int, permutations: int = PERMUTATIONS
) -> _Outcome:
    """Chi-square, simulated chi-square or Fisher's exact test of a table of counts, with Cramer's V."""
    table = table[table.sum(axis=1) > 0]
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    statistic = float(effects.chi_square(table))
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    outcome = _Outcome("chi-square", statistic, df, p=float(stats.chi2.sf(statistic, df)), effect_name="Cramer's V")
    if expected.min() < EXPECTED_MINIMUM:
        outcome.df = np.nan
        if table.shape == (2, 2):
            outcome.test = "Fisher's exact"
            outcome.p, outcome.statistic = fisher(table)
        else:
            outcome.test = "chi-square, simulated"
            draws = effects.chi_square(permuted_tables(table, rng, permutations))
            exceeded = int((draws >= statistic - 1e-9 * statistic).sum())
            outcome.p = float(permutation_p(exceeded, permutations))
            outcome.notes.append(f"an expected count below {EXPECTED_MINIMUM}, {permutations} permutations")
    outcome.effect = float(effects.cramers_v(table))
    outcome.effect_low, outcome.effect_high = effects.table_interval(
        table, effects.cramers_v, rng, replicates=replicates
    )
    return outcome


def fisher(
    table: np.ndarray, alternative: Literal["two-sided", "greater", "less"] = "two-sided"
) -> tuple[float, float]:
    """Fisher's exact test of a 2 x 2 table: p, and the conditional maximum-likelihood odds ratio.

    Source: Fisher 1935; conventions of R's ``fisher.test``.
    """
    p = stats.fisher_exact(table, alternative=alternative).pvalue
    return float(p), float(stats.contingency.odds_ratio(table, kind="conditional").statistic)


def _scale_test(table: np.ndarray, unequal_spread: bool, rng: np.random.Generator, replicates: int) -> _Outcome:
    if table.shape[1] > 2:
        h, df = float(kruskal_wallis(table)), table.shape[1] - 1
        outcome = _Outcome("Kruskal-Wallis", h, df, p=float(stats.chi2.sf(h, df)), effect_name="epsilon squared")
        measure = effects.epsilon_squared
    elif unequal_spread:
        statistic, df, p = brunner_munzel(table)
        outcome = _Outcome("Brunner-Munzel", statistic, df, p=p, effect_name="Cliff's delta")
        measure = effects.cliff_delta
    else:
        statistic, p = mann_whitney(table)
        outcome = _Outcome("Mann-Whitney", statistic, p=p, effect_name="Cliff's delta")
        measure = effects.cliff_delta
    outcome.effect = float(measure(table))
    outcome.effect_low, outcome.effect_high = effects.table_interval(table, measure, rng, replicates=replicates)
    return outcome


def _number_test(
    values: np.ndarray, kept: _Kept, sampled: Sampled | None, rng: np.random.Generator, replicates: int
) -> _Outcome:
    inside = kept.codes >= 0
    part, codes = values[inside], kept.codes[inside]
    if np.ptp(part) == 0:
        return _Outcome(test="none", notes=["all answers are tied"])
    if sampled is not None:
        statistic, df, df2, p = sampled.wald_of_means(values, kept.codes)
        outcome = _Outcome("Wald F", statistic, df, df2, p, notes=["design-based"])
    elif len(kept.sizes) == 2:
        test = stats.ttest_ind(part[codes == 0], part[codes == 1], equal_var=False)
        outcome = _Outcome("Welch t", float(test.statistic), float(test.df), p=float(test.pvalue))
    else:
        outcome = _welch_anova(part, codes)
    outcome.effect_name, outcome.effect, outcome.effect_low, outcome.effect_high = number_effect(
        part, codes, len(kept.sizes), rng, replicates
    )
    return outcome


def _welch_anova(values: np.ndarray, codes: np.ndarray) -> _Outcome:
    from statsmodels.stats.oneway import anova_oneway  # pingouin's is the same test but takes a second to import

    spread = pd.Series(values).groupby(codes).var()
    if (spread == 0).any():
        return _Outcome(test="none", notes=["a group whose answers are all equal has no variance"])
    found = anova_oneway([values[codes == code] for code in np.unique(codes)], use_var="unequal", welch_correction=True)
    return _Outcome(
        "Welch ANOVA", float(found.statistic), float(found.df_num), float(found.df_denom), float(found.pvalue)
    )


def number_effect(
    values: np.ndarray, codes: np.ndarray, size: int, rng: np.random.Generator, replicates: int
) -> tuple[str, float, float, float]:
    """Hedges' g of two groups or omega squared of more: its name, the effect, and its bootstrap interval.

    Numbers with many values are taken in classes, so that the cost does not depend on the number of respondents.
    """
    if len(np.unique(values)) > CLASSES:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, CLASSES + 1)))
        cut = np.searchsorted(edges, values, side="right")
        values = (np.bincount(cut, weights=values) / np.maximum(np.bincount(cut), 1))[cut]
    points, table = np.unique(values), count_table(values, codes, size)
    two = size == 2
    name = "Hedges' g" if two else "omega squared"
    measure = effects.hedges_g if two else effects.omega_squared

    def from_counts(tables: np.ndarray) -> np.ndarray:
        n = tables.sum(axis=-2)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.einsum("v,...vg->...g", points, tables) / n
            square = np.einsum("v,...vg->...g", points**2, tables)
            return measure(n, mean, (square - n * mean**2) / (n - 1))

    effect = float(from_counts(table[None].astype(float))[0])
    affordable = int(np.clip(20_000_000 // table.size, 200, replicates))
    return name, effect, *effects.table_interval(table, from_counts, rng, replicates=affordable)


def _weighted_table_test(codes: np.ndarray, kept: _Kept, sampled: Sampled, levels: int) -> _Outcome:
    inside = (kept.codes >= 0) & (codes != NO_ANSWER)
    test = sampled.rao_scott(np.where(inside, codes, -1), np.where(inside, kept.codes, -1))
    cells = codes[inside].astype(np.intp) * len(kept.sizes) + kept.codes[inside]
    weights = sampled.weights[inside]
    table = np.bincount(cells, weights=weights, minlength=levels * len(kept.sizes)).reshape(levels, len(kept.sizes))
    # V takes the table at the number of respondents, not at the sum of the weights.
    table *= inside.sum() / weights.sum()
    return _Outcome(
        "Rao-Scott F", test["F"], test["df1"], test["df2"], test["p"], "Cramer's V (weighted table)",
        float(effects.cramers_v(table)), notes=["design-based"],
    )  # fmt: skip
