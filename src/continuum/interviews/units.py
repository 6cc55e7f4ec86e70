"""What two coders are compared on: interviews, or stretches of text that at least one of them coded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadInput, TooFewInterviews
from ..ingest.tables import CodedInterviews
from .coded import as_coded, check, code_names, headings, places


@dataclass(frozen=True)
class RatedUnits:
    """Units that two or more coders had before them, and who gave which code.

    Attributes
    ----------
    units : DataFrame
        One row per unit: interview_id, start, end (NaN for whole interviews), segment_ids.
    coders : list of str
    codes : list of str
    rated : array of bool, shape (units, coders)
        Whether the coder coded the interview of the unit.
    given : array of int, shape (codings, 3)
        Places of unit, coder and code, once for each code that a coder gave to a unit; sorted. Most codes are not
        given to most units, so what was not given is not stored.
    """

    units: pd.DataFrame
    coders: list[str]
    codes: list[str]
    rated: NDArray[np.bool_]
    given: NDArray[np.int64]

    def cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Unit and code of each pair that some coder gave, and by whom: shapes (cells,), (cells,), (cells, coders)."""
        key = self.given[:, 0] * len(self.codes) + self.given[:, 2]
        cell, place = np.unique(key, return_inverse=True)
        by = np.zeros((len(cell), len(self.coders)), dtype=bool)
        by[place, self.given[:, 1]] = True
        return cell // len(self.codes), cell % len(self.codes), by


def rated_units(
    data: CodedInterviews | pd.DataFrame, kind: str = "interview", *, assigned: pd.DataFrame | None = None
) -> RatedUnits:
    """Units of the interviews that two or more coders coded.

    Parameters
    ----------
    data : CodedInterviews or DataFrame of codings
    kind : {"interview", "segment"}
        Whole interviews, or stretches of text made of overlapping segments of any coder; text that nobody coded is
        no unit, because it would swamp the coefficient.
    assigned : DataFrame, optional
        interview_id and coder_id of every interview a coder read. Without it a coder has read the interviews in
        which he or she coded something.

    Raises
    ------
    TooFewInterviews
        If there is one coder, or no interview that two coders coded.
    BadInput
        If ``kind`` does not exist, or segments have no positions.
    """
    coded = as_coded(data)
    check(coded, "optional")
    codings = coded.codings[coded.codings["coder_id"].fillna("").astype(str) != ""]
    read = codings if assigned is None else assigned
    read = read[["interview_id", "coder_id"]].drop_duplicates()
    coders = sorted(read["coder_id"].astype(str).unique())
    if len(coders) < 2:
        raise TooFewInterviews(
            f"Agreement needs two coders; these codings name {len(coders)}.",
            "have at least ten interviews coded by a second person, independently",
        )
    double = read.groupby("interview_id")["coder_id"].nunique()
    order = [i for i in coded.interviews["interview_id"] if double.get(i, 0) >= 2]
    if not order:
        raise TooFewInterviews("No interview was coded by two coders.", "have the same interviews coded twice")
    codings = codings[codings["interview_id"].isin(order)]
    if kind == "interview":
        units, unit_of = _whole_interviews(codings, order)
    elif kind == "segment":
        units, unit_of = _stretches(codings, order)
    else:
        raise BadInput(f"there is no unit {kind!r}", fix="use 'interview' or 'segment'")
    grouping = set(headings(coded))
    codes = [code for code in coded.codebook["code_id"] if code not in grouping]
    return _filled(units, unit_of, codings, read, coders, codes)


def disagreements(data: CodedInterviews | pd.DataFrame, kind: str = "segment") -> pd.DataFrame:
    """Who coded what where, and who did not: for the team's next meeting, never for publication.

    Parameters
    ----------
    data : CodedInterviews or DataFrame of codings
    kind : {"segment", "interview"}

    Returns
    -------
    DataFrame
        One row per unit and code that some coders gave and others did not: interview_id, start, end, code_id, name,
        coded_by, not_coded_by, text.
    """
    coded = as_coded(data)
    found = rated_units(coded, kind)
    unit, code, by = found.cells()
    not_by = found.rated[unit] & ~by
    differ = not_by.any(axis=1)
    names = code_names(coded)
    where = found.units.iloc[unit[differ]]
    table = where[["interview_id", "start", "end"]].reset_index(drop=True)
    table["code_id"] = [found.codes[k] for k in code[differ]]
    table["name"] = table["code_id"].map(names)
    for column, who in (("coded_by", by[differ]), ("not_coded_by", not_by[differ])):
        table[column] = [", ".join(k for k, yes in zip(found.coders, row, strict=True) if yes) for row in who]
    texts = coded.codings.drop_duplicates("segment_id").set_index("segment_id")["text"].to_dict()
    table["text"] = [_longest(texts, segments) for segments in where["segment_ids"]]
    return table


def _longest(texts: dict[object, object], segments: tuple[str, ...]) -> str:
    found = [texts.get(segment) for segment in segments]
    return max((text for text in found if isinstance(text, str)), key=len, default="")


def _whole_interviews(codings: pd.DataFrame, order: list[str]) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    units = pd.DataFrame({"interview_id": order, "start": np.nan, "end": np.nan, "segment_ids": [()] * len(order)})
    return units, places(codings["interview_id"], order)


def _stretches(codings: pd.DataFrame, order: list[str]) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Segments joined wherever they overlap; each joined stretch is one unit."""
    place = pd.DataFrame({
        "interview": places(codings["interview_id"], order),
        "start": pd.to_numeric(codings["start"]).to_numpy(float),
        "end": pd.to_numeric(codings["end"]).to_numpy(float),
        "segment": codings["segment_id"].to_numpy(),
        "row": np.arange(len(codings)),
    })  # fmt: skip
    if place[["start", "end"]].isna().any(axis=None):
        raise BadInput(
            "segments without positions cannot be matched between coders",
            fix="compare whole interviews (units='interview'), or export a project file that holds positions",
        )
    place = place.sort_values(["interview", "start", "end"], kind="stable")
    # Adding each interview's own offset lets one running maximum serve all interviews.
    span = place["end"].max() + 1
    start, end = place["start"] + span * place["interview"], place["end"] + span * place["interview"]
    reach = np.maximum.accumulate(end.to_numpy())
    new = np.r_[True, start.to_numpy()[1:] >= reach[:-1]]
    place["unit"] = np.cumsum(new) - 1
    grouped = place.groupby("unit")
    units = pd.DataFrame({
        "interview_id": np.array(order, dtype=object)[grouped["interview"].first()],
        "start": grouped["start"].min(),
        "end": grouped["end"].max(),
        "segment_ids": [tuple(dict.fromkeys(segments)) for _, segments in grouped["segment"]],
    })  # fmt: skip
    return units.reset_index(drop=True), place.sort_values("row")["unit"].to_numpy()


def _filled(
    units: pd.DataFrame,
    unit_of: NDArray[np.intp],
    codings: pd.DataFrame,
    read: pd.DataFrame,
    coders: list[str],
    codes: list[str],
) -> RatedUnits:
    places_of = np.column_stack([
        unit_of,
        places(codings["coder_id"].astype(str), coders),
        places(codings["code_id"], codes),
    ]).astype(np.int64)  # fmt: skip
    had = read.assign(yes=True).pivot_table(index="interview_id", columns="coder_id", values="yes", aggfunc="any")
    had = had.reindex(columns=coders).notna()
    rated = had.loc[units["interview_id"]].to_numpy(bool)
    return RatedUnits(units, coders, codes, rated, np.unique(places_of, axis=0))
