"""From cells and typed items to the tables of :class:`~continuum.ingest.tables.SurveyData`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadInput, ManyProblems
from .cells import rows_where
from .items import Item, is_number
from .levels import nearest, spelling
from .personal import pseudonyms
from .raw_survey import RawSurvey
from .tables import ANSWER_STATUS, ITEM_COLUMNS, STATUS_TYPE

_YES = frozenset(("1", "yes", "true", "y", "x", "checked", "selected", "on", "ja", "oui", "si"))
_NO = frozenset(("0", "no", "false", "n", "unchecked", "not selected", "off", "nein", "non"))


@dataclass
class Typed:
    """One column of answers and its status, before repeated respondents are joined."""

    answers: pd.Series
    status: pd.Series


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
            options = _split_options(survey, item, problems)
            flat += [option for option, _ in options]
            typed.update({option.item_id: answers for option, answers in options})
        else:
            flat.append(item)
            typed[item.item_id] = _type_column(survey, item, problems)
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    _note_set_apart(survey, items)
    _options_share_status(flat, typed)
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
        return Typed(answers, _status(answers.notna()))
    if item.kind == "multiple":
        return _ticks(survey, item, cells, problems)
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
        if spelling(text) in by_spelling:
            lookup[value] = by_spelling[spelling(text)]
        elif plain in missing or spelling(text) in missing:
            lookup[value] = ""
    return lookup


def _levels(survey: RawSurvey, item: Item, cells: pd.Series, problems: list[BadInput]) -> Typed:
    values = list(cells.cat.categories)
    lookup = _lookup(item, values)
    _note_unknown(survey, item, cells, [value for value in values if value not in lookup], problems)
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


def _note_unknown(
    survey: RawSurvey, item: Item, cells: pd.Series, unknown: list[str], problems: list[BadInput]
) -> None:
    for value in unknown:
        mask = (cells == value).to_numpy()
        if not mask.any():
            continue
        scale = f"scale {item.scale_id}" if item.scale_id else f"item {item.item_id}"
        problems.append(
            BadInput(
                f"{value!r} is not a level of {scale} ({nearest(value, [*item.levels, *item.dont_know])})",
                file=survey.file,
                place=f"{rows_where(mask, survey.rows)}, column {item.column}",
                fix="add it to levels, dont_know, not_applicable or codes of the scale in study.yaml, or to na_values",
            )
        )


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


def _ticks(survey: RawSurvey, item: Item, cells: pd.Series, problems: list[BadInput]) -> Typed:
    """An option of a multiple response: ticked, not ticked, or blank (which the question as a whole decides)."""
    values = list(cells.cat.categories)
    own = {spelling(text) for text in (item.text, *item.values, *item.values.values())}
    no = _NO - own
    ticked = {value for value in values if spelling(value) in own or spelling(value) in _YES}
    plain = [value for value in values if value not in ticked and spelling(value) not in no]
    plain = [value for value in plain if value not in item.missing]
    if len(plain) == 1 and not ticked:
        ticked = {plain[0]}  # the column's only answer: the option's own text, or its recode
    elif plain:
        _note_unknown(survey, item, cells, plain, problems)
    is_tick = np.array([v in ticked for v in values] + [False])
    is_stated = np.array([v in ticked or spelling(v) in no for v in values] + [False])
    stored = cells.cat.codes.to_numpy()
    return _boolean(is_tick[stored], is_stated[stored], cells.index)


def _boolean(ticked: np.ndarray, answered: np.ndarray, index: pd.Index) -> Typed:
    answers = pd.Series(pd.arrays.BooleanArray(ticked, ~answered), index=index)
    return Typed(answers, _status(pd.Series(answered, index=index)))


def _options_share_status(items: Sequence[Item], typed: dict[str, Typed]) -> None:
    """The base of a multiple response: a question is answered if any option was ticked; then blanks are "no"."""
    groups: dict[str, list[str]] = {}
    for item in items:
        if item.kind == "multiple":
            groups.setdefault(item.set_id or item.item_id, []).append(item.item_id)
    for members in groups.values():
        ticked = np.column_stack([typed[m].answers.fillna(False).to_numpy(dtype=bool) for m in members])
        answered: np.ndarray = np.logical_or.reduce(ticked, axis=1)
        for place, member in enumerate(members):
            typed[member] = _boolean(ticked[:, place], answered, typed[member].answers.index)


def _split_options(survey: RawSurvey, item: Item, problems: list[BadInput]) -> list[tuple[Item, Typed]]:
    """One column that holds several answers, as one boolean column per option."""
    cells = survey.cells[item.column]
    labels = {value: text for value, text in item.values.items()} or {level: level for level in item.levels}
    labels.update({level: level for level in item.levels if level not in labels.values()})
    known = {spelling(value): text for value, text in labels.items()}
    known.update({spelling(text): text for text in labels.values()})
    chosen: list[set[str]] = []
    for value in cells.cat.categories:
        parts = None if value in item.missing else match_options(value, item.separator, known)
        if parts is None and value not in item.missing:
            _note_unknown(survey, item, cells, [value], problems)
        chosen.append(set(parts or ()))
    stored = cells.cat.codes.to_numpy()
    answered = np.array([bool(c) for c in chosen] + [False])[stored]
    options = []
    for label in dict.fromkeys(known.values()):
        ticks = np.array([label in c for c in chosen] + [False])[stored]
        options.append((_option_item(item, label), _boolean(ticks, answered, cells.index)))
    return options


def match_options(value: str, separator: str, known: dict[str, str]) -> list[str] | None:
    """Options in one cell: longest known label first, from the left, with backtracking; None if none fits.

    Option labels may hold the separator themselves ("Legal aid, court support").

    Parameters
    ----------
    value : str
    separator : str
    known : dict
        ``spelling(label or code)`` -> label.
    """
    text = spelling(value)
    mark = separator.strip().casefold() or " "
    by_length = sorted((label for label in known if label), key=len, reverse=True)

    def rest(start: int) -> list[str] | None:
        while start < len(text) and text[start] in (" ", mark):
            start += 1
        if start >= len(text):
            return []
        for label in by_length:
            end = start + len(label)
            if text.startswith(label, start) and (
                end == len(text) or text[end:].lstrip().startswith(mark) or mark == text[end]
            ):
                tail = rest(end)
                if tail is not None:
                    return [known[label], *tail]
        return None

    return rest(0)


def _option_item(item: Item, label: str) -> Item:
    slug = re.sub(r"\W+", "_", label.strip()).strip("_").lower()[:40] or "option"
    return Item(
        f"{item.item_id}__{slug}",
        item.column,
        "multiple",
        text=label,
        set_id=item.set_id or item.item_id,
        block=item.block,
        question=item.question or item.text,
        formative=item.formative,
        exploitation=item.exploitation,
        none_option=bool(re.match(r"none\b|nothing\b", spelling(label))),
        skip_rule=item.skip_rule,
        asked_if=item.asked_if,
        looped=item.looped,
        import_id=item.import_id,
        reason=item.reason,
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
    return Typed(
        pd.Series(numbers[stored], index=cells.index),
        pd.Series(pd.Categorical.from_codes(status[stored], dtype=STATUS_TYPE), index=cells.index),
    )


def _status(answered: pd.Series) -> pd.Series:
    codes = np.where(
        answered.to_numpy(dtype=bool), ANSWER_STATUS.index("answered"), ANSWER_STATUS.index("not_answered")
    )
    return pd.Series(pd.Categorical.from_codes(codes.astype("int8"), dtype=STATUS_TYPE), index=answered.index)


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
