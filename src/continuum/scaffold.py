"""A new study from a team's exports, and a study's own account of what it understood."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import paths
from .atomic import staged_folder
from .errors import BadInput, CompendiumError, ManyProblems, NotCollected
from .study import STUDY_FILE, Study, dump_yaml, load_study
from .yaml_lines import read_yaml

_HEADER = """\
# {title}
# Written by `compendium new`; every proposal below is yours to confirm or change.
# Next: compendium check {name}     then: compendium run {name} && compendium site {name}
"""
_ABOUT = {
    "disclosure": "counts from 1 to threshold - 1 are hidden in everything that is published",
    "interviews": "exports of the coding tool, and what their names mean",
    "interviews.areas": "sort your codes under economic insecurity, housing insecurity, education, migration (or areas "
    "of your own); a code stands for all codes below it",
    "interviews.attributes": "meaning -> name of the case variable; quotations need consent_quote",
    "interviews.definitions": "some codes have no definition in the export; write them there, then remove this line",
    "survey": "the survey export; columns that identify people are dropped on reading",
    "survey.columns": "meaning -> column of the export",
    "survey.scales": "ordered levels, lowest first; move answers that are no level to dont_know or not_applicable",
    "self_assessment": "organizations' assessments of themselves; edit instrument.csv to change the questions, "
    "and name filled forms (CSV or XLSX) under files",
    "citations": "articles that cite the study, as JATS or TEI",
}

#: Settings that only the team can decide on; the template names those it does not propose.
_YOURS = {
    "interviews": {
        "definitions": "definitions: optional  # lets codes without a definition pass; required unless given",
        "quote_decisions": "quote_decisions: quotes-review.csv  # the team's decisions on excerpts, if it is there",
        "smallest_effect": "smallest_effect: 0.5  # Cohen's h you want to detect; else 'not powered' is printed",
    },
    "survey": {
        "families": "families: {NAME: {items: [...], by: sector, correction: holm}}  # only declared tests are made",
        "similarity": "similarity: {margin: 0.15, kendall_w: 0.7}  # what you call similar, set before looking",
        "predictors": "predictors: [sector, state]  # of the model of the ability to meet needs",
        "raking": "raking: {state: {NAME: 0.5, OTHER: 0.5}}  # known margins that weights are raked to",
        "open_codes": "open_codes: FILE.csv  # respondent_id, question_id, code_id, coder_id",
        "answer_vectors": "answer_vectors: FILE.csv  # respondent_id, question_id, embeddings made elsewhere",
    },
}

#: Stands for the project's example instrument, from which a team may start.
EXAMPLE = Path()


def new_study(
    name: str,
    *,
    interviews: Path | Sequence[Path] | None = None,
    survey: Path | None = None,
    codebook: Path | None = None,
    self_assessment: Path | None = None,
    articles: Path | None = None,
    options: Sequence[str] = (),
) -> int:
    """Scaffold ``data/NAME/`` from raw exports: copies them and proposes a commented ``study.yaml``.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and hyphens.
    interviews : path or sequence of paths, optional
        Exports of the coding tool, its codebook among them.
    survey, self_assessment : path, optional
        Exports as the tools wrote them; in place of self-assessments an instrument, or :data:`EXAMPLE`.
    codebook : path, optional
        Questionnaire of the survey: question texts, scales, skip logic.
    articles : path, optional
        Folder of citing articles.
    options : sequence of str
        Options of the interview importer, ``NAME=VALUE``; kept in ``study.yaml``.

    Raises
    ------
    BadInput
        If the name is taken or not allowed, nothing is given, or an export cannot be read; nothing is left behind.
    """
    target = paths.study_folder(name)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise BadInput(f"{name!r} cannot name a study", fix="use lower-case letters, digits and hyphens")
    if target.exists():
        raise BadInput("the study already exists", file=paths.relative(target), fix="choose another name or edit it")
    exports = [interviews] if isinstance(interviews, str | Path) else list(interviews or [])
    given = {"survey": survey, "codebook": codebook, "self_assessment": self_assessment, "articles": articles}
    named = [("interviews", path) for path in exports] + list(given.items())
    for option, path in named:
        if path is not None and path != EXAMPLE and not Path(path).exists():
            flag = f"--{option.replace('_', '-')}"
            raise BadInput("no such file", file=path, place=flag, fix="check the path")
    if not exports and all(value is None for value in given.values()):
        raise BadInput("a study needs data", fix="give --interviews, --survey, --self-assessment or --articles")
    with staged_folder(target) as stage:
        sections, reasons = _propose(stage, exports, given, options)
        content = {
            "study": name, "title": name.replace("-", " ").capitalize(), "synthetic": False, "seed": 20190101,
            "disclosure": {"threshold": 5}, **sections,
        }  # fmt: skip
        _write_commented(stage / STUDY_FILE, content, {**_ABOUT, **reasons})
        load_study(stage)
    lines = len((target / STUDY_FILE).read_text(encoding="utf-8").splitlines())
    print(f"Made {paths.relative(target)}/ with {STUDY_FILE} ({lines} lines). Confirm its proposals, then:")
    print(f"  compendium check {name}\n  compendium run {name}\n  compendium site {name}")
    return 0


def check_study(name: str) -> int:
    """Read everything a study names, validate it, and print what was understood; runs nothing.

    Raises
    ------
    ManyProblems
        All problems of all sections at once.
    """
    study = load_study(name)
    print(f"{study.title} ({paths.relative(study.folder)})")
    print(f"  {'synthetic: every output will say so' if study.synthetic else 'data of the team'}; seed {study.seed}")
    print(f"  counts from 1 to {study.disclosure.threshold - 1} are hidden in everything published")
    problems: list[CompendiumError] = []
    for title, reader in _readers(study):
        print(f"{title}")
        try:
            for line in reader():
                print(f"  {line}")
        except NotCollected as nothing:
            print(f"  {nothing.message}")
        except CompendiumError as error:
            problems += error.problems if isinstance(error, ManyProblems) else [error]
            print(f"  not read: {error.message}")
    if problems:
        raise ManyProblems(problems)
    print(f"All of it can be used. Next: compendium run {study.study}")
    return 0


def _propose(
    stage: Path, interviews: Sequence[Path], given: Mapping[str, Path | None], options: Sequence[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Sections of study.yaml and the reason for each proposal; the raw files are copied to ``stage``."""
    sections: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    if interviews:
        from .ingest import propose_interviews
        from .ingest.options import given_options

        sections["interviews"] = propose_interviews([Path(path) for path in interviews], given_options(options))
        for path in interviews:
            _copy(Path(path), stage)
    if given["survey"]:
        from .ingest.survey_proposal import survey_proposal

        proposal = survey_proposal(given["survey"], codebook=given["codebook"])
        sections["survey"] = proposal.section
        reasons |= {f"survey.{key}": reason for key, reason in proposal.reasons.items()}
        _copy(given["survey"], stage)
        if given["codebook"]:
            _copy(given["codebook"], stage)
    if given["self_assessment"] is not None:
        sections["self_assessment"] = _propose_assessment(given["self_assessment"], stage)
    if given["articles"]:
        shutil.copytree(given["articles"], stage / "citations" / "articles")
        sections["citations"] = {"articles": "citations/articles"}
    return sections, reasons


