"""How the disclosure rule treats the survey's tables, each beside all that is published of the same answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..disclosure import SUPPRESSED
from ..ingest.tables import SurveyData
from .answers import groups_of
from .baseline import OVERALL
from .presentation_baseline import hidden_groups

#: :meth:`continuum.results.Results.protect`.
Protect = Callable[..., pd.DataFrame]

#: How :func:`continuum.disclosure.protect` treats the table of :func:`continuum.survey.item_table`.
ITEM_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["share", "low", "high", "worst", "best", "mean", "median"]},
    "within": ["item_id", "level"],
    "size": "n",
    "also": {"shown": "suppressed"},  # other groups and everyone would give the counts of small groups away
}
#: The same for :func:`continuum.survey.likert_table`; call :func:`continuum.survey.lay_out` afterward.
LIKERT_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["percent", "label", "start", "end"]},
    # Levels add up to the answers, and the top levels to what the table of items says of them.
    "within": [["item_id", "group"], ["item_id", "group", "in_top"]],
}
#: The same for :func:`continuum.survey.multiple_response`.
OPTION_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["share", "low", "high"]},
    "within": ["item_id"],
    "size": "n",
    "also": {"shown": "suppressed"},
}
#: The same for :func:`continuum.survey.option_contrasts`.
CONTRAST_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["share", "other_share", "difference", "z", "p_max", "mc_error"]},
    "within": ["option"],
    "size": "n",
}
#: The same for :func:`continuum.survey.ability_table`.
ABILITY_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "derived": {"count": ["share"]},
    # Abilities add up to a published base; over sectors, over states and over both to what the gaps tell.
    "within": [
        ["item_id", "group"],
        ["item_id", "ability"],
        ["item_id", "ability", "sector"],
        ["item_id", "ability", "state"],
    ],
    "total": "n",
    "also": {"shown": "suppressed"},
}
#: The same for :func:`continuum.survey.option_combinations`.
COMBINATION_CELLS: dict[str, Any] = {"counts": ["count"], "derived": {"count": ["share"]}, "within": ["n"]}
#: The same for :func:`continuum.survey.missing_patterns`.
PATTERN_CELLS = COMBINATION_CELLS
#: The same for :func:`continuum.survey.group_tests`: who answered and is in no group that was compared.
TEST_CELLS: dict[str, Any] = {"counts": ["n"], "size": "answered"}

#: Ways of giving no answer, in the tables of items and of options.
_WAYS = ("dont_know", "not_applicable", "missing", "excluded")
_BASES = ("asked", "n", *_WAYS)


def protected_items(table: pd.DataFrame, protect: Protect) -> pd.DataFrame:
    """An item table of everyone under the disclosure rule: chosen counts, ways of not answering, and means.

    Parameters
    ----------
    table : DataFrame
        From :func:`continuum.survey.item_table`.
    protect : callable
        :meth:`continuum.results.Results.protect`.

    Returns
    -------
    DataFrame
        Bases are shown, so how many did not answer is no secret; which way they took is, where it is few. Where few
        did not answer at all, the ways are left empty: nothing could hide them. A mean would tell the count of a
        level that few chose.
    """
    shown = _with_ways(protect(table, **ITEM_CELLS), table, protect)
    means = protect(table, counts=["fewest"], derived={"fewest": ["mean"]})
    shown["mean"] = shown["mean"].mask(_hidden(means["fewest"]), SUPPRESSED)
    bounds = ["worst", "best"]
    shown[bounds] = shown[bounds].mask(pd.to_numeric(shown["missing"], errors="coerce").isna(), np.nan)
    return shown.drop(columns="fewest")


def protected_options(table: pd.DataFrame, protect: Protect) -> pd.DataFrame:
    """A table of options of everyone, from :func:`continuum.survey.multiple_response`, as :func:`protected_items`."""
    return _with_ways(protect(table, **OPTION_CELLS), table, protect)


def _with_ways(shown: pd.DataFrame, table: pd.DataFrame, protect: Protect) -> pd.DataFrame:
    """``shown`` with the ways of not answering, which add up to what is left of those who were asked."""
    ways = [way for way in _WAYS if way in table]
    rows = range(len(table))
    long = table[ways].assign(row=rows).melt(id_vars="row", var_name="way", value_name="people")
    wide = protect(long, counts=["people"], within=["row"]).pivot(index="row", columns="way", values="people")
    few = _hidden(protect(pd.DataFrame({"people": table["asked"] - table["n"]}), counts=["people"])["people"])
    for way in ways:
        shown[way] = pd.Series(wide[way].to_numpy(), table.index).mask(few, pd.NA).infer_objects()
    return shown


def protected_bars(table: pd.DataFrame, items: pd.DataFrame, protect: Protect) -> pd.DataFrame:
    """Bars of everyone under the disclosure rule, with the ways of not answering as the table of items shows them.

    Parameters
    ----------
    table : DataFrame
        From :func:`continuum.survey.likert_table`.
    items : DataFrame
        From :func:`protected_items`.
    protect : callable
    """
    shown = protect(table, **LIKERT_CELLS)
    for way in ("dont_know", "not_applicable", "missing"):
        shown[way] = _of_item(table, items, way)
    return shown.drop(columns="in_top")


def protected_blanks(table: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Blanks by item, from :func:`continuum.survey.missing_by_item`, where the table of items shows them."""
    blank = _of_item(table, items, "missing")
    return table.assign(missing=blank, share=table["share"].mask(_hidden(blank), SUPPRESSED).mask(blank.isna()))


