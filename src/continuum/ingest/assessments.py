"""Organizational self-assessments: an instrument, organizations, their targets and raters' scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .. import paths
from ..errors import BadInput, ManyProblems, NotCollected
from ..study import Study
from .declared import Column, read_declared, refuse_repeats, refuse_unknown
from .spreadsheets import read_table
from .tables import ImportReport

#: Marks that are no scale points.
DONT_KNOW = ("dk", "don't know", "dont know", "do not know")
NOT_APPLICABLE = ("na", "n/a", "not applicable")

SCORE_COLUMNS = (
    Column("org_id"),
    Column("wave", "integer", required=False, low=1),
    Column("respondent_id"),
    Column("role", required=False, blank=True),
    Column("item_id"),
    Column("score", blank=True),
    Column("source", required=False, allowed=("individual", "consensus")),
)
ITEM_COLUMNS = (
    Column("item_id"),
    Column("domain"),
    Column("text"),
    Column("scale_min", "integer"),
    Column("scale_max", "integer"),
    Column("reverse", "flag", required=False),
    Column("evidence", required=False, blank=True),
)
ORGANISATION_COLUMNS = (
    Column("org_id"),
    Column("sector", required=False, blank=True),
    Column("state", required=False, blank=True),
    Column("site", required=False, blank=True),
)
TARGET_COLUMNS = (Column("org_id"), Column("domain"), Column("target", "number", low=0, high=100))


@dataclass
class Assessments:
    """Self-assessments as four tables and a report.

    Attributes
    ----------
    scores : DataFrame
        org_id, wave, respondent_id, role, item_id, score (float, missing unless answered), status (``answered``,
        ``dont_know``, ``not_applicable``, ``not_answered``), source (``individual``, ``consensus``).
    items : DataFrame
        item_id, domain, text, scale_min, scale_max, reverse, evidence, and anchor_0, anchor_1 ... where given.
    organisations : DataFrame
        org_id, sector, state, site.
    targets : DataFrame
        org_id, domain, target (0 to 100); may be empty.
    """

    scores: pd.DataFrame
    items: pd.DataFrame
    organisations: pd.DataFrame
    targets: pd.DataFrame
    report: ImportReport


def load_assessments(study: Study) -> Assessments:
    """The self-assessments that ``study.yaml`` names.

    Raises
    ------
    NotCollected
        If the study has none.
    BadInput, ManyProblems
        If a file has a wrong cell; see :func:`read_assessments`.
    """
    spec = study.self_assessment
    if spec is None or not spec.files:
        raise NotCollected(
            "This study has no organizational self-assessments."
            if spec is None
            else "No filled form of the self-assessment has come back yet.",
            "a self_assessment: section in study.yaml"
            if spec is None
            else "files: under self_assessment: in study.yaml",
        )
    return read_assessments(
        [study.path(name) for name in spec.files],
        study.path(spec.instrument),
        organisations=study.path(spec.organisations) if spec.organisations else None,
        targets=study.path(spec.targets) if spec.targets else None,
        columns=spec.columns,
        synthetic=study.synthetic,
    )


def load_instrument(study: Study) -> pd.DataFrame:
    """The items of the self-assessment, answered or not: what a form needs.

    Raises
    ------
    NotCollected
        If the study has no instrument.
    BadInput, ManyProblems
        If an item is incomplete or its scale is empty.
    """
    if study.self_assessment is None:
        raise NotCollected(
            "This study has no organizational self-assessments.", "a self_assessment: section in study.yaml"
        )
    return read_instrument(study.path(study.self_assessment.instrument))


def read_instrument(path: Path) -> pd.DataFrame:
    """Items of an instrument (CSV or XLSX): the columns of :data:`ITEM_COLUMNS` and the anchors that are used."""
    return _read_instrument(path).drop(columns="row")


def load_weights(study: Study) -> dict[str, float]:
    """The weights of domains in a total, declared in ``study.yaml``.

    Raises
    ------
    NotCollected
        If none are declared: then there is no total, and profiles stand beside each other.
    """
    spec = study.self_assessment
    if spec is None or not spec.weights:
        raise NotCollected(
            "This study declares no weights of domains, so there is no total: profiles stand beside each other.",
            "weights: under self_assessment: in study.yaml, declared before scores are seen",
        )
    return spec.weights


def read_assessments(
    files: Sequence[Path],
    instrument: Path,
    *,
    organisations: Path | None = None,
    targets: Path | None = None,
    columns: Mapping[str, str] | None = None,
    synthetic: bool = True,
) -> Assessments:
    """Read and check self-assessments.

    Parameters
    ----------
    files : sequence of path
        Scores, CSV or XLSX; a score is a scale point, ``dk``, ``na`` or empty. One row per score, or the export of a
        form: one row per filled form with a column per item.
    instrument : path
        Items, CSV.
    organisations, targets : path, optional
    columns : mapping, optional
        org_id, wave, respondent_id, role, item_id, score, source -> name in the score files.
    synthetic : bool
        Whether the study is declared synthetic.

    Raises
    ------
    BadInput, ManyProblems
        For a score outside the item's scale, an unknown item, domain or organization, or two answers of one rater to
        one item in one wave; with file, row and what to do.
    """
    items = _read_instrument(instrument)
    parts = [_read_scores(path, items, columns or {}, synthetic) for path in files]
    scores = pd.concat(parts, ignore_index=True)
    orgs = _read_organisations(organisations, scores, files[0], synthetic)
    if targets is None:
        goals = pd.DataFrame({"org_id": pd.Series(dtype="str"), "domain": pd.Series(dtype="str"),
                              "target": pd.Series(dtype="float64")})  # fmt: skip
    else:
        goals = read_declared(targets, TARGET_COLUMNS, synthetic=synthetic)
        refuse_repeats(goals, ("org_id", "domain"), targets)
        refuse_unknown(goals, "domain", items["domain"].unique().tolist(), targets, "a domain of the instrument")
        refuse_unknown(goals, "org_id", orgs["org_id"].tolist(), targets, "a known organization")
    report = ImportReport(
        source=", ".join(paths.relative(path) for path in files),
        format="self-assessment CSV",
        read={
            "scores": len(scores),
            "organizations": scores["org_id"].nunique(),
            "raters": scores["respondent_id"].nunique(),
            "items": len(items),
        },
    )
    unused = sorted(set(items["item_id"]) - set(scores["item_id"]))
    if unused:
        report.warnings.append(f"{len(unused)} items of the instrument were scored by nobody: {', '.join(unused[:3])}")
    return Assessments(
        scores.drop(columns="row"), items.drop(columns="row"), orgs, goals.drop(columns="row", errors="ignore"), report
    )


def _read_instrument(path: Path) -> pd.DataFrame:
    anchors = [Column(f"anchor_{k}", required=False, blank=True) for k in range(8)]
    items = read_declared(path, [*ITEM_COLUMNS, *anchors])
    refuse_repeats(items, ("item_id",), path)
    items["reverse"] = items["reverse"].fillna(False).astype(bool)
    wrong = items[items["scale_min"] >= items["scale_max"]]
    if len(wrong):
        first = wrong.iloc[0]
        raise BadInput(
            f"item {first['item_id']!r} has a scale from {first['scale_min']} to {first['scale_max']}",
            file=path.name,
            place=f"row {first['row']}",
            fix="scale_min must be below scale_max",
        )
    empty = [column.name for column in anchors if items[column.name].isna().all()]
    return items.drop(columns=empty)


def _read_scores(path: Path, items: pd.DataFrame, names: Mapping[str, str], synthetic: bool) -> pd.DataFrame:
    scores = _filled_forms(path, items, names, synthetic)
    if scores is None:
        scores = read_declared(path, SCORE_COLUMNS, names=names, synthetic=synthetic)
    scores["wave"] = scores["wave"].fillna(1).astype("int64")
    scores["source"] = scores["source"].fillna("individual")
    refuse_unknown(scores, "item_id", items["item_id"].tolist(), path, "an item of the instrument")
    refuse_repeats(scores, ("org_id", "wave", "respondent_id", "item_id"), path)
    text = scores["score"].fillna("").str.lower()
    status = pd.Series("answered", index=scores.index)
    status[text.isin(DONT_KNOW)] = "dont_know"
    status[text.isin(NOT_APPLICABLE)] = "not_applicable"
    status[text == ""] = "not_answered"
    answered = status == "answered"
    points = pd.to_numeric(text.where(answered), errors="coerce")
    scale = scores[["item_id"]].merge(items[["item_id", "scale_min", "scale_max"]], on="item_id", how="left")
    outside = answered & ~points.between(scale["scale_min"], scale["scale_max"])
    if outside.any():
        raise ManyProblems([
            BadInput(
                f"score {scores['score'][k]!r} is outside the scale {scale['scale_min'][k]} to {scale['scale_max'][k]}",
                file=paths.relative(path),
                place=f"row {scores['row'][k]}, item {scores['item_id'][k]}",
                fix="correct it, or write dk (don't know) or na (not applicable)",
            )
            for k in scores.index[outside]
        ])  # fmt: skip
    return scores.assign(score=points.astype("float64"), status=status)


def _filled_forms(path: Path, items: pd.DataFrame, names: Mapping[str, str], synthetic: bool) -> pd.DataFrame | None:
    """Scores from an export with one row per filled form and a column per item; None for a file of another shape."""
    header = [name.strip() for name in read_table(path).header]
    # Exports of forms put the group before the name: domain_1/ip1 or domain_1-ip1.
    columns = {name.replace("-", "/").rpartition("/")[2].lower(): name for name in header}
    present = [item for item in items["item_id"] if str(item).lower() in columns]
    if names.get("item_id", "item_id").lower() in columns or len(present) < 2:
        return None
    kept = [column for column in SCORE_COLUMNS if column.name not in {"item_id", "score"}]
    places = {column.name: columns.get(names.get(column.name, column.name).lower(), column.name) for column in kept}
    places |= {item: columns[str(item).lower()] for item in present}
    wide = read_declared(
        path, [*kept, *[Column(item, blank=True) for item in present]], names=places, synthetic=synthetic
    )
    return wide.melt([*[column.name for column in kept], "row"], present, "item_id", "score")


def _read_organisations(path: Path | None, scores: pd.DataFrame, scored: Path, synthetic: bool) -> pd.DataFrame:
    if path is None:
        known = pd.DataFrame({"org_id": scores["org_id"].drop_duplicates().sort_values().to_numpy()})
        return known.assign(sector=None, state=None, site=None)
    orgs = read_declared(path, ORGANISATION_COLUMNS, synthetic=synthetic)
    refuse_repeats(orgs, ("org_id",), path)
    refuse_unknown(scores, "org_id", orgs["org_id"].tolist(), scored, f"an organization of {path.name}")
    return orgs.drop(columns="row")
