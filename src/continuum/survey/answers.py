"""What the statistics read from a survey: one item's answers as codes, its status, and respondents in groups."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput, NotCollected
from ..ingest.tables import ANSWER_STATUS, RESPONDENT_COLUMNS, SurveyData

#: Status codes of :data:`continuum.ingest.tables.ANSWER_STATUS`.
ANSWERED, DONT_KNOW, NOT_APPLICABLE, NOT_ANSWERED, NOT_ASKED = range(len(ANSWER_STATUS))
#: Code of an answer that is no level: missing for whatever reason.
NO_ANSWER = -1


@dataclass(frozen=True)
class Item:
    """One question of a survey as the codebook describes it."""

    item_id: str
    text: str
    kind: str
    levels: tuple[str, ...]
    set_id: str
    block: str
    question: str
    scale_id: str
    reverse: bool
    formative: bool
    neutral: str | None
    top: int
    exploitation: str
    none_option: bool

    @property
    def top_levels(self) -> tuple[str, ...]:
        """The levels that count as the upper end of the scale, lowest first."""
        return self.levels[-self.top :] if self.levels else ()


@dataclass(frozen=True)
class Groups:
    """Respondents in groups: ``codes`` (n,) index the rows of ``names``; -1 where a grouping answer is missing."""

    codes: np.ndarray
    names: pd.DataFrame

    def __len__(self) -> int:
        return len(self.names)

    def labels(self) -> list[str]:
        """One name per group, the parts of a crossed group joined by a slash."""
        if not len(self.names.columns):
            return ["all"]
        return [" / ".join(str(part) for part in row) for row in self.names.itertuples(index=False)]


def item_of(survey: SurveyData, item_id: str) -> Item:
    """The codebook entry of one item.

    Raises
    ------
    BadInput
        If there is no such item, with the nearest name.
    """
    return items_of(survey, [item_id])[0]


def items_of(survey: SurveyData, names: str | Iterable[str]) -> list[Item]:
    """Codebook entries by item, item set or scale; a set or scale stands for its items in the order of the codebook.

    Parameters
    ----------
    survey : SurveyData
    names : str or iterable of str
        ``item_id``, ``set_id`` or ``scale_id`` values, or respondent columns such as ``"state"``, which count as a
        single choice; each item is listed once.

    Raises
    ------
    BadInput
        If a name is none of these, with the nearest one, or a named column occurs twice in the answers.
    """
    # As lists: to search a table and take rows from it for every name costs far more.
    book = {str(column): survey.items[column].tolist() for column in survey.items}
    places = {column: _places(book[column]) for column in ("item_id", "set_id", "scale_id") if column in book}
    found: dict[str, None] = {}
    for name in [names] if isinstance(names, str) else names:
        hits = next((at[name] for at in places.values() if name in at), None)
        if hits is not None:
            found.update(dict.fromkeys(book["item_id"][place] for place in hits))
        elif name in survey.answers and name in RESPONDENT_COLUMNS:
            found[name] = None
        else:
            raise _unknown(survey, name)
    own = places["item_id"]
    answered = survey.answers.columns
    twice = {*answered[answered.duplicated()], *(i for i in found if len(own.get(i, ())) > 1)}
    return [
        _item({column: values[own[i][0]] for column, values in book.items()}, survey, i in twice)
        if i in own
        else _respondent_item(survey, i)
        for i in found
    ]


def _places(values: list[object]) -> dict[object, list[int]]:
    """Where each value is."""
    places: dict[object, list[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(value, []).append(place)
    return places


def _respondent_item(survey: SurveyData, column: str) -> Item:
    """A respondent column such as the state, taken as a single choice."""
    _, names = _grouping(survey, column)
    return Item(column, column, "single", tuple(names), "", "", "", "", False, False, None, 1, "", False)


def _item(row: dict[str, Any], survey: SurveyData, repeated: bool) -> Item:
    item_id = str(row["item_id"])
    if repeated:
        raise BadInput(
            f"the item {item_id!r} is there more than once",
            file=survey.report.source or None,
            place=f"column {item_id}",
            fix="rename or remove one of the columns of that name",
        )
    levels = row["levels"] if isinstance(row["levels"], list | tuple) else []
    return Item(
        item_id, _text(row["text"]) or item_id, _text(row["kind"]), tuple(str(level) for level in levels),
        _text(row.get("set_id")), _text(row.get("block")), _text(row.get("question")), _text(row.get("scale_id")),
        _flag(row.get("reverse")), _flag(row.get("formative")), _text(row.get("neutral")) or None,
        int(row["top"]) if pd.notna(row.get("top")) else 2, _text(row.get("exploitation")),
        _flag(row.get("none_option")),
    )  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)) else str(value)


def _flag(value: object) -> bool:
    return bool(value) and _text(value) != ""


def _unknown(survey: SurveyData, name: str) -> BadInput:
    known = [str(v) for c in ("item_id", "set_id", "scale_id") if c in survey.items for v in survey.items[c].dropna()]
    near = difflib.get_close_matches(str(name), known, n=1)
    fix = f"did you mean {near[0]!r}?" if near else f"items: {', '.join(known[:12])} ..."
    return BadInput(f"there is no survey item or item set {name!r}", file=survey.report.source or None, fix=fix)


def item_codes(survey: SurveyData, item: Item) -> np.ndarray:
    """Answers to one item as positions of its levels.

    Returns
    -------
    ndarray of int16, shape (n,)
        0 .. len(levels) - 1, options of a multiple response 0 and 1, :data:`NO_ANSWER` where there is no answer.

    Raises
    ------
    BadInput
        If an answer is not a level of the codebook, naming row, column and the nearest level; or if a scale has no
        levels in the codebook, because their order is never guessed.
    """
    column = survey.answers[item.item_id]
    if item.kind == "multiple":
        return column.astype("boolean").astype("Int8").fillna(NO_ANSWER).to_numpy(dtype="int16")
    if item.kind not in {"single", "scale"}:
        raise BadInput(f"{item.item_id!r} is a {item.kind} item and has no levels", place=f"column {item.item_id}")
    if not item.levels:
        raise BadInput(
            f"the codebook holds no levels for {item.item_id!r}, and their order is not guessed from the answers",
            place=f"column {item.item_id}",
            fix="list the levels in order under survey: scales: in study.yaml",
        )
    if isinstance(column.dtype, pd.CategoricalDtype) and tuple(map(str, column.cat.categories)) == item.levels:
        return column.cat.codes.to_numpy(dtype="int16")
    positions = {level: i for i, level in enumerate(item.levels)}
    codes = column.astype("object").map(positions)
    stray = column.notna() & codes.isna()
    if stray.any():
        raise _stray_level(survey, item, column, int(np.flatnonzero(stray.to_numpy())[0]))
    return codes.fillna(NO_ANSWER).to_numpy(dtype="int16")


def _stray_level(survey: SurveyData, item: Item, column: pd.Series, row: int) -> BadInput:
    value = str(column.iloc[row])
    folded = {" ".join(level.split()).casefold(): level for level in item.levels}
    near = folded.get(" ".join(value.split()).casefold())
    if near is None:
        near = next(iter(difflib.get_close_matches(value, item.levels, n=1)), None)
    fix = f"did you mean {near!r}?" if near else f"levels: {', '.join(item.levels)}"
    return BadInput(
        f"{value!r} is not a level of the codebook",
        file=survey.report.source or None,
        place=f"row {row + 1}, column {item.item_id}",
        fix=fix,
    )


def item_numbers(survey: SurveyData, item: Item) -> np.ndarray:
    """Answers as numbers, NaN where missing: values of a number item, level positions from 1 of a scale."""
    if item.kind == "number":
        return pd.to_numeric(survey.answers[item.item_id], errors="raise").to_numpy(dtype=float, na_value=np.nan)
    codes = item_codes(survey, item)
    return np.where(codes == NO_ANSWER, np.nan, codes + (0 if item.kind == "multiple" else 1.0))


def item_status(survey: SurveyData, item: Item) -> np.ndarray:
    """What became of one item for each respondent, as codes of ``ANSWER_STATUS`` (n,)."""
    if item.item_id not in survey.status:
        return np.where(survey.answers[item.item_id].notna(), ANSWERED, NOT_ANSWERED)
    return survey.status[item.item_id].cat.codes.to_numpy()


def groups_of(survey: SurveyData, by: str | Sequence[str] | None) -> Groups:
    """Respondents grouped by one column, by several crossed, or all together.

    Parameters
    ----------
    survey : SurveyData
    by : str, sequence of str or None
        Respondent columns such as ``"sector"``, or single-choice or scale items.

    Raises
    ------
    BadInput
        If a column is not there or is not one that groups respondents.
    """
    columns = [] if by is None else [by] if isinstance(by, str) else list(by)
    if not columns:
        return Groups(np.zeros(len(survey.answers), dtype=np.intp), pd.DataFrame(index=[0]))
    parts = [_grouping(survey, column) for column in columns]
    sizes = [len(names) for _, names in parts]
    codes = np.zeros(len(survey.answers), dtype=np.intp)
    missing = np.zeros(len(survey.answers), dtype=bool)
    for (part, _), size in zip(parts, sizes, strict=True):
        missing |= part < 0
        codes = codes * size + part
    names = pd.MultiIndex.from_product([names for _, names in parts], names=columns).to_frame(index=False)
    codes[missing] = -1
    filled = np.bincount(codes[~missing], minlength=len(names)) > 0
    position = np.where(filled, np.cumsum(filled) - 1, -1)
    return Groups(np.where(missing, -1, position[codes]), names[filled].reset_index(drop=True))


def _grouping(survey: SurveyData, column: str) -> tuple[np.ndarray, list[str]]:
    if column in RESPONDENT_COLUMNS and column not in survey.answers:
        raise NotCollected(
            f"respondents' {column} was not collected, or study.yaml does not say which column holds it",
            f"name the column under survey: columns: {column}:",
        )
    if column not in survey.answers:
        known = [c for c in survey.answers if c in RESPONDENT_COLUMNS[1:]] + list(survey.items["item_id"])
        near = difflib.get_close_matches(column, [str(k) for k in known], n=1)
        raise BadInput(
            f"there is no column {column!r} to group respondents by",
            file=survey.report.source or None,
            fix=f"did you mean {near[0]!r}?" if near else f"columns: {', '.join(str(k) for k in known[:12])}",
        )
    if column in set(survey.items["item_id"]):
        item = item_of(survey, column)
        names = ["not chosen", "chosen"] if item.kind == "multiple" else list(item.levels)
        return item_codes(survey, item).astype(np.intp), names
    values = survey.answers[column]
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("category")
    return values.cat.codes.to_numpy(dtype=np.intp), [str(name) for name in values.cat.categories]
