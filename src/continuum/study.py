"""``study.yaml`` as typed objects: which raw files a study has and how they map to the shared vocabulary.

Every setting has one place here. A wrong key or value is reported with file, line and fix, all of them at once.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from . import paths
from .errors import BadInput, ManyProblems
from .yaml_lines import LocatedYaml, read_yaml

if TYPE_CHECKING:
    import numpy as np

STUDY_FILE = "study.yaml"
#: Set by a sweep for the runs that use another seed than study.yaml's.
SEED_VARIABLE = "CONTINUUM_SEED"

#: Sectors of the two published studies, and the three that both have (methods.md, section 0).
INTERVIEW_SECTORS = ("medical", "education", "legal", "social")
SURVEY_SECTORS = ("legal", "medical", "non-profit", "social", "foster care")
SHARED_SECTORS = ("medical", "legal", "social")

#: The four areas in which Schwarz et al. 2019 (10.1177/0886109918803648) saw risk cluster.
AREAS = ("economic insecurity", "housing insecurity", "education", "migration")


class Section(BaseModel):
    """A part of ``study.yaml``; unknown keys are errors, values do not change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DisclosureSpec(Section):
    """What may be published: see :class:`continuum.disclosure.Rule`."""

    threshold: int = Field(default=5, ge=1, description="counts from 1 to threshold - 1 are hidden")
    rounding: int = Field(default=1, ge=1, description="published counts are rounded to a multiple of this")
    dominance: float | None = Field(default=None, gt=0, le=1, description="share from which contributors dominate")
    dominant: int = Field(default=1, ge=1, description="contributors that dominance takes together")
    p_ratio: float | None = Field(default=None, gt=0, le=1, description="least rest, as a share of the largest one")


class InterviewSpec(Section):
    """Coded interviews: exports of a coding tool and what their names mean."""

    files: list[str] = Field(min_length=1)
    format: str | None = None
    codebook: str | None = None
    codebook_versions: list[str] = Field(
        default_factory=list,
        description="earlier versions of the codebook (.qdc or tables), from the first to the last",
    )
    assertions: str | None = Field(default=None, description="CSV of 'X led to Y' statements")
    offset_unit: Literal["auto", "codepoints", "utf16", "bytes"] = "auto"
    rule: Literal["adjudicated", "union", "intersection", "primary"] = "union"
    primary_coder: str | None = None
    attributes: dict[str, str] = Field(
        default_factory=dict,
        description="sector, site, year, interviewer, organisation_id, consent_quote -> name of the case variable",
    )
    consent_values: list[str] = Field(default_factory=lambda: ["yes", "true", "1"])
    sectors: dict[str, str] = Field(default_factory=dict, description="value in the export -> sector")
    areas: dict[str, list[str]] = Field(default_factory=dict, description="area -> code names or paths")
    levels: dict[Literal["micro", "macro"], list[str]] = Field(default_factory=dict)
    continuum: dict[str, list[str]] = Field(
        default_factory=dict, description="level of the continuum -> code names or paths"
    )
    ignore_codes: list[str] = Field(default_factory=list, description="codes that are not part of the analysis")
    cases: str | None = Field(
        default=None, description="CSV with one row per interview: its name and attributes, where the export has none"
    )
    order: list[str] = Field(default_factory=list, description="interviews in the order they took place")
    quote_decisions: str = Field(
        default="quotes-review.csv", description="the filled-in list of excerpts under review, read if it is there"
    )
    definitions: Literal["required", "optional"] = Field(
        default="required", description="whether a code without a definition is an error"
    )
    smallest_effect: float = Field(
        default=0.5, gt=0, description="Cohen's h the team wants to detect; weaker designs are labeled 'not powered'"
    )
    options: dict[str, Any] = Field(default_factory=dict, description="options of the importer")


class ScaleSpec(Section):
    """An ordered response scale; "don't know" and "not applicable" are never points of it."""

    levels: list[str] = Field(min_length=2)
    dont_know: list[str] = Field(default_factory=list)
    not_applicable: list[str] = Field(default_factory=list)
    codes: dict[str, str] = Field(
        default_factory=dict, description="value in the export -> level, where the export holds numbers or short names"
    )
    neutral: str | None = None
    top: int = Field(default=2, ge=1, description="how many of the highest levels count as 'top'")


class ItemSetSpec(Section):
    """Survey columns that belong together and are shown as one table."""

    columns: list[str] = Field(min_length=1, description="names, or patterns such as Q5_*")
    kind: Literal["single", "multiple", "scale", "number", "open"]
    block: str = ""
    question: str = ""
    labels: dict[str, str] = Field(default_factory=dict, description="column -> text shown instead of the export's")
    scale: str | None = None
    reverse: list[str] = Field(default_factory=list)
    none_option: str | None = Field(default=None, description="column of 'none of these' in a multiple response")
    separator: str | None = None
    asked_if: dict[str, list[str]] = Field(
        default_factory=dict, description="column -> answers after which the items were shown; else 'not asked'"
    )
    looped: bool | None = Field(default=None, description="asked several times of one respondent; found if not given")
    range: tuple[float, float] | None = Field(default=None, description="lowest and highest likely number")
    formative: bool = Field(default=False, description="a checklist: internal consistency does not apply")
    exploitation: Literal["labor", "sex", ""] = ""


