"""From cells and typed items to the tables of :class:`~continuum.ingest.tables.SurveyData`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import BadInput, ManyProblems
from .cells import rows_where
from .items import Item, is_number
from .levels import spelling
from .multiple_response import share_status, split_options, ticks
from .personal import pseudonyms
from .plausibility import note_numbers, note_unanswered
from .raw_survey import RawSurvey
from .tables import ANSWER_STATUS, ITEM_COLUMNS, STATUS_TYPE, answer_status
from .typed_answers import Typed, note_unknown


def type_items(survey: RawSurvey, items: Sequence[Item]) -> tuple[list[Item], dict[str, Typed]]:
    """Typed answers and their status for each item; columns with several answers in one cell become options.

    Returns
    -------
    list of Item
        The items, with one item per option in place of each delimited column.
    dict
        ``Typed`` by item id.

    Raises
    ------
    ManyProblems
        Every answer that is no level of its item, with row, column and nearest level (up to 20 are shown).
    """
    problems: list[BadInput] = []
    flat: list[Item] = []
    typed: dict[str, Typed] = {}
    for item in items:
        if item.kind == "multiple" and item.separator:
            options = split_options(survey, item, problems)
            flat += [option for option, _ in options]
            typed.update({option.item_id: answers for option, answers in options})
        else:
            flat.append(item)
            typed[item.item_id] = _type_column(survey, item, problems)
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    _note_set_apart(survey, items)
    share_status(flat, typed)
    note_unanswered(survey, flat, typed)
    _apply_asked_if(survey, flat, typed)
    return flat, typed


def _note_set_apart(survey: RawSurvey, items: Sequence[Item]) -> None:
    """List the answers that are no points of a scale, with the number of items that have each."""
    counts = Counter(text for item in items for text in {*item.dont_know, *item.not_applicable})
    if counts:
        shown = ", ".join(f"{text!r} ({count} items)" for text, count in sorted(counts.items()))
        survey.report.guesses["answers set apart from the levels"] = shown


def _type_column(survey: RawSurvey, item: Item, problems: list[BadInput]) -> Typed:
    cells = survey.cells[item.column]
    if item.kind == "number":
        return _numbers(survey, item, cells, problems)
    if item.kind == "open":
        answers = cells.astype("str")
        return Typed(answers, answer_status(answers.notna()))
    if item.kind == "multiple":
        return ticks(survey, item, cells, problems)
    return _levels(survey, item, cells, problems)


def _lookup(item: Item, values: Sequence[str]) -> dict[str, str]:
    """Level, don't-know or not-applicable text of each stored value; "" where it is declared missing."""
    known = [*item.levels, *item.dont_know, *item.not_applicable]
    by_spelling = {spelling(text): text for text in reversed(known)}
    coded = {spelling(value): text for value, text in item.values.items()}
    missing = {spelling(value) for value in item.missing}
    lookup = {}
    for value in values:
        plain = spelling(value)
        text = coded.get(plain, value)
        if text in known:
            lookup[value] = text
        elif spelling(text) in by_spelling:
            lookup[value] = by_spelling[spelling(text)]
        elif plain in missing or spelling(text) in missing:
            lookup[value] = ""
    return lookup


def _levels(survey: RawSurvey, item: Item, cells: pd.Series, problems: list[BadInput]) -> Typed:
    values = list(cells.cat.categories)
    lookup = _lookup(item, values)
    note_unknown(survey, item, cells, [value for value in values if value not in lookup], problems)
    _note_repairs(survey, item, cells, lookup)
    position = {level: i for i, level in enumerate(item.levels)}
    codes = np.array([position.get(lookup.get(value, ""), -1) for value in values] + [-1])
    kinds = np.array([_kind(item, lookup.get(value, "")) for value in values] + [3], dtype="int8")
    stored = cells.cat.codes.to_numpy()
    answers = pd.Categorical.from_codes(
        codes[stored], categories=pd.Index(item.levels, dtype="str"), ordered=item.kind == "scale"
    )
    status = pd.Categorical.from_codes(kinds[stored], dtype=STATUS_TYPE)
    return Typed(pd.Series(answers, index=cells.index), pd.Series(status, index=cells.index))


def _kind(item: Item, text: str) -> int:
    if not text:
        return ANSWER_STATUS.index("not_answered")
    if text in item.levels:
        return ANSWER_STATUS.index("answered")
    return ANSWER_STATUS.index("dont_know" if text in item.dont_know else "not_applicable")


def _note_repairs(survey: RawSurvey, item: Item, cells: pd.Series, lookup: dict[str, str]) -> None:
    """Report levels that differed from the codebook only by blanks, case or typographic quotes."""
    exact = {*item.levels, *item.dont_know, *item.not_applicable, *item.values, *item.missing}
    repaired = [value for value, text in lookup.items() if text and value not in exact]
    if repaired:
        mask = cells.isin(repaired).to_numpy()
        survey.report.warnings.append(
            f"column {item.column}: {mask.sum()} answers differ from a level only by blanks, case or quotes "
            f"({', '.join(map(repr, repaired[:3]))}; {rows_where(mask, survey.rows)}); read as that level"
        )


