"""From a tool's codes to the study's words: area of risk, micro or macro level, level of the continuum."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ..errors import BadInput, CompendiumError, some
from .projects import LEVEL, raise_problems
from .tables import CodedInterviews


def map_codes(
    data: CodedInterviews,
    *,
    areas: Mapping[str, Sequence[str]],
    levels: Mapping[Any, Sequence[str]],
    continuum: Mapping[str, Sequence[str]],
    ignore: Sequence[str],
) -> CodedInterviews:
    """Give codes their area, level and place on the continuum, and leave out those to be ignored.

    Parameters
    ----------
    data : CodedInterviews
    areas, levels, continuum : mapping of value to code names or paths
        A code stands for itself and everything below it; what is said about a code below wins. A path has the names
        from the top, joined by `` > ``, ``/`` or ``\\``.
    ignore : sequence of code names or paths
        Codes that are not part of the analysis, with everything below them.

    Raises
    ------
    BadInput, ManyProblems
        For a name that is no code (with near names), the name of several codes (with their paths), or one code under
        two values.
    """
    lookup = Codes(data.codebook)
    codebook = data.codebook.copy()
    problems: list[CompendiumError] = []
    for column, mapping in (("area", areas), ("level", levels), ("continuum", continuum)):
        given: dict[str, str] = {}
        for value, names in mapping.items():
            for name in names:
                code = lookup.find(name, f"interviews.{_section(column)}.{value}", problems)
                if code is not None and given.setdefault(code, value) != value:
                    problems.append(
                        BadInput(
                            f"the code {name!r} stands under both {given[code]!r} and {value!r}",
                            file="study.yaml",
                            place=f"interviews.{_section(column)}",
                            fix="keep one of them",
                        )
                    )
        own = codebook[column] if column in codebook else [None] * len(codebook)
        codebook[column] = [
            lookup.inherited(code, given) or value for code, value in zip(codebook["code_id"], own, strict=True)
        ]
    dropped = {code for name in ignore if (code := lookup.find(name, "interviews.ignore_codes", problems)) is not None}
    raise_problems(problems)
    gone = {code for code in codebook["code_id"] if lookup.inherited(code, dict.fromkeys(dropped, "yes"))}
    codings = data.codings[~data.codings["code_id"].isin(gone)]
    if gone:
        data.report.skipped.append(
            f"{len(gone)} codes that study.yaml ignores, with {len(data.codings) - len(codings)} codings"
        )
    codebook = codebook[~codebook["code_id"].isin(gone)].reset_index(drop=True)
    _report_unmapped(codebook, codings, data.report.warnings, any_area=bool(areas))
    return replace(data, codebook=codebook, codings=codings.reset_index(drop=True))


class Codes:
    """Finds codes by name, path or identifier, whatever the case and the sign between levels."""

    def __init__(self, codebook: pd.DataFrame) -> None:
        self._parent = {
            code: parent if isinstance(parent, str) else None
            for code, parent in zip(codebook["code_id"], codebook["parent_id"], strict=True)
        }
        self._paths = dict(zip(codebook["code_id"], codebook["path"], strict=True))
        self._names: dict[str, list[str]] = {}
        for code, name, path in zip(codebook["code_id"], codebook["name"], codebook["path"], strict=True):
            steps = path.split(LEVEL)
            ways = {code, name, *(sign.join(steps) for sign in (LEVEL, "/", "\\", " / ", ">"))}
            for way in {_fold(way) for way in ways}:
                self._names.setdefault(way, []).append(code)

    def find(self, name: str, place: str, problems: list[CompendiumError], file: str = "study.yaml") -> str | None:
        """The code that ``name`` means; a problem is added where it is none or several."""
        found = self._names.get(_fold(name), [])
        exact = [code for code in found if _fold(self._paths[code]) == _fold(name)]
        if len(found) == 1 or len(exact) == 1:
            return (exact or found)[0]
        if found:
            readings = "; ".join(self._paths[code] for code in found)
            problems.append(
                BadInput(
                    f"{name!r} is the name of {len(found)} codes: {readings}",
                    file=file,
                    place=place,
                    fix="give the path",
                )
            )
            return None
        near = difflib.get_close_matches(_fold(name), self._names, n=1)
        hint = f"did you mean {self._paths[self._names[near[0]][0]]!r}?" if near else "compendium check lists the codes"
        problems.append(BadInput(f"{name!r} is not a code", file=file, place=place, fix=hint))
        return None

    def inherited(self, code: str, given: Mapping[str, str]) -> str | None:
        """What is said about a code or the nearest code above it."""
        step: str | None = code
        while step is not None:
            if step in given:
                return given[step]
            step = self._parent[step]
        return None


def _report_unmapped(codebook: pd.DataFrame, codings: pd.DataFrame, warnings: list[str], *, any_area: bool) -> None:
    used = codebook[codebook["code_id"].isin(set(codings["code_id"]))]
    if not any_area and used["area"].isna().all():
        if len(used):
            warnings.append(f"none of the {len(used)} codes in use has an area: map them under interviews: areas:")
        return
    for column in ("area", "level"):
        without = used.loc[used[column].isna(), "path"].tolist()
        if without:
            codes = "code" if len(without) == 1 else "codes"
            warnings.append(f"{len(without)} {codes} in use without {column}: {some(without, by='; ')}")


def _section(column: str) -> str:
    return {"area": "areas", "level": "levels"}.get(column, column)


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()