class FamilySpec(Section):
    """A family of tests declared before the run; correction applies within it."""

    items: list[str] = Field(min_length=1)
    by: str
    correction: Literal["holm", "bh", "maxt", "none"] = "holm"


class SimilaritySpec(Section):
    """What the team calls similar, declared before the run."""

    margin: float = Field(default=0.15, gt=0, lt=1)
    kendall_w: float = Field(default=0.7, gt=0, lt=1)


class SurveySpec(Section):
    """Provider survey: the export and what its columns mean."""

    files: list[str] = Field(min_length=1)
    format: str | None = None
    codebook: str | None = Field(default=None, description=".qsf, XLSForm, or a table of variables and their labels")
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="respondent_id, sector, state, site, organisation, weight, stratum, cluster, fpc -> column",
    )
    sectors: dict[str, str] = Field(default_factory=dict)
    states: dict[str, str] = Field(default_factory=dict)
    characteristics: list[str] = Field(default_factory=list, description="columns of Table 1")
    predictors: list[str] = Field(default_factory=list, description="columns for the model of immediate needs")
    scales: dict[str, ScaleSpec] = Field(default_factory=dict)
    items: dict[str, ItemSetSpec] = Field(default_factory=dict)
    families: dict[str, FamilySpec] = Field(default_factory=dict)
    similarity: SimilaritySpec = SimilaritySpec()
    raking: dict[str, dict[str, float]] = Field(default_factory=dict)
    open_codes: str | None = Field(default=None, description="CSV respondent_id, question_id, code_id, coder_id")
    answer_vectors: str | None = Field(
        default=None, description="CSV respondent_id, question_id, one column per dimension: embeddings"
    )
    na_values: list[str] = Field(default_factory=list)
    include_tests: bool = False
    options: dict[str, Any] = Field(
        default_factory=dict, description="mask_text: true hides e-mail addresses and the like; sheet: of a workbook"
    )


class AssessmentSpec(Section):
    """Organisational self-assessments."""

    files: list[str] = Field(default_factory=list, description="filled forms and tables of scores; none yet is fine")
    instrument: str
    organisations: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    targets: str | None = None
    weights: dict[str, float] = Field(
        default_factory=dict, description="domain -> weight, declared before scores are seen; without, no total"
    )


class ContinuumModelSpec(Section):
    """Settings and case-level data of the continuum model."""

    order_limit: float = Field(default=0.30, gt=0, lt=1, description="H from which codes form a cumulative scale")
    levels: list[str] = Field(
        default_factory=lambda: ["stable", "vulnerable", "violence or exploitation", "trafficking"],
        min_length=2,
    )
    exposures: str | None = None
    outcomes: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)


class PathwaySpec(Section):
    """Service contacts over time, surveillance counts and scenario ledgers."""

    panel: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    levels: dict[str, int] = Field(
        default_factory=dict, description="word in the level column of the panel -> number of the level, from 0"
    )
    reports: str | None = None
    denominators: str | None = None
    lists: str | None = Field(default=None, description="overlap counts for multiple-systems estimation")
    ledgers: list[str] = Field(default_factory=list)


class OwnWork(Section):
    """The study as a citable work."""

    doi: str | None = None
    title: str | None = None
    year: int | None = Field(default=None, description="with it, citations without a DOI are found by title and year")


class CitationSpec(Section):
    """Citing articles, people's labels and notices."""

    own: OwnWork = OwnWork()
    articles: str | None = None
    labels: str | None = None
    retractions: str | None = None
    fixtures: str | None = None
    mode: Literal["model", "rules"] = "model"
    threshold: float = Field(default=0.8, gt=0, le=1)


