"""Multiple-response questions: options as columns of ticks, or several answers in one cell."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import BadInput
from .items import Item
from .levels import spelling
from .raw_survey import RawSurvey
from .typed_answers import Typed, boolean_answers, note_unknown

_YES = frozenset(("1", "yes", "true", "y", "x", "checked", "selected", "on", "ja", "oui", "si"))
_NO = frozenset(("0", "no", "false", "n", "unchecked", "not selected", "off", "nein", "non"))


def ticks(survey: RawSurvey, item: Item, cells: pd.Series, problems: list[BadInput]) -> Typed:
    """An option of a multiple response: ticked, not ticked, or blank (which the question as a whole decides)."""
    values = list(cells.cat.categories)
    labels = survey.columns[item.column].choices
    own = {spelling(text) for text in (item.text, *item.values, *item.values.values())}
    said = {value: {spelling(value), spelling(labels.get(value, value))} for value in values}
    said |= {value: {spelling(labels[value])} for value in values if value in labels and len(labels) > 1}
    ticked = {value for value in values if said[value] & (own | _YES)}
    denied = {value for value in values if said[value] & (_NO - own)} - ticked
    plain = [value for value in values if value not in ticked | denied and value not in item.missing]
    if len(plain) == 1 and not ticked:
        ticked = {plain[0]}  # the column's only answer: the option's own text, or its recode
    elif plain:
        note_unknown(survey, item, cells, plain, problems)
    is_tick = np.array([v in ticked for v in values] + [False])
    is_stated = np.array([v in ticked or v in denied for v in values] + [False])
    stored = cells.cat.codes.to_numpy()
    return boolean_answers(is_tick[stored], is_stated[stored], cells.index)


def share_status(items: Sequence[Item], typed: dict[str, Typed]) -> None:
    """Give all options of a question one status: it is answered if any was ticked, and then blanks are "no".

    This is the base of its percentages.
    """
    groups: dict[str, list[str]] = {}
    for item in items:
        if item.kind == "multiple":
            groups.setdefault(item.set_id or item.item_id, []).append(item.item_id)
    for members in groups.values():
        ticked = np.column_stack([typed[m].answers.fillna(False).to_numpy(dtype=bool) for m in members])
        answered: np.ndarray = np.logical_or.reduce(ticked, axis=1)
        for place, member in enumerate(members):
            typed[member] = boolean_answers(ticked[:, place], answered, typed[member].answers.index)


def split_options(survey: RawSurvey, item: Item, problems: list[BadInput]) -> list[tuple[Item, Typed]]:
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
            note_unknown(survey, item, cells, [value], problems)
        chosen.append(set(parts or ()))
    stored = cells.cat.codes.to_numpy()
    answered = np.array([bool(c) for c in chosen] + [False])[stored]
    options: list[tuple[Item, Typed]] = []
    for label in dict.fromkeys(known.values()):
        ticks = np.array([label in c for c in chosen] + [False])[stored]
        option = _option_item(item, label, taken={other.item_id for other, _ in options})
        options.append((option, boolean_answers(ticks, answered, cells.index)))
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


def _option_item(item: Item, label: str, *, taken: set[str]) -> Item:
    slug = re.sub(r"\W+", "_", label.strip()).strip("_").lower()[:40] or "option"
    names = (f"{item.item_id}__{slug}{suffix}" for suffix in ("", *(f"_{n}" for n in range(2, len(taken) + 3))))
    return Item(
        next(name for name in names if name not in taken),
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
