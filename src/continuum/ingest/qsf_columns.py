"""Which question, statement and scale point of a Qualtrics questionnaire each column of an export belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .qsf import Question, Questionnaire, read_qsf
from .raw_survey import Column, RawSurvey


@dataclass(frozen=True)
class Place:
    """A column's place in the questionnaire; ``choice`` and ``answer`` are ids, ``text`` marks "other" fields."""

    question: Question
    choice: str = ""
    answer: str = ""
    text: bool = False

    @property
    def import_id(self) -> str:
        """The identifier that exports of one survey share, whatever their dialect."""
        parts = [self.question.question_id, self.choice, self.answer, "TEXT" if self.text else ""]
        return "-".join(part for part in parts if part)


def apply_qsf(survey: RawSurvey, path: Path) -> None:
    """Give the columns of a Qualtrics export the texts, choices and logic of its questionnaire.

    Columns are found by import id; where the export has none (legacy and edited files), by the names the
    questionnaire gives them, in its order. Columns it does not know are kept as they are, with a warning.
    """
    questionnaire = read_qsf(path)
    answers = [c for c in survey.columns.values() if c.role == "answer"]
    by_id = any(column.import_id for column in answers)
    places = _by_import_id(questionnaire, answers) if by_id else _by_name(questionnaire, answers)
    way = "import ids" if by_id else "column names"
    asked = {name.split("#")[0] for name in questionnaire.questions}
    survey.report.guesses["codebook"] = (
        f"{questionnaire.file}: {len(asked)} questions ({len(questionnaire.deleted)} more in the trash), "
        f"{len(places)} of {len(answers)} columns found by {way}"
    )
    unknown = [column.key for column in answers if column.key not in places]
    if unknown:
        survey.report.warnings.append(
            f"{len(unknown)} columns are not in {questionnaire.file} ({', '.join(unknown[:3])}): kept as they are"
        )
    sources = {place.question.question_id: key for key, place in places.items() if place.question.form == "one"}
    for key, place in places.items():
        _describe(survey.columns[key], place, questionnaire, sources)


def _by_import_id(questionnaire: Questionnaire, columns: list[Column]) -> dict[str, Place]:
    places = {}
    for column in columns:
        match = re.match(r"(?:\d+_)?(QID\d+(?:#\d+)?)(?:[-_](.*))?$", column.import_id)
        question = questionnaire.questions.get(match[1]) if match else None
        if not match or question is None:
            continue
        parts = [part for part in re.split(r"[-_]", match[2] or "") if part]
        text = bool(parts) and parts[-1] == "TEXT"
        ids = [part for part in parts if part != "TEXT"]
        choice, answer = (*ids, "", "")[:2]
        place = Place(question, choice, answer, text)
        if not ids or ids[0] in question.choices or question.form in ("text", "number"):
            places[column.key] = place
    return places


def _by_name(questionnaire: Questionnaire, columns: list[Column]) -> dict[str, Place]:
    """Columns by expected name, with choice ids or with recodes, whichever fits more of them; repeats in order."""
    best: dict[str, Place] = {}
    for recoded in (False, True):
        expected: dict[str, list[Place]] = {}
        for question in questionnaire.questions.values():
            for name, place in _expected_names(question, recoded=recoded):
                known = expected.setdefault(name, [])
                if place not in known:
                    known.append(place)
        found: dict[str, Place] = {}
        for column in columns:
            name, repeat = re.match(r"(.*?)(?: \((\d+)\))?$", column.key, re.S).groups()  # type: ignore[union-attr]
            candidates = expected.get(name, [])
            number = int(repeat or 1) - 1
            if number < len(candidates):
                found[column.key] = candidates[number]
        if len(found) > len(best):
            best = found
    return best


def _expected_names(question: Question, *, recoded: bool) -> Iterator[tuple[str, Place]]:
    """Every column name an export may give to a question, with its place."""
    tag = question.tag
    if not question.form.startswith("matrix"):
        yield tag, Place(question, text=question.form == "text")
        yield f"{tag}_TEXT", Place(question, text=True)
    for choice in question.choices:
        plain = question.recode(choice) if recoded and question.form == "several" else choice
        names = {f"{tag}_{plain}"}
        if choice in question.tags:
            names = {question.tags[choice], f"{tag}_{question.tags[choice]}", f"{tag}{question.tags[choice]}"}
        for name in sorted(names):
            yield f"{name}_TEXT", Place(question, choice, text=True)
            if question.form in ("several", "matrix-one", "matrix-text", "matrix-number"):
                yield name, Place(question, choice)
            for answer in question.answers if question.form == "matrix-several" else ():
                point = question.recode(answer) if recoded else answer
                yield f"{name}_{point}", Place(question, choice, answer)


def _describe(column: Column, place: Place, questionnaire: Questionnaire, sources: dict[str, str]) -> None:
    question = place.question
    column.import_id = place.import_id
    column.question_id = question.question_id
    column.skip_rule = question.skip_rule
    column.asked_if = _asked_if(question, questionnaire, sources)
    if place.text and question.form != "text":
        stem = question.choices.get(place.choice, question.text)
        column.text, column.question, column.kind, column.choices = f"{stem} (text)", question.text, "open", {}
    elif question.form == "one":
        column.text, column.question, column.kind = question.text, "", "single"
        column.choices = {question.recode(choice): label for choice, label in question.choices.items()}
    elif question.form == "several" and not place.choice:
        column.text, column.question, column.kind, column.separator = question.text, "", "multiple", ","
        column.choices = {question.recode(choice): label for choice, label in question.choices.items()}
    elif question.form in ("text", "number"):
        column.text, column.question = question.text, ""
        column.kind = {"text": "open"}.get(question.form, "number")
    else:
        _describe_part(column, place)


def _describe_part(column: Column, place: Place) -> None:
    """An option of a multiple response, or a statement of a matrix."""
    question = place.question
    statement = question.choices.get(place.choice, place.choice)
    column.question, column.text = question.text, statement
    if question.form == "several":
        column.kind, column.choices = "multiple", {question.recode(place.choice): statement}
        column.none_option = place.choice in question.exclusive
    elif question.form == "matrix-several":
        label = question.answers.get(place.answer, place.answer)
        column.kind, column.choices = "multiple", {question.recode(place.answer): label}
        column.question, column.text = f"{question.text} - {statement}", label
    elif question.form == "matrix-one":
        column.kind = "single"
        column.choices = {question.recode(answer): label for answer, label in question.answers.items()}
    else:
        column.kind = "open" if question.form == "matrix-text" else "number"


def _asked_if(question: Question, questionnaire: Questionnaire, sources: dict[str, str]) -> dict[str, list[str]]:
    """Display and skip logic as answers after which a question was shown, where they depend on one-answer questions."""
    asked: dict[str, list[str]] = {}
    for other, choice in question.shown_if:
        if other in sources:
            asked.setdefault(sources[other], []).append(questionnaire.questions[other].choices.get(choice, choice))
    for other, choice in question.skipped_if:
        if other in sources and not question.shown_if:
            labels = {k: v for k, v in questionnaire.questions[other].choices.items() if k != choice}
            known = asked.get(sources[other], ["", *labels.values()])
            asked[sources[other]] = [label for label in known if label == "" or label in labels.values()]
    return asked
