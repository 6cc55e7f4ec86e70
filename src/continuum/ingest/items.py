"""What kind of item each survey column is: single, multiple response, ordered scale, number or open text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from .levels import is_dont_know, is_not_applicable, known_order, neutral_level, numbered, spelling
from .raw_survey import Column, RawSurvey, question_of

#: More distinct answers than this and a column of text is open-ended, a column of numbers a measurement.
MOST_LEVELS = 12
#: So many different answers, most of them given once, are not looked at one by one.
MOST_LOOKED_AT = 10_000


@dataclass
class Item:
    """One item: the column it is read from and the meaning of that column's values.

    Attributes
    ----------
    values : dict
        Stored value -> level, don't-know or not-applicable text; values that are not here stand for themselves.
    reason : str
        Why it was typed so, for the person who confirms the proposal.
    """

    item_id: str
    column: str
    kind: str
    text: str = ""
    levels: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    dont_know: list[str] = field(default_factory=list)
    not_applicable: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    set_id: str = ""
    block: str = ""
    question: str = ""
    scale_id: str = ""
    reverse: bool = False
    formative: bool = False
    neutral: str | None = None
    top: int = 2
    exploitation: str = ""
    none_option: bool = False
    skip_rule: str = ""
    asked_if: dict[str, list[str]] = field(default_factory=dict)
    separator: str = ""
    looped: bool | None = None
    range: tuple[float, float] | None = None
    import_id: str = ""
    reason: str = ""


def guess_items(survey: RawSurvey) -> list[Item]:
    """A typed item for every answer column of an export, from what the export itself says.

    Declared kinds and value labels come first; then the shape of the answers. Levels of answers without a codebook
    are those observed, which the item's ``reason`` says.
    """
    columns = [c for c in survey.columns.values() if c.role in ("answer", "embedded")]
    options = _option_sets(survey, columns)
    items = []
    for column in columns:
        if column.key in options:
            items.append(_option(survey, column, options[column.key]))
        else:
            items.append(_guess(survey, column, columns))
    _complete_scales(survey, items)
    _tell_equal_texts_apart(items)
    return items


def _complete_scales(survey: RawSurvey, items: list[Item]) -> None:
    """Items of one question share their levels: what one item's answers lack, another's may hold."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        order = known_order(item.levels) if item.kind == "scale" else None
        if order and not survey.columns[item.column].choices:
            groups.setdefault((question_of(survey.columns[item.column]), order[0]), []).append(item)
    for members in groups.values():
        by_spelling = {spelling(level): level for item in members for level in item.levels}
        shared = known_order(by_spelling.values())
        for item in members:
            item.levels = list(shared[1]) if shared else item.levels
            item.dont_know = list(dict.fromkeys(text for m in members for text in m.dont_know))
            item.not_applicable = list(dict.fromkeys(text for m in members for text in m.not_applicable))
            item.neutral = neutral_level(item.levels)


def _option_sets(survey: RawSurvey, columns: list[Column]) -> dict[str, str]:
    """Columns that are options of multiple-response questions, with the name of their question."""
    groups: dict[str, list[Column]] = {}
    for column in columns:
        declared = column.kind == "multiple" and not column.separator
        if declared or (not column.kind and _is_tick_box(survey.cells[column.key], column)):
            groups.setdefault(question_of(column), []).append(column)
    sets: dict[str, str] = {}
    for name, members in groups.items():
        whole = [c for c in columns if question_of(c) == name and c.kind != "open"]
        declared = any(member.kind == "multiple" or len(member.choices) == 1 for member in members)
        if declared or (len(members) == len(whole) > 1 and _differ_or_mark(survey, members)):
            names = {set_name(member, name) for member in members}
            sets.update({member.key: names.copy().pop() if len(names) == 1 else name for member in members})
    return sets


def _differ_or_mark(survey: RawSurvey, members: list[Column]) -> bool:
    """Options hold a check mark each, or each its own text; the same text in several columns is an answer."""
    answers = [text for member in members for text in survey.cells[member.key].cat.categories]
    texts = [text for text in answers if spelling(text) not in {"1", "0", "-1", "true", "false"}]
    return len(set(texts)) == len(texts)


