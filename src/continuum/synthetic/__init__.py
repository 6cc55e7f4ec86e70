"""A complete synthetic study in real file formats, labeled as such, with known truth.

It shows what the compendium does before a team has data, and it tests that verdicts follow the data and not the
published facts: worlds share their margins and differ in structure.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np

from .. import paths
from ..atomic import staged_folder, write_text
from ..sidecar import SIDECAR, verify, write_sidecar
from . import cases, citing, interviews, ledger_file, organisations, study_file, survey, vocabulary, worlds
from .worlds import MECHANISMS, WORLDS

__all__ = ["MECHANISMS", "SIDECAR", "WORLDS", "make_study", "verify"]

GENERATOR = {"name": "continuum.synthetic", "version": 1}
SEED = 20190101


def make_study(
    world: str = "accumulation",
    seed: int = SEED,
    n_interviews: int = 42,
    n_respondents: int = 667,
    folder: Path | None = None,
    *,
    mechanism: str = "cumulative",
) -> Path:
    """Write a complete, labeled raw study: interviews, survey, self-assessments, cases, ``study.yaml``, sidecar.

    Parameters
    ----------
    world : str
        Structure of the case-level data, one of :data:`WORLDS`.
    seed : int
        The same seed gives the same files.
    n_interviews : int
        Coded interviews, 8 to 999; 42 is published.
    n_respondents : int
        Survey respondents and synthetic cases, 40 to 9999; 667 is published.
    folder : path, optional
        Where to write; ``data/demo`` if not given. Files directly in it are replaced, folders in it are kept.
    mechanism : str
        How codes come into interviews, one of :data:`MECHANISMS`.

    Returns
    -------
    path
        The folder; :func:`verify` accepts it.

    Raises
    ------
    ValueError
        If an argument is outside the stated values.
    """
    _check("world", world, WORLDS)
    _check("mechanism", mechanism, MECHANISMS)
    if not (8 <= n_interviews <= 999 and 40 <= n_respondents <= 9999):
        raise ValueError("n_interviews must be 8 to 999 and n_respondents 40 to 9999")
    target = paths.study_folder("demo") if folder is None else Path(folder)
    # One stream of random numbers per part: changing one part leaves the others as they were.
    streams = np.random.SeedSequence(seed).spawn(8)
    rng = [np.random.default_rng(stream) for stream in streams]
    talks = interviews.make_interviews(n_interviews, mechanism, rng[0])
    answers = survey.make_survey(n_respondents, rng[1])
    exposures, outcomes = cases.life_course(world, n_respondents, rng[3])
    reports, denominators = cases.surveillance(rng[5])
    tables = {
        "assertions.csv": talks.assertions.assign(synthetic="true"),
        "open-codes.csv": answers.open_codes.assign(synthetic="true"),
        "assessments.csv": organisations.assessments(rng[2]),
        "targets.csv": organisations.targets(rng[2]),
        "instrument.csv": organisations.instrument(),
        "organisations.csv": organisations.organisations(),
        "exposures.csv": exposures,
        "outcomes.csv": outcomes,
        "panel.csv": cases.panel(cases.PEOPLE, cases.VISITS, rng[4]),
        "reports.csv": reports,
        "denominators.csv": denominators,
        "lists.csv": cases.overlaps(rng[7]),
    }
    with staged_folder(target) as stage:
        _keep_folders(target, stage)
        _write_interviews(talks, stage / "interviews.qdpx")
        write_text(stage / "survey.csv", _csv(survey.to_qualtrics(answers)))
        for name, table in tables.items():
            write_text(stage / name, table.to_csv(index=False, lineterminator="\n"))
        write_text(stage / ledger_file.LEDGER, ledger_file.ledger_yaml())
        articles = citing.citing_articles(rng[6])
        for name, article in articles.items():
            write_text(stage / "citations" / "articles" / name, article)
        write_text(
            stage / "study.yaml", study_file.study_yaml(_study_name(target), seed, world, n_interviews, n_respondents)
        )
        call = {"world": world, "mechanism": mechanism, "seed": seed, "n_interviews": n_interviews,
                "n_respondents": n_respondents}  # fmt: skip
        truth = {"interviews.latent_order": talks.latent_order, "cases.structure": worlds.STRUCTURE[world][0],
                 "cases.outcome": worlds.STRUCTURE[world][1], "interviews.mechanism": mechanism}  # fmt: skip
        write_sidecar(stage, {"synthetic": True, "generator": GENERATOR, "call": call, "published": _PUBLISHED,
                              "assumptions": _assumptions(), "truth": truth})  # fmt: skip
    return target


#: The only published margins a synthetic file may use (provenance PUBLISHED); all others are USER_ASSUMPTION.
_PUBLISHED = {
    "n_interviews": {"value": 42, "source": "10.1177/0886109918803648"},
    "n_respondents": {"value": 667, "source": "Midwest frontline-worker survey, abstract"},
    "states": {"value": 2, "source": "Midwest frontline-worker survey, abstract"},
    "interview_sectors": {"value": 4, "source": "10.1177/0886109918803648"},
    "survey_sectors": {"value": 5, "source": "Midwest frontline-worker survey, abstract"},
    "areas_of_risk": {"value": 4, "source": "10.1177/0886109918803648"},
}


def _assumptions() -> dict[str, Any]:
    """Every target the generator uses that is not published: the upper-case constants of its parts."""
    kinds = (int, float, str, tuple, dict)
    return {
        part.__name__.rpartition(".")[2]: {
            name: _json(value)
            for name, value in sorted(vars(part).items())
            if name.isupper() and isinstance(value, kinds) and not _objects(value)
        }
        for part in (interviews, survey, worlds, organisations, cases)
    }


def _objects(value: object) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return any(not isinstance(item, int | float | str | tuple) for item in items)


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {" ".join(key) if isinstance(key, tuple) else key: _json(item) for key, item in value.items()}
    return [_json(item) for item in value] if isinstance(value, tuple) else value


def _write_interviews(talks: interviews.Interviews, path: Path) -> None:
    from ..ingest.refi_export import write_qdpx

    areas = dict.fromkeys(code.area for code in vocabulary.CODES)
    codes: list[dict[str, Any]] = [
        {"code_id": area, "name": area.capitalize(), "definition": f"Area of risk: {area}.", "is_codable": False}
        for area in areas
    ]
    codes += [
        {"code_id": code.name, "name": code.name, "parent_id": code.area, "definition": code.definition}
        for code in vocabulary.CODES
    ]
    table = talks.cases
    variables = {"sector": "Sector", "site": "Site", "year": "Year", "interviewer": "Interviewer",
                 "organisation_id": "Organization", "consent_quote": "Consent to quote"}  # fmt: skip
    write_qdpx(
        path,
        project="SYNTHETIC provider interviews",
        description="SYNTHETIC: written by a generator, see SYNTHETIC.json. No person said or lived any of this.",
        users=interviews.CODERS,
        codes=codes,
        sources=dict(zip(table["interview_id"], table["text"], strict=True)),
        codings=talks.codings.rename(columns={"interview_id": "source", "coder_id": "coder"}).drop(columns="text"),
        cases=[
            {
                "name": row["interview_id"],
                "sources": [row["interview_id"]],
                "variables": {**{variables[key]: row[key] for key in variables}, "Synthetic": "true"},
            }
            for row in table.to_dict("records")
        ],
    )


def _csv(rows: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _keep_folders(target: Path, stage: Path) -> None:
    """Folders of the study that this generator does not make, such as citing articles, stay."""
    import shutil

    if target.is_dir():
        for entry in sorted(target.iterdir()):
            if entry.is_dir():
                shutil.copytree(entry, stage / entry.name)


def _study_name(folder: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")
    return name or "demo"


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"unknown {name} {value!r}; one of {', '.join(known)}")