def _numbers(survey: RawSurvey, item: Item, cells: pd.Series, problems: list[BadInput]) -> Typed:
    values = list(cells.cat.categories)
    special = {spelling(text) for text in (*item.dont_know, *item.not_applicable, *item.missing)}
    coded = {spelling(value): spelling(text) for value, text in item.values.items()}
    status = np.full(len(values) + 1, ANSWER_STATUS.index("not_answered"), dtype="int8")
    numbers = np.full(len(values) + 1, np.nan)
    wrong = []
    for place, value in enumerate(values):
        text = coded.get(spelling(value), spelling(value))
        if text in special or spelling(value) in special:
            kinds = {spelling(t): "dont_know" for t in item.dont_know}
            kinds |= {spelling(t): "not_applicable" for t in item.not_applicable}
            status[place] = ANSWER_STATUS.index(kinds.get(text, "not_answered"))
        elif is_number(value):
            numbers[place], status[place] = float(value), ANSWER_STATUS.index("answered")
        else:
            wrong.append(value)
    if wrong and all(re.fullmatch(r"[+-]?\d+,\d+", value) for value in wrong) and not _thousands(wrong):
        for value in wrong:
            place = values.index(value)
            numbers[place], status[place] = float(value.replace(",", ".")), ANSWER_STATUS.index("answered")
        survey.report.warnings.append(f"column {item.column}: decimal commas are read as decimal points")
        wrong = []
    for value in wrong:
        mask = (cells == value).to_numpy()
        problems.append(
            BadInput(
                f"{value!r} is not a number",
                file=survey.file,
                place=f"{rows_where(mask, survey.rows)}, column {item.column}",
                fix="correct the cell, add the value to na_values, or give the column another kind in study.yaml",
            )
        )
    stored = cells.cat.codes.to_numpy()
    note_numbers(survey, item, numbers[stored])
    return Typed(
        pd.Series(numbers[stored], index=cells.index),
        pd.Series(pd.Categorical.from_codes(status[stored], dtype=STATUS_TYPE), index=cells.index),
    )


def _thousands(values: Sequence[str]) -> bool:
    """Whether commas may stand for thousands: "1,250" is a number either way, and which one is not for us to say."""
    return all(re.fullmatch(r"[+-]?\d{1,3},\d{3}", value) for value in values)


def _apply_asked_if(survey: RawSurvey, items: Sequence[Item], typed: dict[str, Typed]) -> None:
    """Blanks of an item that was not shown are "not asked"; an answer to it stays an answer, and is reported."""
    for item in items:
        if not item.asked_if:
            continue
        shown = np.ones(len(survey.cells), dtype=bool)
        for column, values in item.asked_if.items():
            shown &= has_any(survey, column, values)
        entry = typed[item.item_id]
        given = (entry.status != "not_answered").to_numpy()
        if (given & ~shown).any():
            survey.report.warnings.append(
                f"column {item.column}: {(given & ~shown).sum()} answers although the question was not to be asked "
                f"({rows_where(given & ~shown, survey.rows)}); kept"
            )
        status = entry.status.copy()
        status[~given & ~shown] = "not_asked"
        typed[item.item_id] = Typed(entry.answers, status)


def has_any(survey: RawSurvey, column: str, values: Sequence[str]) -> np.ndarray:
    """Where a column holds one of ``values`` (stored values or their labels; ``""`` stands for a blank)."""
    source = survey.columns[column]
    wanted = {spelling(str(value)) for value in values}
    wanted |= {spelling(code) for code, label in source.choices.items() if spelling(label) in wanted}
    hits = [value for value in survey.cells[column].cat.categories if spelling(value) in wanted]
    found = survey.cells[column].isin(hits).to_numpy()
    return found | survey.cells[column].isna().to_numpy() if "" in wanted else found


def items_table(items: Sequence[Item]) -> pd.DataFrame:
    """The items as the table of ``SurveyData.items``; ``import_id`` and ``column`` follow the contract's columns."""
    columns = [*ITEM_COLUMNS, "import_id", "column"]
    rows = [[getattr(item, name) for name in columns] for item in items]
    return pd.DataFrame(rows, columns=pd.Index(columns))


def respondent_ids(survey: RawSurvey, column: str | None, key: str) -> pd.Series:
    """Pseudonyms of the respondents: of an id column, or of the content of each row where there is none.

    Raises
    ------
    BadInput
        If the id column has blanks.
    """
    if column is None:
        content = pd.util.hash_pandas_object(survey.cells.astype("str"), index=False, hash_key=_hash_key(key))
        again = content.groupby(content).cumcount()
        return pd.Series([f"r{h:016x}" + (f"-{n}" if n else "") for h, n in zip(content, again, strict=True)])
    cells = survey.cells[column]
    blank = cells.isna().to_numpy()
    if blank.any():
        raise BadInput(
            f"{blank.sum()} respondents have no {column}",
            file=survey.file,
            place=rows_where(blank, survey.rows),
            fix="fill the cells in, or leave respondent_id out of columns: in study.yaml if each row is one person",
        )
    names = np.array(pseudonyms(cells.cat.categories.tolist(), key), dtype=object)
    return pd.Series(names[cells.cat.codes.to_numpy()], index=cells.index, dtype="str")


def _hash_key(key: str) -> str:
    return (pseudonyms([f"key {key}"], key)[0])[-16:]