class Study(Section):
    """One study: its files, vocabulary, disclosure rule and seed.

    Made by :func:`load_study`; ``folder`` is the directory that holds ``study.yaml`` and the raw files.
    """

    study: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    synthetic: bool = False
    seed: int = Field(default=20190101, ge=0)
    disclosure: DisclosureSpec = DisclosureSpec()
    interviews: InterviewSpec | None = None
    survey: SurveySpec | None = None
    self_assessment: AssessmentSpec | None = None
    continuum: ContinuumModelSpec = ContinuumModelSpec()
    pathways: PathwaySpec | None = None
    citations: CitationSpec | None = None

    _folder: Path = PrivateAttr(default_factory=Path)
    _lines: LocatedYaml | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path:
        """Directory of ``study.yaml``."""
        return self._folder

    @property
    def coding_rule(self) -> dict[str, Any]:
        """How several coders' codings count, as settings of the case-by-code matrix; empty without interviews."""
        if self.interviews is None:
            return {}
        spec = self.interviews
        return {"rule": spec.rule, "primary": spec.primary_coder, "definitions": spec.definitions}

    def path(self, name: str) -> Path:
        """A raw file of this study; refuses to leave the study's folder.

        Raises
        ------
        BadInput
            If the file does not exist or lies outside the folder.
        """
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise self.problem(f"{name!r} lies outside the study's folder", name, "copy the file into the folder")
        if not path.exists():
            near = difflib.get_close_matches(name, [p.name for p in self.folder.iterdir()], n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"put it into {paths.relative(self.folder)}/"
            raise self.problem(f"no such file: {name}", name, hint)
        return path

    def problem(self, what: str, mentions: str, fix: str) -> BadInput:
        """An error about this ``study.yaml``, placed at the first line that holds ``mentions``."""
        line = self._lines.line_of_text(mentions) if self._lines else None
        return BadInput(what, file=_shown(self.folder / STUDY_FILE), place=f"line {line}" if line else None, fix=fix)

    def rng(self, task: str) -> np.random.Generator:
        """Random numbers for one named task: the same whatever ran before it and on how many workers.

        Parameters
        ----------
        task : str
            A stable name, such as ``"interviews.agreement"``.
        """
        import numpy as np  # late: most commands need no random numbers

        key = int.from_bytes(hashlib.sha256(task.encode()).digest()[:8], "big")
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(key,)))


def load_study(name: str | Path = "demo") -> Study:
    """Read ``study.yaml`` of a study by name or folder.

    Parameters
    ----------
    name : str or path
        ``"demo"`` for ``data/demo/``, or the path of a study folder or of its ``study.yaml``.

    Raises
    ------
    BadInput, ManyProblems
        If the file is missing, is not YAML, or has unknown keys or wrong values; with the line of each.
    """
    file = _study_file(name)
    located = read_yaml(file)
    try:
        study = Study.model_validate(located.value)
    except ValidationError as error:
        raise ManyProblems([_explain(file, located, detail) for detail in error.errors()]) from None
    if seed := os.environ.get(SEED_VARIABLE):
        study = study.model_copy(update={"seed": int(seed)})
    study._folder = file.parent
    study._lines = located
    return study


def available_studies() -> list[str]:
    """Names of the folders under ``data/`` that hold a ``study.yaml``."""
    return sorted(file.parent.name for file in (paths.root() / "data").glob(f"*/{STUDY_FILE}"))


def _study_file(name: str | Path) -> Path:
    given = Path(name)
    for candidate in (given, given / STUDY_FILE, paths.study_folder(str(name)) / STUDY_FILE):
        if candidate.is_file() and candidate.suffix in {".yaml", ".yml"}:
            return candidate
    known = available_studies()
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"studies here: {', '.join(known) or 'none'}"
    raise BadInput(
        f"there is no study {str(name)!r}",
        file=f"data/{name}/{STUDY_FILE}",
        fix=f"{hint}, or run: compendium new {name}",
    )


def _explain(file: Path, located: LocatedYaml, detail: Any) -> BadInput:
    """One validation error in the terms of ``study.yaml``."""
    keys = tuple(part for part in detail["loc"] if part != "[key]")
    dotted = ".".join(str(part) for part in keys)
    line = located.line(keys)
    fix = "see the commented example data/demo/study.yaml"
    if detail["type"] == "extra_forbidden":
        known = _known_keys(keys[:-1])
        near = difflib.get_close_matches(str(keys[-1]), known, n=1)
        what = f"unknown key {dotted!r}"
        fix = f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(sorted(known))}"
    elif detail["type"] == "missing":
        what, fix = f"{dotted!r} is missing", f"add {keys[-1]}:"
    else:
        what = f"{dotted}: {detail['msg'][0].lower()}{detail['msg'][1:]}, but it is {detail['input']!r}"
    return BadInput(what, file=_shown(file), place=f"line {line}", fix=fix)


def _known_keys(keys: tuple[Any, ...]) -> list[str]:
    """Keys allowed at a place of ``study.yaml``, found by walking the section types."""
    section: Any = Study
    for key in keys:
        fields = getattr(section, "model_fields", {})
        annotation = fields[key].annotation if key in fields else section
        arguments = [a for a in getattr(annotation, "__args__", (annotation,)) if hasattr(a, "model_fields")]
        section = arguments[-1] if arguments else annotation
    return list(getattr(section, "model_fields", {}))


def _shown(file: Path) -> str:
    return paths.relative(file)


def dump_yaml(value: Any) -> str:
    """``value`` as YAML in the order given, readable by people."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