def protected_imputed(table: pd.DataFrame, items: pd.DataFrame, protect: Protect) -> pd.DataFrame:
    """Shares with blanks imputed, from :func:`continuum.survey.imputed_shares`; blanks as in the table of items."""
    shown = protect(
        table, counts=["count", "blank"], size="n", derived={"count": ["available", "estimate", "low", "high"]}
    )
    blank = _of_item(table, items, "missing")
    hidden = _hidden(blank) | _hidden(shown["blank"])
    for column in ("blank", "missing_information"):
        shown[column] = shown[column].astype("object").mask(hidden, SUPPRESSED).mask(blank.isna(), pd.NA)
    return shown


def _of_item(table: pd.DataFrame, items: pd.DataFrame, column: str) -> pd.Series:
    return table["item_id"].map(items.drop_duplicates("item_id").set_index("item_id")[column])


def protected_groups(
    table: pd.DataFrame, everyone: pd.DataFrame, survey: SurveyData, by: str | Sequence[str], protect: Protect,
    cells: dict[str, Any],
) -> pd.DataFrame:  # fmt: skip
    """A table by group under the disclosure rule, beside the same table of everyone.

    Parameters
    ----------
    table : DataFrame
        With a column for each of ``by``, or ``group``.
    everyone : DataFrame
        The same table without groups, unprotected.
    survey : SurveyData
    by : str or sequence of str
    protect : callable
    cells : mapping
        Such as :data:`ITEM_CELLS`.

    Returns
    -------
    DataFrame
        Groups that Table 1 hides with their size are hidden here, too; a hidden count takes its bases along.
    """
    gone = pd.Series(False, index=table.index)
    for column in [by] if isinstance(by, str) else by:
        gone |= table[column if column in table else "group"].astype(str).isin(unshown(survey, column, protect))
    shown = table["shown"] if "shown" in table else pd.Series("", index=table.index)
    apart = everyone.drop(columns="group", errors="ignore").rename(
        columns={"item": "option"} if "option" in table else {}
    )
    how = {**cells, "also": {"shown": "suppressed"}, "everyone": apart}
    protected = protect(table.assign(shown=shown.mask(gone, "suppressed")), **how)
    hidden = gone if "total" in cells else _hidden(protected["count"])
    for base in _BASES:
        if base in table:
            protected[base] = protected[base].astype("object").mask(hidden, SUPPRESSED)
    return protected[[column for column in table.columns if column in protected]]


def unshown(survey: SurveyData, by: str, protect: Protect) -> list[str]:
    """Groups of respondents whose size is hidden, alone or because it would give away how few state no group."""
    groups = groups_of(survey, by)
    sizes = np.bincount(groups.codes[groups.codes >= 0], minlength=len(groups))
    named = pd.Series(sizes, index=groups.labels(), dtype=int)
    return hidden_groups(pd.concat([pd.Series({OVERALL: len(groups.codes)}), named]), protect)