def _propose_assessment(scores: Path, stage: Path) -> dict[str, Any]:
    """Scores need their instrument: which items belong to which domain, and where each scale ends."""
    if scores == EXAMPLE or _is_instrument(scores):
        if scores == EXAMPLE:
            from .synthetic.organisations import instrument

            instrument().to_csv(stage / "instrument.csv", index=False)
        else:
            shutil.copyfile(scores, stage / "instrument.csv")
        return {"files": [], "instrument": "instrument.csv"}
    beside = {p.stem: p for p in scores.parent.glob("*.csv")}
    if "instrument" not in beside:
        raise BadInput(
            "self-assessments cannot be scored without their instrument", file=scores.name,
            fix="put instrument.csv beside it: item_id, domain, text, scale_min, scale_max",
        )  # fmt: skip
    section: dict[str, Any] = {"files": [scores.name], "instrument": "instrument.csv"}
    _copy(scores, stage)
    _copy(beside["instrument"], stage)
    for name in ("organisations", "targets"):
        if name in beside:
            _copy(beside[name], stage)
            section[name] = f"{name}.csv"
    return section


def _is_instrument(path: Path) -> bool:
    """Whether a table holds items rather than scores; stops if it tries to and is wrong."""
    from .ingest.assessments import read_instrument
    from .ingest.spreadsheets import read_table

    if not {"domain", "scale_min"} <= {name.strip().lower() for name in read_table(path).header}:
        return False
    return not read_instrument(path).empty


def _copy(source: Path, folder: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, folder / source.name)
    else:
        shutil.copyfile(source, folder / source.name)