def _is_tick_box(cells: pd.Series, column: Column) -> bool:
    """At most one distinct answer, which is the option's only label or a check mark."""
    answers = list(cells.cat.categories)
    if len(column.choices) == 1:
        return set(answers) <= set(column.choices) | set(column.choices.values())
    if column.choices or not re.search(r"[_./-]", column.import_id or column.key):
        return False
    if re.search(r"___|/", column.key):  # REDCap, Kobo: one column per option, with 0 and 1
        return {spelling(answer) for answer in answers} <= {"0", "1", "true", "false"}
    if len(answers) > 1:
        return False
    if not answers or answers[0] in {"1", "0", "-1"} or spelling(answers[0]) == spelling(column.text):
        return True
    return column.key[-1].isdigit() and bool(cells.isna().any())  # the option's text, which no header repeats


def _option(survey: RawSurvey, column: Column, question: str) -> Item:
    label = next(iter(column.choices.values()), "")
    if not label and column.text == column.key:
        label = next((text for text in survey.cells[column.key].cat.categories if not is_number(text)), "")
    stem = column.question
    text = column.text
    if label and text.endswith(label):
        stem, text = stem or text.removesuffix(label).strip(" -"), label
    none_option = column.none_option or bool(re.match(r"none\b|nothing\b", spelling(text)))
    return Item(
        column.key,
        column.key,
        "multiple",
        text=label or text,
        values=dict.fromkeys([*column.choices, label], "yes") if label else _recode_in_name(column),
        missing=list(column.missing),
        set_id=question,
        question=stem,
        none_option=none_option,
        skip_rule=column.skip_rule,
        asked_if=dict(column.asked_if),
        import_id=column.import_id,
        reason="at most one answer per column: options of one question with several answers",
    )


def _recode_in_name(column: Column) -> dict[str, str]:
    """Insights exports name a check box by its recode value: cells of ``Q12_3_-1`` and ``Q12_1_0`` hold -1 and 0."""
    match = re.search(r"_(-\d+|0)(?: \(\d+\))?$", column.key)
    return {match[1]: "yes"} if match and column.import_id else {}


def set_name(column: Column, question: str) -> str:
    """A readable name for the question of a column: the part of its name that the question's columns share."""
    if not column.question_id:
        return question
    tail = column.import_id.removeprefix(column.question_id)
    parts = len(re.findall(r"[-_]", tail)) if tail else 0
    name = column.key
    for _ in range(parts if question == column.question_id else min(parts, 1)):
        name = re.sub(r"_-?[^_]+$", "", name)
    return name or question


def _guess(survey: RawSurvey, column: Column, columns: list[Column]) -> Item:
    cells = survey.cells[column.key]
    item = Item(
        column.key,
        column.key,
        column.kind,
        text=column.text,
        missing=list(column.missing),
        question=column.question,
        skip_rule=column.skip_rule,
        asked_if=dict(column.asked_if),
        separator=column.separator,
        import_id=column.import_id,
    )
    answers = [value for value in cells.cat.categories if value not in item.missing]
    if column.kind in ("open", "number"):
        item.reason = f"the export declares it {column.kind}"
    elif column.kind == "multiple":
        item.levels, item.values = list(dict.fromkeys(column.choices.values())), dict(column.choices)
        item.reason = "the export declares several answers in one column"
    elif column.choices:
        _from_labels(item, column, answers, columns)
    elif not answers:
        item.kind, item.reason = "open", "nobody answered it"
    elif all(is_number(value) for value in answers):
        _from_numbers(item, answers)
    else:
        _from_texts(item, cells, answers)
    return item