def protected_gaps(table: pd.DataFrame, protect: Protect) -> pd.DataFrame:
    """Gaps of everyone under the disclosure rule: shares whose counts may be shown, and gaps of two such shares.

    Parameters
    ----------
    table : DataFrame
        From :func:`continuum.survey.need_gaps`.
    protect : callable

    Returns
    -------
    DataFrame
        Places are among the gaps that are shown; hidden ones stand last. Intervals have three decimals, and none
        stands where few people answered both questions in one way: it tells how many answered alike on both.
    """
    ends = ["low", "high", "referral_low", "referral_high"]
    counts = protect(_gap_counts(table), **_GAP_CELLS)
    return _shown_gaps(table.round(dict.fromkeys(ends, 3)), counts, protect)


def protected_group_gaps(
    table: pd.DataFrame, everyone: pd.DataFrame, survey: SurveyData, by: str, protect: Protect
) -> pd.DataFrame:
    """Gaps by group under the disclosure rule: in whole percents, from which no count follows, and without bases.

    Parameters are those of :func:`protected_groups`.
    """
    hidden = protected_groups(_gap_counts(table), _gap_counts(everyone), survey, by, protect, _GAP_CELLS)
    whole = table.round(dict.fromkeys(_GAP_SHARES, 2)).drop(columns=["n_need", "n_capacity"])
    return _shown_gaps(whole, hidden, protect, by)


def _shown_gaps(table: pd.DataFrame, counts: pd.DataFrame, protect: Protect, by: str | None = None) -> pd.DataFrame:
    """Gaps without those that rest on a hidden count, by place within groups."""
    together = protect(table[["item", *_TOGETHER]], counts=list(_TOGETHER))
    gone = {what: _hidden(rows["count"]).to_numpy() for what, rows in counts.groupby("what", sort=False)}
    gone |= {ways: _hidden(together[ways]).to_numpy() for ways in _TOGETHER}
    shown = table.drop(columns=list(_TOGETHER)).astype(dict.fromkeys(_GAP_SHARES, "object"))
    for column, parts in _GAP_SHARES.items():
        hide = np.any([gone[part] for part in parts], axis=0) & table[column].notna().to_numpy()
        shown[column] = shown[column].mask(hide, SUPPRESSED)
    gap = pd.to_numeric(shown["gap"], errors="coerce")
    group = 0 if by is None else table[by].map({name: k for k, name in enumerate(table[by].unique())})
    shown = shown.assign(_group=group, _last=gap.isna(), _gap=gap)
    shown["rank"] = shown.groupby("_group")["_gap"].rank(ascending=False, method="min").astype("Int64")
    ordered = shown.sort_values(["_group", "_last", "rank"], kind="stable").reset_index(drop=True)
    return ordered.drop(columns=["_group", "_last", "_gap"])


#: Which shares stand for which of the counts below, and what is computed from them.
_GAP_SHARES = {
    "need": ["need"], "in_house": ["met"], "with_referral": ["unmet"],
    "gap": ["need", "met"], "gap_with_referral": ["need", "unmet"],
    "low": ["need", "met", "fewest_house"], "high": ["need", "met", "fewest_house"],
    "referral_low": ["need", "unmet", "fewest_referral"], "referral_high": ["need", "unmet", "fewest_referral"],
}  # fmt: skip
#: The fewest who answered the two questions of a gap in one way.
_TOGETHER = ("fewest_house", "fewest_referral")
_GAP_CELLS: dict[str, Any] = {
    "counts": ["count"],
    "within": ["item", "what"],
    "size": "n",
    "also": {"shown": "suppressed"},
    "behind": "partly",
}


def _gap_counts(table: pd.DataFrame) -> pd.DataFrame:
    """The counts behind a table of gaps: who meets with a need, who can meet it, and who cannot at all."""
    n = table["n_capacity"]
    met, unmet = table["in_house"] * n, (1 - table["with_referral"]) * n
    nobody = pd.Series(0, index=table.index)
    keys = table[[c for c in table.columns if c not in {"rank", "n_need", "n_capacity", *_TOGETHER, *_GAP_SHARES}]]

    def rows(what: str, base: pd.Series, count: pd.Series, partly: pd.Series) -> pd.DataFrame:
        shown = np.where(count.isna(), "suppressed", "percent")
        return keys.assign(what=what, n=base, count=count.round().astype("Int64"), partly=partly, shown=shown)

    return pd.concat(
        [
            rows("need", table["n_need"], table["need"] * table["n_need"], nobody),
            rows("met", n, met, nobody),
            # Who meets a need in part is what the other two leave; few of them hide with those who do not meet it.
            rows("unmet", n, unmet, (n - met - unmet).round()),
        ],
        ignore_index=True,
    )