def _write_commented(file: Path, content: Mapping[str, Any], reasons: Mapping[str, str]) -> None:
    """Write YAML with each reason as a comment above the key it explains."""
    text = _HEADER.format(title=content["title"], name=content["study"]) + dump_yaml(dict(content))
    file.write_text(text, encoding="utf-8")
    places = {
        ".".join(str(k) for k in keys): line for keys, line in read_yaml(file).lines.items() if isinstance(keys, tuple)
    }
    lines = text.splitlines()
    for key, line in sorted(places.items(), key=lambda item: -item[1]):
        if key in _YOURS:
            lines[line:line] = [f"  # {text}" for name, text in _YOURS[key].items() if name not in content[key]]
        if key in reasons:
            indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
            lines.insert(line - 1, f"{' ' * indent}# {' '.join(reasons[key].split())}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _readers(study: Study) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """Per section of study.yaml a title and what reads it."""
    if study.interviews is not None:
        yield "Interviews", lambda: _interviews(study)
    if study.survey is not None:
        yield "Survey", lambda: _survey(study)
    if study.self_assessment is not None:
        yield "Self-assessment", lambda: _assessments(study)
    if study.continuum.exposures or study.continuum.outcomes:
        yield "Cases", lambda: _cases(study)
    if study.pathways is not None:
        yield "Pathways and scenarios", lambda: _pathways(study)
    if study.citations is not None and study.citations.articles:
        yield "Citing articles", lambda: _articles(study)


def _interviews(study: Study) -> list[str]:
    from .ingest import load_interviews
    from .ingest.quote_decisions import load_quote_decisions

    data = load_interviews(study)
    consent = int(data.interviews["consent_quote"].fillna(False).astype(bool).sum())
    sectors = data.interviews["sector"].value_counts().to_dict()
    lines = data.report.lines()
    lines.append(f"sectors: {', '.join(f'{name} {count}' for name, count in sectors.items()) or 'not given'}")
    lines.append(f"may be quoted: {consent} of {len(data.interviews)} interviews")
    if len(decisions := load_quote_decisions(study)):
        void = int((decisions["void"] != "").sum())
        lines.append(f"decisions on excerpts: {len(decisions)}" + (f", {void} of them void" if void else ""))
    mapped = data.codebook["area"].notna().sum()
    lines.append(f"codes with an area: {mapped} of {len(data.codebook)}; coders: {data.codings['coder_id'].nunique()}")
    return lines


def _survey(study: Study) -> list[str]:
    from .ingest import load_survey

    data = load_survey(study)
    lines = data.report.lines()
    kinds = data.items["kind"].value_counts().to_dict()
    lines.append(f"items: {', '.join(f'{count} {kind}' for kind, count in kinds.items()) or 'none mapped yet'}")
    for column in ("sector", "state"):
        if column in data.answers and data.answers[column].notna().any():
            counts = data.answers[column].value_counts().to_dict()
            lines.append(f"{column}: {', '.join(f'{name} {count}' for name, count in counts.items())}")
    return lines


def _assessments(study: Study) -> list[str]:
    from .ingest.assessments import load_assessments, load_instrument

    items = load_instrument(study)
    lines = [f"instrument: {len(items)} items in {items['domain'].nunique()} domains"]
    return lines + load_assessments(study).report.lines()


def _cases(study: Study) -> list[str]:
    from .ingest.cases import load_exposures, load_outcomes

    lines = []
    if study.continuum.exposures:
        table = load_exposures(study)
        lines.append(f"exposures: {len(table)} of {table['person_id'].nunique()} people")
    if study.continuum.outcomes:
        lines.append(f"positions on the continuum: {len(load_outcomes(study))} people")
    return lines


def _pathways(study: Study) -> list[str]:
    from .ingest.pathway_tables import load_lists, load_panel, load_surveillance
    from .model.ledger import load_ledgers

    spec, lines = study.pathways, []
    if spec is None:
        return []
    if spec.panel:
        table = load_panel(study)
        exact = int((table["obs_type"] == "exact").sum())
        lines.append(f"contacts: {len(table)} of {table['person_id'].nunique()} people, {exact} at exact times")
    if spec.reports:
        found = load_surveillance(study)
        lines.append(f"reports received: {int(found.reports['n'].sum())}; people served known for "
                     f"{len(found.denominators)} sites and periods")  # fmt: skip
    if spec.lists:
        table = load_lists(study)
        lines.append(f"lists that name people: {table.shape[1] - 1}, with {int(table['n'].sum())} people")
    for ledger in load_ledgers(study) if spec.ledgers else []:
        lines.append(f"ledger {ledger.name!r}: {len(ledger.parameters)} lines, {ledger.hash}, {ledger.provenance.name}")
    return lines


def _articles(study: Study) -> list[str]:
    from .citations import extract_all

    if study.citations is None or study.citations.articles is None:
        return []
    folder = study.path(study.citations.articles)
    found = extract_all(p for p in folder.iterdir() if p.is_file())
    lines = [f"{len(found.report)} files, {len(found.contexts)} citation contexts"]
    return lines + [f"not read: {entry['error']}" for entry in found.report if "error" in entry]
