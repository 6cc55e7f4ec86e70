"""Tables of the survey in the form in which they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from ..disclosure import shown as drawable
from ..tables import Table, interval, number, p_value, percent
from ..tables import count as show_count
from .needs_model import AbilityModel

# A notebook asks one module for every table.
from .presentation_baseline import protected_table_one  # noqa: F401
from .presentation_open import (  # noqa: F401
    AGREEMENT_CELLS,
    CLUSTER_CELLS,
    WORD_CELLS,
    agreement_rows,
    cluster_rows,
    code_rows,
    protected_codes,
    word_rows,
)
from .presentation_protected import (  # noqa: F401
    ABILITY_CELLS,
    COMBINATION_CELLS,
    CONTRAST_CELLS,
    ITEM_CELLS,
    LIKERT_CELLS,
    PATTERN_CELLS,
    TEST_CELLS,
    protected_bars,
    protected_blanks,
    protected_characteristics,
    protected_gaps,
    protected_group_gaps,
    protected_groups,
    protected_imputed,
    protected_invariance,
    protected_items,
    protected_models,
    protected_options,
    protected_sets,
)
from .presentation_ranks import (  # noqa: F401
    CLAIM_CELLS,
    PAIR_CELLS,
    RANK_CELLS,
    claim_rows,
    labor_and_sex_dots,
    labor_and_sex_rows,
    rank_rows,
)
from .presentation_scales import (  # noqa: F401
    factor_rows,
    imputed_rows,
    invariance_rows,
    loading_rows,
    pair_rows,
    scale_rows,
)


def item_rows(table: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """An item table for reading: under each question the items from the largest share down.

    Parameters
    ----------
    table : DataFrame
        Protected, from :func:`continuum.survey.item_table`.
    by : str, optional
        Grouping column to keep; how many of a group did not answer is left out.
    """
    rows = table.assign(order=pd.to_numeric(table["share"], errors="coerce"))
    if by is None:
        place = rows["question"].map({q: i for i, q in enumerate(dict.fromkeys(rows["question"]))})
        rows = rows.assign(place=place).sort_values(["place", "order"], ascending=[True, False], kind="stable")
    shown = pd.DataFrame({"question": rows["question"].where(rows["question"] != "", rows["block"])})
    shown = _first_only(shown, "question")
    shown["item"] = rows["item"]
    if by is not None:
        shown[by] = rows[by]
    shown["answer"] = rows["level"]
    ways = ("dont_know", "not_applicable", "missing") if by is None else ()
    for column in (*(("asked",) if by is None else ()), "n", *ways, "count"):
        shown[column] = rows[column]
    shown["share"] = rows["share"]
    shown["interval"] = [_between(lo, hi, percent) for lo, hi in zip(rows["low"], rows["high"], strict=True)]
    if rows["worst"].notna().any():
        shown["bounds"] = [_between(lo, hi, percent) for lo, hi in zip(rows["worst"], rows["best"], strict=True)]
    if rows["deff"].notna().any():
        shown["unweighted"] = (_numbers(rows["count"]) / _numbers(rows["n"])).where(rows["share"].notna())
        shown["design_effect"] = rows["deff"]
    shown["median"] = rows["median"]
    return shown.reset_index(drop=True)


def test_rows(tests: pd.DataFrame) -> pd.DataFrame:
    """Group tests for reading: statistic with degrees of freedom, p, adjusted p, effect with interval."""
    statistic = [_statistic(row) for row in tests.to_dict("records")]
    effect = [number(value) for value in tests["effect"]]
    between = [_between(lo, hi, number) for lo, hi in zip(tests["effect_low"], tests["effect_high"], strict=True)]
    shown = pd.DataFrame({
        "family": tests["family"], "item": tests["item"], "n": tests["n"], "test": tests["test"],
        "statistic": statistic, "p": [p_value(p) for p in tests["p"]],
        "p_adjusted": [p_value(p) for p in tests["p_adjusted"]],
        "effect": effect, "interval": between, "measure": tests["effect_name"],
    })  # fmt: skip
    if tests["note"].ne("").any():
        shown["note"] = tests["note"]
    return shown


#: Formats of the columns above.
FORMATS = {"share": "percent", "labor": "percent", "sex": "percent", "difference": "percent", "need": "percent",
           "in_house": "percent", "with_referral": "percent", "gap": "percent", "other_share": "percent",
           "percent": "percent", "asked": "count", "n": "count", "count": "count", "missing": "count",
           "dont_know": "count", "not_applicable": "count", "p": "text", "blank": "count", "available": "percent",
           "imputed": "percent", "missing_information": "percent", "unweighted": "percent", "n_labor": "count",
           "n_sex": "count", "overlaps": "count", "value": "number", "answers": "count",
           "respondents": "count"}  # fmt: skip
HEADERS = {
    "need_": "Need", "need": "Often or very often met with", "n_labor": "n (labor)", "n_sex": "n (sex)",
    "labor": "Labor", "sex": "Sex", "p_max": "Max-T p", "other_share": "Share elsewhere",
    "overlaps": "Not distinct from", "n_need": "n (need)", "n_capacity": "n (ability)",
    "alpha_interval": "95% interval of alpha", "omega_interval": "95% interval of omega",
    "excluded": "None and another", "dont_know": "Don't know", "not_applicable": "Not applicable",
    "missing": "Not answered", "p": "p", "p_adjusted": "Adjusted p", "n": "Answered", "interval": "95% interval",
    "bounds": "If none / all of the missing", "below_05": "Adjusted p below .05",
    "detectable": "Detectable difference (Cohen h)",
    "unweighted": "Unweighted share", "available": "Share among answers", "imputed": "Share, blanks imputed",
    "missing_information": "Uncertainty due to blanks", "chi_square": "Chi-square (df)", "cfi": "CFI", "tli": "TLI",
    "rmsea": "RMSEA", "rmsea_interval": "90% interval of RMSEA", "srmr": "SRMR", "equal": "Equal across groups",
    "difference_": "Difference from the step before (df)", "p_difference": "p of the difference",
    "cfi_change": "Change of CFI", "words": "Typical words", "basis": "What this is",
}  # fmt: skip


def _statistic(row: dict[Any, Any]) -> str:
    if pd.isna(row["statistic"]):
        return number(None)
    freedom = [f"{row[name]:.4g}" for name in ("df", "df2") if pd.notna(row[name])]
    return f"{number(row['statistic'])} ({', '.join(freedom)})" if freedom else number(row["statistic"])


def _between(low: Any, high: Any, form: Callable[[Any], str]) -> str:
    return low if isinstance(low, str) else interval(low, high, form)


def likert_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The data behind Likert bars, one row per level: no totals of a side, which would reveal a hidden level."""
    groups = [c for c in table.columns[2 : table.columns.get_loc("level")]]
    return table[["item", *groups, "level", "count", "percent", "n", "dont_know", "not_applicable", "missing"]]