def protected_characteristics(tests: pd.DataFrame, respondents: pd.DataFrame, protect: Protect) -> pd.DataFrame:
    """Tests of Table 1 under the disclosure rule: no base and no test of a choice of which Table 1 hides a count.

    Where all other counts are shown, the base, the statistic, its p and its effect each tell the hidden one.

    Parameters
    ----------
    tests : DataFrame
        From :func:`continuum.survey.characteristic_tests`.
    respondents : DataFrame
        From :func:`continuum.survey.presentation.protected_table_one`.
    protect : callable
    """
    hiding = respondents["variable"][_hidden(respondents["count"])].unique()
    numbers = respondents.loc[respondents["level"] == "mean (SD)", "variable"].unique()
    shown = protect(tests, **TEST_CELLS)
    shown["n"] = shown["n"].mask(tests["item_id"].isin(hiding), SUPPRESSED)
    gone = tests["item_id"].isin(set(hiding) - set(numbers))
    shown.loc[gone, ["statistic", "p", "p_adjusted", "effect", "effect_low", "effect_high"]] = np.nan
    why = "not shown, since it would tell a hidden count of respondents"
    shown["note"] = shown["note"].mask(gone, [f"{note}; {why}".removeprefix("; ") for note in shown["note"]])
    return shown


def protected_sets(table: pd.DataFrame, protect: Protect, cells: dict[str, Any]) -> pd.DataFrame:
    """Combinations of options, or of blanks, under the disclosure rule.

    How many chose an option stands elsewhere, so what all combinations that are hidden leave of it is a count, too:
    further combinations are hidden until it is nobody or enough.

    Parameters
    ----------
    table : DataFrame
        With ``count`` and a boolean column for each option.
    protect : callable
    cells : mapping
        Such as :data:`COMBINATION_CELLS`.
    """
    options = [column for column in table.columns if pd.api.types.is_bool_dtype(table[column])]
    member = table[options].to_numpy(bool)
    linked = np.zeros(len(table), dtype=bool)
    while True:
        shown = protect(table.assign(_linked=linked), **cells, also={"_linked": True}).drop(columns="_linked")
        hidden = _hidden(shown["count"]).to_numpy()
        left = pd.DataFrame({"people": member[hidden].T @ table["count"].to_numpy()[hidden]})
        few = _hidden(protect(left, counts=["people"])["people"]).to_numpy()
        partners = np.flatnonzero(~hidden & member[:, few].any(axis=1))
        if not len(partners):
            return shown
        linked[partners[np.argmin(table["count"].to_numpy()[partners])]] = True


def protected_models(table: pd.DataFrame, survey: SurveyData, by: str, protect: Protect) -> pd.DataFrame:
    """Factor models by group, from :func:`continuum.survey.factor_models`: sizes of groups as in Table 1."""
    modeled = table["respondents"].notna()
    gone = table["group"].isin(unshown(survey, by, protect)) | ~modeled
    shown = protect(
        table.assign(_gone=gone), counts=["respondents"], by="group", within=["scale"], also={"_gone": True}
    )
    return shown.assign(respondents=shown["respondents"].where(modeled, pd.NA)).drop(columns="_gone")


def protected_invariance(table: pd.DataFrame, survey: SurveyData, by: str, protect: Protect) -> pd.DataFrame:
    """Steps of invariance: how many were modeled, unless that tells the size of a group that Table 1 hides."""
    modeled = table["respondents"].notna()
    gone = modeled & bool(unshown(survey, by, protect))
    known = table.assign(_gone=gone, **{c: table[c].fillna(0) for c in ("respondents", "everyone")})
    shown = protect(known, counts=["respondents"], size="everyone", also={"_gone": True})
    return shown.assign(respondents=shown["respondents"].where(modeled, pd.NA)).drop(columns="_gone")


def _hidden(column: pd.Series) -> pd.Series:
    return column.map(lambda value: isinstance(value, str)).astype(bool)
