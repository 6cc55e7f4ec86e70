"""Qualtrics questionnaires (.qsf): full question texts, choices with their recodes, skip and display logic."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import BadInput
from .raw_survey import one_line
from .safe import decode, read_bytes, shown

_SEVERAL_ANSWERS = {"MAVR", "MAHR", "MACOL", "MSB"}


@dataclass
class Question:
    """One question, or one column of a side-by-side question.

    Attributes
    ----------
    question_id : str
        ``QID6``, or ``QID6#2`` for the second column of a side-by-side question.
    form : str
        ``one`` (one answer), ``several``, ``matrix-one``, ``matrix-several``, ``number``, ``text`` or ``none``.
    choices : dict
        Choice (or statement of a matrix) id -> label, in the order of the questionnaire.
    answers : dict
        Scale point id -> label of a matrix.
    recodes : dict
        Choice or scale point id -> value in the export.
    tags : dict
        Statement id -> its own name in the export.
    """

    question_id: str
    tag: str
    text: str
    form: str
    choices: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    recodes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    exclusive: set[str] = field(default_factory=set)
    skip_rule: str = ""
    shown_if: list[tuple[str, str]] = field(default_factory=list)
    skipped_if: list[tuple[str, str]] = field(default_factory=list)

    def recode(self, choice: str) -> str:
        """The value the export holds for a choice."""
        return self.recodes.get(choice, choice)


@dataclass
class Questionnaire:
    """The questions of a survey in the order they were asked, and those that were deleted."""

    file: str
    questions: dict[str, Question]
    deleted: list[str]


def read_qsf(path: Path) -> Questionnaire:
    """Read a questionnaire.

    Raises
    ------
    BadInput
        If it is not JSON (with line and column) or not a Qualtrics questionnaire.
    """
    text = decode(read_bytes(path), shown(path)).text
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        place = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else None
        what = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise BadInput(
            f"is not valid JSON ({what})", file=shown(path), place=place, fix="export the .qsf again from Qualtrics"
        ) from None
    elements = content.get("SurveyElements") if isinstance(content, dict) else None
    if not isinstance(elements, list):
        raise BadInput("holds no SurveyElements", file=shown(path), fix="export the survey from Qualtrics as .qsf")
    questions: dict[str, Question] = {}
    blocks: list[dict[str, Any]] = []
    for element in elements:
        payload = element.get("Payload") if isinstance(element, dict) else None
        if payload and element.get("Element") == "SQ":
            for question in _questions(payload):
                questions[question.question_id] = question
        elif payload and element.get("Element") == "BL":
            blocks = [block for block in _values(payload) if isinstance(block, dict)]
    if not questions:
        raise BadInput("holds no questions", file=shown(path), fix="export the survey from Qualtrics as .qsf")
    order, deleted = _order(blocks, questions)
    return Questionnaire(shown(path), {name: questions[name] for name in order}, deleted)


def _questions(payload: dict[str, Any]) -> list[Question]:
    question_id, tag = str(payload.get("QuestionID", "")), str(payload.get("DataExportTag", ""))
    stem = plain_text(str(payload.get("QuestionText", "")))
    rule, shown_if = _display_logic(payload.get("DisplayLogic"))
    if payload.get("QuestionType") == "SBS":
        parts = []
        for number, part in _pairs(payload.get("AdditionalQuestions")):
            question = _question(part, f"{question_id}#{number}", f"{tag}#{number}")
            question.text = f"{stem} - {question.text}" if question.text else stem
            question.choices = question.choices or _labels(payload, "Choices", "ChoiceOrder")
            question.skip_rule, question.shown_if = rule, list(shown_if)
            parts.append(question)
        return parts
    question = _question(payload, question_id, tag)
    question.skip_rule, question.shown_if = rule, shown_if
    return [question]


def _question(payload: dict[str, Any], question_id: str, tag: str) -> Question:
    exclusive = {
        key
        for key, choice in _pairs(payload.get("Choices"))
        if isinstance(choice, dict) and choice.get("ExclusiveAnswer")
    }
    return Question(
        question_id,
        tag,
        plain_text(str(payload.get("QuestionText", ""))),
        _form(payload),
        choices=_labels(payload, "Choices", "ChoiceOrder"),
        answers=_labels(payload, "Answers", "AnswerOrder"),
        recodes={key: str(value) for key, value in _pairs(payload.get("RecodeValues"))},
        tags={key: str(value) for key, value in _pairs(payload.get("ChoiceDataExportTags")) if value},
        exclusive=exclusive,
    )


def _form(payload: dict[str, Any]) -> str:
    kind, selector, sub = (str(payload.get(key) or "") for key in ("QuestionType", "Selector", "SubSelector"))
    if kind == "MC":
        return "several" if selector in _SEVERAL_ANSWERS else "one"
    if kind == "Matrix":
        if selector in ("TE", "CS"):
            return "matrix-text" if selector == "TE" else "matrix-number"
        return "matrix-several" if sub == "MultipleAnswer" else "matrix-one"
    if kind == "TE":
        content = _mapping(_mapping(_mapping(payload.get("Validation")).get("Settings"))).get("ContentType")
        return "number" if content == "ValidNumber" else "text"
    if kind in ("Slider", "CS", "RO"):
        return "matrix-number"
    return {"DB": "none"}.get(kind, "text")


def _labels(payload: dict[str, Any], what: str, order: str) -> dict[str, str]:
    """Id -> label, in the order of the questionnaire; choices that the order leaves out were deleted."""
    labels = {
        key: plain_text(str(choice.get("Display", ""))) if isinstance(choice, dict) else plain_text(str(choice))
        for key, choice in _pairs(payload.get(what))
    }
    places = [str(key) for key in _values(payload.get(order))]
    return {key: labels[key] for key in places if key in labels} or labels


def _order(blocks: list[dict[str, Any]], questions: dict[str, Question]) -> tuple[list[str], list[str]]:
    """Questions in the order of the blocks, and those in the trash; skip logic is noted on what it skips."""
    order: list[str] = []
    deleted: list[str] = []  # by question, so a side-by-side question counts once
    for block in blocks:
        names = []
        for element in _values(block.get("BlockElements")):
            if isinstance(element, dict) and element.get("Type") == "Question":
                own = str(element.get("QuestionID"))
                names.append((own, _values(element.get("SkipLogic"))))
        own_parts = [
            (part, logic) for name, logic in names for part in questions if part == name or part.startswith(f"{name}#")
        ]
        if block.get("Type") == "Trash":
            deleted += [name for name, _ in names]
            continue
        for place, (_, logic) in enumerate(own_parts):
            for rule in logic:
                _note_skip(rule, [part for part, _ in own_parts[place + 1 :]], questions)
        order += [part for part, _ in own_parts]
    return (order or [name for name in questions if name.split("#")[0] not in deleted]), deleted


def _note_skip(rule: Any, later: list[str], questions: dict[str, Question]) -> None:
    """Questions of the block after the one with the rule, up to the rule's destination, are not shown."""
    if not isinstance(rule, dict):
        return
    target = re.match(r"q://(QID\d+)/SelectableChoice/(\w+)$", str(rule.get("Locator", "")))
    destination = str(rule.get("SkipToDestination", ""))
    for name in later:
        if name.split("#")[0] == destination:
            break
        question = questions[name]
        text = plain_text(str(rule.get("Description", "")))
        question.skip_rule = "; ".join(part for part in (question.skip_rule, text) if part)
        if target and rule.get("Condition") == "Selected" and destination:
            question.skipped_if.append((target[1], target[2]))


