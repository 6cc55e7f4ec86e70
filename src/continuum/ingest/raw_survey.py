"""A survey export as read, before its columns are typed: what every reader of a survey format hands over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from .cells import rows_where
from .levels import spelling
from .personal import is_personal, screen
from .tables import ImportReport

Role = Literal["answer", "embedded", "system", "id"]


@dataclass
class Column:
    """What an export says about one of its columns.

    Attributes
    ----------
    key : str
        The column's unique name here: its header, with ``(2)``, ``(3)`` appended where a header repeats.
    text : str
        Question text or label, on one line.
    question : str
        The stem that the columns of one question share ("" if the export does not separate it).
    import_id : str
        The format's own identifier of the column (Qualtrics: ``QID6-4``), equal across exports of one survey.
    question_id : str
        Its part that names the question (``QID6``).
    role : str
        ``answer`` to a question, ``embedded`` data, ``system`` (dates, status) or the respondent's ``id``.
    kind : str
        The kind of item the format declares, or "".
    choices : dict
        Stored value -> label, in the order of the questionnaire; empty if the format has none.
    missing : list of str
        Stored values that the format declares missing (SPSS user-missing values).
    """

    key: str
    text: str = ""
    question: str = ""
    import_id: str = ""
    question_id: str = ""
    role: Role = "answer"
    kind: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    none_option: bool = False
    separator: str = ""
    skip_rule: str = ""
    asked_if: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class RawSurvey:
    """Columns of text with what is known about them.

    Attributes
    ----------
    cells : DataFrame
        One Categorical of str per column, named by ``Column.key``.
    columns : dict
        ``Column`` by key, in the order of the file.
    rows : ndarray of int
        Row number of each record in its file, for messages.
    """

    file: str
    cells: pd.DataFrame
    columns: dict[str, Column]
    rows: np.ndarray
    report: ImportReport

    def drop(self, keys: list[str]) -> None:
        """Remove columns."""
        self.cells = self.cells.drop(columns=keys)
        for key in keys:
            del self.columns[key]

    def keep_rows(self, keep: np.ndarray) -> None:
        """Keep only the rows where ``keep`` is true."""
        if not keep.all():
            self.cells = self.cells[keep].reset_index(drop=True)
            self.rows = self.rows[keep]

    def drop_personal(self, *, mapped: frozenset[str] = frozenset(), named: frozenset[str] = frozenset()) -> None:
        """Drop columns that identify a person, and report their names.

        Parameters
        ----------
        mapped : frozenset of str
            Columns the study maps to an id or a group; they are kept.
        named : frozenset of str
            Columns the study names as items: only a certain identifier is dropped, not one suspected by its name.
        """
        doomed = []
        for column in self.columns.values():
            if column.key in mapped or column.role == "id":
                continue
            certain_only = column.key in named or (column.role == "answer" and "QID" in column.import_id)
            if is_personal(column.key, label=column.text, import_id=column.import_id, question=certain_only):
                doomed.append(column.key)
        self.drop(doomed)
        self.report.personal_columns_dropped += len(doomed)
        if doomed:
            self.report.skipped.append(f"identifying columns: {', '.join(doomed)}")

    def blank(self, values: Iterable[str]) -> None:
        """Make cells that are declared missing blank; nothing else is, whatever it looks like."""
        declared = {spelling(value) for value in values}
        for key in self.columns if declared else ():
            cells = self.cells[key]
            keep = [text for text in cells.cat.categories if spelling(text) not in declared]
            if len(keep) < len(cells.cat.categories):
                self.cells[key] = cells.cat.set_categories(keep)

    def screen_free_text(self, *, masked: bool) -> None:
        """Count e-mail addresses, phone numbers and IP addresses in the cells, and mask them if asked."""
        for key, column in self.columns.items():
            if column.role in ("id", "system"):
                continue
            texts = pd.Series(self.cells[key].cat.categories, dtype="str")
            clean, counts = screen(texts)
            if not counts:
                continue
            hit = self.cells[key].isin(texts[texts != clean]).to_numpy()
            found = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
            where = rows_where(hit, self.rows)
            if masked:
                names = dict(zip(texts, clean, strict=True))
                self.cells[key] = self.cells[key].map(names).astype("str").astype("category")
            action = "masked" if masked else "kept; set mask_text: true under survey: options: to mask them"
            self.report.warnings.append(f"column {key}: its text holds {found} ({where}; {action})")


def question_of(column: Column) -> str:
    """The question a column belongs to: its import id without the choice, or its name without the last part."""
    if column.question_id:
        match = re.match(rf"{re.escape(column.question_id)}[-_](\w+)-\w+$", column.import_id)
        return f"{column.question_id}-{match[1]}" if match else column.question_id
    mark = "___" if "___" in column.key else "/"  # REDCap; Kobo
    question, found, option = column.key.rpartition(mark)
    if found and not re.search(r"_\d+$", option):
        return question
    match = re.match(r"(?P<question>.+)[_./][^_./]+?(?P<repeat> \(\d+\))?$", column.key)
    return match["question"] + (match["repeat"] or "") if match else column.key


def unique_keys(names: list[str]) -> list[str]:
    """Headers made unique: the second ``question_one`` becomes ``question_one (2)``."""
    seen: dict[str, int] = {}
    keys = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        keys.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return keys


def one_line(text: str) -> str:
    """A label without line ends, double blanks and no-break spaces."""
    return " ".join(text.replace("\xa0", " ").split())
