"""A study's coded interviews in its own vocabulary, and the section of study.yaml proposed for new exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import BadInput, CompendiumError, NotCollected, SyntheticAsUserData, some
from ..study import INTERVIEW_SECTORS, InterviewSpec, Study
from .attributes import CONSENT_VALUES, add_cases, map_attributes
from .code_mapping import Codes, map_codes
from .codebooks import codebook_project, is_codebook
from .interviews import read_interviews, read_projects
from .joining import assemble
from .options import PATHS, ReadOptions, read_options
from .personal import SYNTHETIC_ID
from .projects import interview_name, raise_problems
from .schemas import checked_interviews
from .spreadsheets import read_table
from .tables import ASSERTION_COLUMNS, CodedInterviews
from .tidy import cached


def load_interviews(study: Study) -> CodedInterviews:
    """Coded interviews of a study: its raw files, read and mapped as ``study.yaml`` says.

    Parameters
    ----------
    study : Study

    Returns
    -------
    CodedInterviews
        ``interviews`` stands in the order in which they took place where ``order`` is given; ``codebook`` has area,
        level and continuum; ``report`` lists codes in use that nothing maps.

    Raises
    ------
    NotCollected
        If the study has none.
    BadInput, ManyProblems
        For any problem of the files or of the mapping; nothing is written then.
    """
    spec = study.interviews
    if spec is None:
        raise NotCollected("This study has no coded interviews.", "an interviews: section in study.yaml")
    options = _options(study, spec)
    beside = [study.path(name) for name in (spec.assertions, spec.cases) if name]
    extra = [path for path in (options.codebook, options.documents, options.folder) if path is not None]

    def build() -> tuple[dict[str, pd.DataFrame], Any]:
        data = _build(study, spec, options)
        return {
            "interviews": data.interviews, "codings": data.codings,
            "codebook": data.codebook, "assertions": data.assertions,
            "segments": data.segments, "documents": data.documents,
        }, data.report  # fmt: skip

    files = [study.path(name) for name in spec.files]
    frames, report = cached(study, "interviews", inputs=[*files, *beside, *extra], section=spec, build=build)
    return CodedInterviews(**frames, report=report)


def load_codebooks(study: Study) -> list[tuple[str, pd.DataFrame]]:
    """Versions of a study's codebook, from the first to the one in use.

    Parameters
    ----------
    study : Study
        With ``codebook_versions`` in its section ``interviews`` for more than one version.

    Returns
    -------
    list of (str, DataFrame)
        File name and codebook (code_id, name, parent_id, area, level, definition); the one in use is called "current".

    Raises
    ------
    NotCollected
        If the study has no interviews.
    """
    data = load_interviews(study)
    names = study.interviews.codebook_versions if study.interviews is not None else []
    versions = [(Path(name).name, assemble([codebook_project(study.path(name))]).codebook) for name in names]
    return [*versions, ("current", data.codebook)]


def propose_interviews(path: Path | Sequence[Path], options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The section ``interviews:`` for new exports: what can be found, and codes to be sorted into areas.

    Parameters
    ----------
    path : path or sequence of paths
        One of several may be the codebook.
    options : mapping, optional
        Options of the importer, as they then stand in ``study.yaml``.

    Returns
    -------
    dict
        Ready for ``study.yaml``; codes of the top level stand under ``areas: {unassigned: ...}``.
    """
    given = [Path(path)] if isinstance(path, str | Path) else [Path(entry) for entry in path]
    codebooks = [file for file in given if len(given) > 1 and is_codebook(file)]
    files = [file for file in given if file not in codebooks[:1]]
    codebook = codebooks[0] if codebooks else None
    data = read_interviews(files, options=replace(read_options(dict(options or {})), codebook=codebook))
    _refuse_uncoded(data, files)
    section: dict[str, Any] = {"files": [file.name for file in files]}
    if options:
        section["options"] = dict(options)
    if codebook is not None:
        section["codebook"] = codebook.name
    filled = {str(name).casefold(): str(name) for name in data.interviews if data.interviews[name].notna().any()}
    attributes = {}
    for target, words in _GUESSES.items():
        found = next((filled[word] for word in words if word in filled), target)
        if found != target:
            attributes[target] = found
    if attributes:
        section["attributes"] = attributes
    sector = attributes.get("sector", "sector")
    if sector in data.interviews and data.interviews[sector].notna().any():
        values = sorted(data.interviews[sector].dropna().astype(str).unique())
        section["sectors"] = {value: _sector(value) for value in values}
    tops = data.codebook.loc[data.codebook["parent_id"].isna(), "name"].tolist()
    if tops:
        section["areas"] = {"unassigned": tops}
    if data.codebook["definition"].fillna("").eq("").any():
        section["definitions"] = "optional"
    return section


def _refuse_uncoded(data: CodedInterviews, files: Sequence[Path]) -> None:
    """A project without a single coded passage is nobody's study yet."""
    if data.codings.empty:
        raise BadInput(
            "no passage is coded", file=some([file.name for file in files]),
            fix="code the interviews in the coding tool, then export the project again",
        )  # fmt: skip