def _display_logic(logic: Any) -> tuple[str, list[tuple[str, str]]]:
    """Display logic in words, and its conditions where it only asks for one of some selected choices."""
    texts: list[str] = []
    conditions: list[tuple[str, str]] = []
    simple = True
    for expression in _expressions(logic):
        texts.append(plain_text(str(expression.get("Description", ""))))
        target = re.match(r"q://(QID\d+)/SelectableChoice/(\w+)$", str(expression.get("LeftOperand", "")))
        if target and expression.get("Operator") == "Selected" and expression.get("Conjuction") != "And":
            conditions.append((target[1], target[2]))
        else:
            simple = False
    same = len({question for question, _ in conditions}) == 1
    return " ".join(texts), conditions if simple and same else []


def _expressions(logic: Any) -> list[dict[str, Any]]:
    if not isinstance(logic, dict):
        return []
    if logic.get("Type") == "Expression":
        return [logic]
    return [found for key, part in logic.items() if str(key).isdigit() for found in _expressions(part)]


def _pairs(value: Any) -> list[tuple[str, Any]]:
    """Entries of an object; Qualtrics writes empty objects as ``[]`` and some as arrays."""
    if isinstance(value, dict):
        return [(str(key), entry) for key, entry in value.items()]
    return [(str(i), entry) for i, entry in enumerate(value) if entry] if isinstance(value, list) else []


def _values(value: Any) -> list[Any]:
    """Elements of an array, or of an object keyed by number, in order."""
    if isinstance(value, dict):
        return [
            value[key] for key in sorted(value, key=lambda k: (not str(k).isdigit(), int(k) if str(k).isdigit() else 0))
        ]
    return list(value) if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def plain_text(markup: str) -> str:
    """HTML of a question on one line of text."""
    without = re.sub(r"<(script|style)\b.*?</\1\s*>|</?[a-zA-Z!][^>]*>", " ", markup, flags=re.S | re.I)
    return re.sub(r" ([.,;:?!])", r"\1", one_line(html.unescape(without)))