def dots(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Rows of a protected table that a dot plot may draw, without columns that it does not show.

    Parameters
    ----------
    table : DataFrame
    columns : str
        Estimate and ends of its interval; rows in which one of them is hidden or missing are left out.
    """
    kept = [c for c in table.columns if c in {"item", "option", "sector", "state", "site", "n", "count", *columns}]
    return drawable(table[kept], columns)


def option_rows(table: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Options for reading, most frequent first."""
    shown = pd.DataFrame({"option": table["item"]})
    if by is not None:
        shown[by] = table[by]
    for column in ("n", "missing", "excluded", "count", "share"):
        shown[column] = table[column]
    shown["interval"] = [_between(lo, hi, percent) for lo, hi in zip(table["low"], table["high"], strict=True)]
    return (
        shown
        if by
        else shown.sort_values("count", ascending=False, key=_sortable, kind="stable").reset_index(drop=True)
    )


def contrast_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Contrasts for reading, smallest p first; hidden ones last. More digits of z would tell who is in no group."""
    z = table["z"].map(lambda value: value if isinstance(value, str) else round(value, 2))
    ordered = table.assign(z=z)[table["tested"]].sort_values(
        "p_max", key=lambda p: pd.to_numeric(p, errors="coerce"), kind="stable"
    )
    return ordered.drop(columns=["tested", "mc_error"]).reset_index(drop=True)


def ability_rows(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Need by group, one column per ability: ``12 (34.5%)``."""
    cells = table.assign(cell=[_count_and_share(r["count"], r["share"]) for r in table.to_dict("records")])
    wide = cells.pivot(index=["item", *by], columns="ability", values="cell")
    keys = list(dict.fromkeys(zip(*[cells[c] for c in ["item", *by]], strict=True)))
    wide = wide.loc[keys, list(dict.fromkeys(cells["ability"]))].reset_index().rename_axis(columns=None)
    bases = cells.drop_duplicates(["item", *by])["n"].to_numpy()
    wide.insert(1 + len(by), "n", bases)
    return wide.rename(columns={"item": "need_"})


def gap_rows(table: pd.DataFrame, by: list[str] | None = None) -> pd.DataFrame:
    """Gaps for reading: need, coverage in house and with referral, gap with interval."""
    return pd.DataFrame({
        "rank": table["rank"], "need_": table["item"], **{c: table[c] for c in by or []},
        "n_need": table["n_need"], "n_capacity": table["n_capacity"], "need": table["need"],
        "in_house": table["in_house"], "with_referral": table["with_referral"], "gap": table["gap"],
        "interval": [_between(lo, hi, percent) for lo, hi in zip(table["low"], table["high"], strict=True)],
    })  # fmt: skip


def model_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Odds ratios with intervals and p."""
    return pd.DataFrame({
        "term": table["term"], "odds_ratio": table["odds_ratio"],
        "interval": [_between(lo, hi, number) for lo, hi in zip(table["low"], table["high"], strict=True)],
        "p": [p_value(p) for p in table["p"]],
    })  # fmt: skip


def _count_and_share(count: Any, share: Any) -> str:
    if isinstance(count, str):
        return count
    return show_count(count) if pd.isna(count) or pd.isna(share) else f"{show_count(count)} ({percent(share)})"


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")


def _sortable(column: pd.Series) -> pd.Series:
    numbers = _numbers(column)
    return column.astype(str) if numbers.isna().all() else numbers.fillna(-1)


def combination_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Combinations that are not hidden, with the options they hold in words."""
    return drawable(table, ["count"])[["combination", "size", "count", "share", "n"]]


def odds_rows(model: AbilityModel) -> pd.DataFrame:
    """Tests of proportional odds for reading."""
    tests = model.tests
    return pd.DataFrame({
        "predictor": tests["term"], "statistic": tests["statistic"], "df": tests["df"],
        "p": [p_value(p) for p in tests["p"]], "p_adjusted": [p_value(p) for p in tests["p_adjusted"]],
        "effect": ["differs by threshold" if freed else "one odds ratio" for freed in tests["freed"]],
    })  # fmt: skip


def pattern_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Patterns of missing answers that are not hidden, most frequent first."""
    return drawable(table, ["count"])[["missing", "items", "count", "n", "share"]].reset_index(drop=True)


def missing_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Blanks for reading; an item without any, or without enough to be told from other ways, has no row."""
    rows = table[table["missing"].notna() & (_numbers(table["missing"]).fillna(1) > 0)]
    return rows[["item", "asked", "missing", "share"]].reset_index(drop=True)


def _first_only(table: pd.DataFrame, column: str) -> pd.DataFrame:
    return table.assign(**{column: table[column].mask(table[column].duplicated(), "")})


def first_rows(table: pd.DataFrame, rows: int = 8) -> Table:
    """The first rows of a table for reading, shown and not stored: for trying things out."""
    return Table(table.head(rows), formats=FORMATS, headers=HEADERS)