def _from_labels(item: Item, column: Column, answers: list[str], columns: list[Column]) -> None:
    known = set(column.choices) | set(column.choices.values())
    unknown = [value for value in answers if value not in known]
    if unknown and all(is_number(value) for value in answers) and len(answers) > MOST_LEVELS:
        item.kind, item.reason = "number", "most of its values carry no label"
        return
    item.values = dict(column.choices)
    for value, label in column.choices.items():
        if is_dont_know(label):
            item.dont_know.append(label)
        elif is_not_applicable(label):
            item.not_applicable.append(label)
        elif value not in column.missing:
            item.levels.append(label)
    item.levels = list(dict.fromkeys([*item.levels, *unknown]))
    same = sum(list(c.choices.values()) == list(column.choices.values()) for c in columns)
    order = known_order(item.levels)
    if item.kind == "single":
        item.reason = "the export declares one answer"
    if order or numbered(item.levels):
        item.kind, item.reason = "scale", f"its labels are an ordered scale ({order[0] if order else 'numbered'})"
        item.levels = order[1] if order else item.levels
    elif len(item.levels) > 3 and same > 2:
        item.kind, item.reason = (
            "scale",
            f"{same} columns share these {len(item.levels)} labels; check that they are ordered",
        )
    elif not item.kind:
        item.kind, item.reason = "single", "labels without an order"
    if item.kind == "scale":
        item.neutral = neutral_level(item.levels)


def _from_numbers(item: Item, answers: list[str]) -> None:
    whole = all(re.fullmatch(r"[+-]?\d+", value) for value in answers)
    if whole and len(answers) <= MOST_LEVELS:
        item.kind, item.reason = "single", "few whole numbers without labels: codes? name their scale, or kind: number"
        item.levels = sorted(answers, key=float)
    else:
        item.kind, item.reason = "number", "numbers without labels"


def _from_texts(item: Item, cells: pd.Series, answers: list[str]) -> None:
    if len(answers) > MOST_LOOKED_AT and 2 * len(answers) > cells.notna().sum():
        item.kind, item.reason = "open", "nearly every answer is another one"
        return
    plain = {value for value in answers if not is_dont_know(value) and not is_not_applicable(value)}
    levels = {spelling(value): value.strip() for value in sorted(plain, reverse=True)}
    order = known_order(levels.values())
    if order:
        item.kind, item.levels = "scale", order[1]
        item.reason = f"its answers are an ordered scale ({order[0]}); add levels that nobody chose"
        item.neutral = neutral_level(item.levels)
    elif (parts := separated(answers)) and len(parts) <= MOST_LEVELS * 2:
        item.kind, item.separator, item.levels = "multiple", ",", parts
        item.reason = "several answers in one cell, separated by commas"
    elif len(levels) <= MOST_LEVELS and (cells.notna().sum() >= 2 * len(levels)):
        item.kind, item.levels = "single", sorted(levels.values())
        item.reason = "few different answers; levels as observed"
    else:
        item.kind, item.reason = "open", "many different answers"
        return
    item.dont_know = [value.strip() for value in answers if is_dont_know(value)]
    item.not_applicable = [v.strip() for v in answers if is_not_applicable(v) and not is_dont_know(v)]


def separated(answers: Iterable[str], separator: str = ",") -> list[str]:
    """The options behind answers such as ``"1,3,4"``; empty unless at least two of them occur alone or elsewhere."""
    answers = list(answers)
    joined = [value for value in answers if separator in value]
    parts = list(dict.fromkeys(part.strip() for value in answers for part in value.split(separator)))
    if not joined or len(parts) >= len(answers) or any(len(part) > 60 for part in parts):
        return []
    return sorted(parts, key=lambda part: (0, float(part), "") if is_number(part) else (1, 0.0, part))


def is_number(text: str) -> bool:
    """Whether a cell is a plain number (no units, no exponent words such as ``nan``)."""
    return bool(re.fullmatch(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", text))


def _tell_equal_texts_apart(items: list[Item]) -> None:
    """Where an export cut its labels to one text for several items, their names tell them apart."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        groups.setdefault((item.question, item.text), []).append(item)
    for (_, text), members in groups.items():
        if len(members) > 1:
            for item in members:
                item.question, item.text = item.question or text, item.item_id
