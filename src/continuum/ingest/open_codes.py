"""Codes that people gave to open-ended answers: one row per respondent, question, code and coder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import BadInput, NotCollected
from ..study import Study
from .personal import pseudonyms

COLUMNS = ("respondent_id", "question_id", "code_id", "coder_id")


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
    try:
        table = pd.read_csv(path, dtype="str", encoding="utf-8-sig", skipinitialspace=True)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadInput(f"not a CSV in UTF-8 ({error})", file=path, fix="export it again as CSV UTF-8") from None
    lacking = [name for name in COLUMNS if name not in table]
    if lacking:
        raise BadInput(f"there is no column {lacking[0]!r}", file=path, fix=f"columns: {', '.join(COLUMNS)}")
    table = table[list(COLUMNS)].apply(lambda column: column.str.strip().replace("", pd.NA))
    for name in ("respondent_id", "question_id", "coder_id"):
        blank = table.index[table[name].isna()]
        if len(blank):
            raise BadInput(f"{len(blank)} rows have no {name}", file=path, place=f"row {blank[0] + 2}, column {name}")
    return table
