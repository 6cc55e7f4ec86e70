"""Which items a question is about, and a refusal where a survey did not ask them."""

from __future__ import annotations

from ..errors import NotCollected
from ..ingest.tables import SurveyData
from .answers import Item, items_of


def block_items(survey: SurveyData, *blocks: str) -> list[str]:
    """``item_id`` of the scale items of these blocks, in the order of the codebook; of all blocks if none is named.

    Raises
    ------
    NotCollected
        If the survey has none.
    """
    table = survey.items
    wanted = table["kind"].eq("scale") & table["item_id"].isin(survey.answers.columns)
    if blocks:
        wanted &= table["block"].isin(blocks)
    found = list(table.loc[wanted, "item_id"])
    if not found:
        named = f" of the block {' or '.join(blocks)}" if blocks else ""
        raise NotCollected(
            f"This survey has no scale items{named}.",
            "declare them under survey: items: in study.yaml, with kind: scale and their block",
        )
    return found


def set_names(survey: SurveyData, kind: str, block: str | None = None) -> list[str]:
    """Item sets of one kind (and block), in the order of the codebook."""
    rows = survey.items[survey.items["kind"] == kind]
    if block is not None:
        rows = rows[rows["block"] == block]
    return [str(name) for name in dict.fromkeys(rows["set_id"]) if name]


def first_set(survey: SurveyData, kind: str, chosen: str = "") -> list[Item]:
    """The items of the set named ``chosen``, or of the first set of this kind.

    Raises
    ------
    NotCollected
        If the survey has no such set.
    """
    names = [chosen] if chosen else set_names(survey, kind)
    if not names:
        raise NotCollected(
            f"This survey has no set of {kind} items.", f"declare one under survey: items: with kind: {kind}"
        )
    return items_of(survey, names[0])


def first_set_name(survey: SurveyData, kind: str, chosen: str = "") -> str:
    """Name of the set :func:`first_set` takes."""
    return first_set(survey, kind, chosen)[0].set_id


def present(survey: SurveyData, columns: list[str]) -> list[str]:
    """Those of ``columns`` that the survey has.

    Raises
    ------
    NotCollected
        If it has none of them.
    """
    there = [column for column in columns if column in survey.answers]
    return there or [require_column(survey, columns[0])]


def bar_items(survey: SurveyData, chosen: str = "") -> list[str]:
    """Items for Likert bars: the set named ``chosen``, or the blocks micro and macro, or the first set of several.

    Raises
    ------
    NotCollected
        If the survey has no scale items.
    """
    if chosen:
        return [item.item_id for item in items_of(survey, chosen)]
    table = survey.items
    factors = list(table.loc[table["kind"].eq("scale") & table["block"].isin(["micro", "macro"]), "item_id"])
    if factors:
        items = items_of(survey, factors)
    else:
        sets = [items_of(survey, name) for name in set_names(survey, "scale")]
        items = next((found for found in sets if len(found) > 1), []) or first_set(survey, "scale")
    # Bars of one display share their levels.
    return [item.item_id for item in items if item.levels == items[0].levels]


def column_or_none(survey: SurveyData, column: str) -> str | None:
    """``column`` if the survey has it: a table that can also stand without groups."""
    return column if column in survey.answers else None


def require_column(survey: SurveyData, column: str) -> str:
    """``column``, if respondents can be grouped by it.

    Raises
    ------
    NotCollected
        If the survey has no such column.
    """
    if column not in survey.answers:
        raise NotCollected(
            f"This survey does not say which {column} a respondent belongs to.",
            f"name the export's column under survey: columns: {column}: in study.yaml",
        )
    return column


def other_grouping(survey: SurveyData, by: str) -> str:
    """The column to group respondents by beside ``by``: the first of sector, state and site that is another one.

    Raises
    ------
    NotCollected
        If the survey has no second one.
    """
    for column in ("sector", "state", "site"):
        if column != by and column in survey.answers:
            return column
    raise NotCollected(
        f"Beside {by}, this survey says of no sector, state or site which respondents belong to it.",
        "name their columns under survey: columns: in study.yaml",
    )