#: Names under which coding projects keep attributes of interviews.
_GUESSES = {
    "sector": ("sector", "field", "profession", "service sector", "branch"),
    "site": ("site", "city", "location", "place", "region"),
    "year": ("year", "interview year", "date", "interview date"),
    "interviewer": ("interviewer", "interviewed by"),
    "organisation_id": ("organisation_id", "organisation", "organization", "agency", "employer"),
    "consent_quote": ("consent_quote", "consent", "quote consent", "may be quoted"),
}


def _sector(value: str) -> str:
    """The study sector a value begins like ("Medical" -> medical), or the value itself."""
    return next((s for s in INTERVIEW_SECTORS if value.casefold()[:5] == s[:5]), value)


def _options(study: Study, spec: InterviewSpec) -> ReadOptions:
    given = dict(spec.options)
    for name in PATHS:
        if given.get(name):
            given[name] = study.path(str(given[name]))
    options = read_options(given)
    if spec.codebook:
        options = replace(options, codebook=study.path(spec.codebook))
    return options if spec.offset_unit == "auto" else replace(options, offset_unit=spec.offset_unit)


def _build(study: Study, spec: InterviewSpec, options: ReadOptions) -> CodedInterviews:
    projects = read_projects([study.path(name) for name in spec.files], fmt=spec.format, options=options)
    data = assemble(projects, options)
    _refuse_uncoded(data, [study.path(name) for name in spec.files])
    if spec.cases:
        data = add_cases(data, study.path(spec.cases))
    data = map_attributes(
        data, spec.attributes, consent_values=spec.consent_values or CONSENT_VALUES, sectors=spec.sectors
    )
    _check_synthetic(data, study)
    data = _ordered(data, spec.order, study)
    codebook = data.codebook
    data = map_codes(data, areas=spec.areas, levels=spec.levels, continuum=spec.continuum, ignore=spec.ignore_codes)
    if spec.assertions:
        data = _with_assertions(data, codebook, study.path(spec.assertions))
    return checked_interviews(data)


def _check_synthetic(data: CodedInterviews, study: Study) -> None:
    """Refuse synthetic interviews in a study that does not say it is synthetic."""
    marked = data.interviews["interview_id"].astype(str).str.match(SYNTHETIC_ID)
    for column in data.interviews:
        if str(column).casefold() == "synthetic":
            marked |= data.interviews[column].astype(str).str.casefold().eq("true")
    if marked.any() and not study.synthetic:
        raise SyntheticAsUserData(
            f"{int(marked.sum())} interviews are synthetic, but study.yaml does not say so",
            file=data.report.source,
            place=f"interview {data.interviews.loc[marked, 'interview_id'].iloc[0]}",
            fix="remove them, or set synthetic: true",
        )


def _ordered(data: CodedInterviews, order: Sequence[str], study: Study) -> CodedInterviews:
    """Interviews in the order they took place; those not in the list come last."""
    if not order:
        return data
    known = set(data.interviews["interview_id"])
    places: dict[str, int] = {}
    for position, name in enumerate(order):
        interview = interview_name(str(name), known)
        if interview not in known:
            raise study.problem(f"{name!r} in order: is not an interview of this study", str(name), "correct the name")
        if interview in places:
            raise study.problem(f"{name!r} stands twice in order:", str(name), "keep one of them")
        places[interview] = position
    rank = data.interviews["interview_id"].map(lambda name: places.get(name, len(places)))
    missing = len(known) - len(places)
    if missing:
        data.report.warnings.append(f"{missing} interviews are not in order: and come last")
    frame = data.interviews.assign(_rank=rank).sort_values("_rank", kind="stable", ignore_index=True)
    return replace(data, interviews=frame.drop(columns="_rank"))


def _with_assertions(data: CodedInterviews, codebook: pd.DataFrame, path: Path) -> CodedInterviews:
    """Statements "X led to Y" from a CSV, with codes by name, path or identifier; ignored codes are left out."""
    table = read_table(path)
    header = [name.strip().casefold() for name in table.header]
    missing = [name for name in ASSERTION_COLUMNS if name not in header]
    if missing:
        raise BadInput(
            f"the columns {', '.join(missing)} are missing; there are: {', '.join(table.header)}", file=table.file,
            place="row 1", fix=f"give the columns {', '.join(ASSERTION_COLUMNS)}",
        )  # fmt: skip
    lookup, known = Codes(codebook), set(data.interviews["interview_id"])
    kept = set(data.codebook["code_id"])
    problems: list[CompendiumError] = []
    rows: list[tuple[str, ...]] = []
    ignored = 0
    for number, row in enumerate(table.rows):
        cell = {name: row[header.index(name)].strip() for name in ASSERTION_COLUMNS}
        interview = interview_name(cell["interview_id"], known)
        if interview not in known:
            problems.append(
                BadInput(
                    f"there is no interview {interview!r}",
                    file=table.file,
                    place=table.place(number, "interview_id"),
                    fix="use the names of the coded documents",
                )
            )
        codes = [
            lookup.find(cell[column], table.place(number, column), problems, table.file)
            for column in ("from_code", "to_code")
        ]
        if None in codes:
            continue
        if not kept.issuperset(codes):
            ignored += 1
            continue
        rows.append((interview, cell["coder_id"], *map(str, codes)))
    raise_problems(problems)
    if ignored:
        data.report.skipped.append(f"{path.name}: {ignored} statements about codes that study.yaml ignores")
    data.report.read["assertions"] = len(rows)
    return replace(data, assertions=pd.DataFrame(rows, columns=list(ASSERTION_COLUMNS)))
