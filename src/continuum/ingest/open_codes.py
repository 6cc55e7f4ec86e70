"""What was made of open-ended answers elsewhere: codes that people gave them, and vectors that place them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import BadInput, NotCollected
from ..study import Study
from .personal import pseudonyms

COLUMNS = ("respondent_id", "question_id", "code_id", "coder_id")
#: Columns of a table of vectors beside its dimensions.
KEYS = ("respondent_id", "question_id")


def load_open_codes(study: Study) -> pd.DataFrame:
    """The codes that ``study.yaml`` names under ``survey: open_codes:``.

    Returns
    -------
    DataFrame
        ``respondent_id`` (the pseudonyms of the survey), ``question_id``, ``code_id`` (missing where the coder found
        the answer not codable) and ``coder_id``.

    Raises
    ------
    NotCollected
        If the study has none.
    BadInput
        For a missing column or an empty respondent, question or coder.
    """
    spec = study.survey
    if spec is None or spec.open_codes is None:
        raise NotCollected(
            "The open-ended answers of this study have not been coded.",
            "code them with two people and name the CSV under survey: open_codes: in study.yaml",
        )
    codes = read_open_codes(study.path(spec.open_codes))
    if "respondent_id" in spec.columns:
        codes["respondent_id"] = pseudonyms(codes["respondent_id"], study.study)
    return codes


def read_open_codes(path: Path) -> pd.DataFrame:
    """Read the CSV; further columns are left out."""
    table = _read(path, COLUMNS)[list(COLUMNS)].apply(lambda column: column.str.strip().replace("", pd.NA))
    _refuse_blanks(table, ("respondent_id", "question_id", "coder_id"), path)
    return table


def load_answer_vectors(study: Study) -> pd.DataFrame | None:
    """Embeddings of open answers that ``study.yaml`` names under ``survey: answer_vectors:``; nothing is downloaded.

    Returns
    -------
    DataFrame or None
        ``respondent_id`` (the pseudonyms of the survey), ``question_id`` and one column per dimension; None if the
        study names no file.

    Raises
    ------
    BadInput
        For a missing column, an empty or repeated answer, or a cell that is not a number.
    """
    spec = study.survey
    if spec is None or spec.answer_vectors is None:
        return None
    path = study.path(spec.answer_vectors)
    table = _read(path, KEYS)
    _refuse_blanks(table, KEYS, path)
    repeated = table.index[table.duplicated(list(KEYS))]
    if len(repeated):
        raise BadInput("two rows are of the same answer", file=path, place=f"row {repeated[0] + 2}", fix="keep one")
    numbers = table.drop(columns=list(KEYS)).apply(pd.to_numeric, errors="coerce")
    if numbers.empty or not len(numbers.columns):
        raise BadInput("there are no vectors", file=path, fix="add one column per dimension")
    wrong = numbers.isna()
    if wrong.to_numpy().any():
        row, column = (int(place[0]) for place in wrong.to_numpy().nonzero())
        raise BadInput(
            f"{table[numbers.columns[column]].iloc[row]!r} is not a number", file=path,
            place=f"row {row + 2}, column {numbers.columns[column]}",
        )  # fmt: skip
    keys = table[list(KEYS)].copy()
    if "respondent_id" in spec.columns:
        keys["respondent_id"] = pseudonyms(keys["respondent_id"], study.study)
    return pd.concat([keys, numbers], axis=1)


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype="str", encoding="utf-8-sig", skipinitialspace=True)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadInput(f"not a CSV in UTF-8 ({error})", file=path, fix="export it again as CSV UTF-8") from None
    lacking = [name for name in columns if name not in table]
    if lacking:
        raise BadInput(f"there is no column {lacking[0]!r}", file=path, fix=f"columns: {', '.join(columns)}")
    return table


def _refuse_blanks(table: pd.DataFrame, columns: tuple[str, ...], path: Path) -> None:
    for name in columns:
        blank = table.index[table[name].isna()]
        if len(blank):
            raise BadInput(f"{len(blank)} rows have no {name}", file=path, place=f"row {blank[0] + 2}, column {name}")
