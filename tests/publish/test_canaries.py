"""Planted identifiers, quotations, coordinates and addresses: none of them is in anything that is published.

The study is made of synthetic records that are disguised as a team's own, with something planted in every field of
every format that could leak.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import attack
import pytest
from support import ROOT, compendium

from continuum.disclosure.extract import passages
from continuum.ingest import load_interviews
from continuum.publish import quarto
from continuum.sidecar import MADE_BY
from continuum.study import load_study
from continuum.synthetic import make_study

PERSONAL = {
    "IPAddress": "198.51.100.{}", "RecipientLastName": "Canarylast{}", "RecipientFirstName": "Canaryfirst{}",
    "RecipientEmail": "canary{}@shelter.example", "ExternalReference": "CANARYREF{}", "LocationLatitude": "39.{}7731",
    "LocationLongitude": "-94.{}2218",
}  # fmt: skip
EVERY = 16


def plant_in_survey(file: Path) -> Iterator[str]:
    """Fill every personal column, and a word in every open answer; yields what was planted. Few state no group."""
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))
    header = rows[0]
    drop = header.index("synthetic")
    for number, row in enumerate(rows[3:], start=100):
        for column, form in PERSONAL.items():
            row[header.index(column)] = form.format(number)
            if number % EVERY == 0:
                yield form.format(number)
        for column in ("open_barrier", "open_prevention"):
            if row[header.index(column)]:
                word = f"zq{number}{column[5:8]}velour"
                row[header.index(column)] += f" and {word} was said"
                yield word
    for number, column in enumerate(("sector", "sector", "sector", "state", "state"), start=3):
        rows[number][header.index(column)] = ""  # so few in no group could be worked out as everyone less the groups
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([c for i, c in enumerate(row) if i != drop] for row in rows)
    file.write_text(out.getvalue(), encoding="utf-8")


def plant_in_interviews(file: Path, silent: set[str]) -> Iterator[str]:
    """Replace words of the interviews that may not be quoted by planted ones of the same length: no offset moves."""
    members = read_zip(file)
    sources = dict(re.findall(r'<TextSource [^>]*?name="([^"]+)"[^>]*?plainTextPath="internal://([^"]+)"',
                              members["project.qde"].decode("utf-8")))  # fmt: skip
    for number, interview in enumerate(sorted(silent), start=100):
        name = f"sources/{sources[interview]}"
        text = members[name].decode("utf-8")
        words = re.findall(r"\b[a-z]{9,}\b", text)
        for place, word in enumerate(dict.fromkeys(words[:8])):
            planted = f"zq{number}{place}{'v' * len(word)}"[: len(word)]
            text = re.sub(rf"\b{word}\b", planted, text, count=1)
            yield planted
        members[name] = text.encode("utf-8")
    for name in [n for n in members if n.endswith(".txt")]:
        members[name] = members[name].replace(b"SYNTHETIC", b"NARRATIVE")
    qde, memos = with_memos(members["project.qde"].decode("utf-8"))
    yield from memos
    qde = qde.replace("SYN-", "KCX-").replace("SYNTHETIC", "NARRATIVE")
    qde = qde.replace('name="Synthetic"', 'name="Kind"')
    members["project.qde"] = qde.encode("utf-8")
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def with_memos(qde: str) -> tuple[str, list[str]]:
    """A project whose every passage has a memo, also those that may be quoted; and a word of every sixteenth memo."""
    pieces = re.split(r"(<PlainTextSelection [^>]*[^/]>)", qde)
    words = [f"zqmemo{number}velour" for number in range(len(pieces) // 2)]
    for number, word in enumerate(words):
        pieces[2 * number + 1] += f"<Description>Ask her employer about {word} again</Description>"
    return "".join(pieces), words[::EVERY]


def plant_in_team_folder(folder: Path) -> Iterator[str]:
    """Add a line with a word of its own to every table the team sees: matrix, pairs, and who coded what."""
    for number, file in enumerate(sorted(folder.glob("*.csv"))):
        word = f"zqteam{number}velour"
        with file.open("a", encoding="utf-8") as table:
            table.write(f"{word}\n")
        yield word


def read_zip(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def disguise(folder: Path) -> None:
    """Take the marks of synthetic data off, as a team's own data have none."""
    for file in folder.glob("*.csv"):
        text = file.read_text(encoding="utf-8").replace("SYN-", "KCX-")
        rows = list(csv.reader(io.StringIO(text)))
        if file.name != "survey.csv" and "synthetic" in rows[0]:
            drop = rows[0].index("synthetic")
            rows = [[c for i, c in enumerate(row) if i != drop] for row in rows]
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        file.write_text(out.getvalue(), encoding="utf-8")
    (folder / "SYNTHETIC.json").unlink()
    settings = folder / "study.yaml"
    text = settings.read_text(encoding="utf-8").replace("synthetic: true ", "synthetic: false")
    settings.write_text(text.replace(MADE_BY, "Written by hand"), encoding="utf-8")


@pytest.fixture(scope="module")
def planted_study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A project whose study was full of planted material when it was run, and what was planted."""
    root = tmp_path_factory.mktemp("canaries")
    for name in ("_quarto.yml", "index.qmd", "404.qmd", "pages", "paper", "src", "notebooks", "CITATION.cff"):
        (root / name).symlink_to(ROOT / name)
    (root / "data").mkdir()
    (root / "data" / "published").symlink_to(ROOT / "data" / "published")
    folder = make_study(folder=root / "data" / "field")
    people = load_interviews(load_study(folder)).interviews
    silent = set(people.loc[~people["consent_quote"].astype(bool), "interview_id"])
    planted = {*plant_in_survey(folder / "survey.csv"), *plant_in_interviews(folder / "interviews.qdpx", silent)}
    disguise(folder)
    ended = compendium("run", "field", "-n", "2", root=root)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return root, planted | {*plant_in_team_folder(root / "results" / "field" / "team")}


@pytest.fixture(scope="module", params=["portable", "quarto"])
def published(request: pytest.FixtureRequest, planted_study: tuple[Path, set[str]]) -> tuple[Path, set[str]]:
    """The site of that study by one of the publishers."""
    root, planted = planted_study
    if request.param == "quarto" and (problem := quarto.available()[1]):
        pytest.skip(f"needs Quarto: {problem}")
    ended = compendium("site", "field", "--engine", request.param, root=root)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return root / "_site", planted


@pytest.mark.slow
def test_nothing_planted_is_published(published: tuple[Path, set[str]]):
    site, planted = published
    assert len(planted) >= 200
    found = []
    for file in sorted(p for p in site.rglob("*") if p.is_file()):
        text = "\n".join(f"{passage.text}" for passage in passages(file)).lower()
        found += [f"{file.relative_to(site)}: {word}" for word in planted if word.lower() in text]
    assert found == []


@pytest.mark.slow
def test_no_file_of_the_team_is_published(published: tuple[Path, set[str]]):
    site, planted = published
    team = site.parent / "results" / "field" / "team"
    files = [file for file in team.rglob("*") if file.is_file()]
    names = {file.name for file in files}
    assert {"disagreements.csv", "case-by-code.csv", "project.qdpx", "taguette.sqlite3"} <= names
    assert sum(word.startswith("zqteam") for word in planted) == len(list(team.glob("*.csv"))) >= 4
    contents = {file.read_bytes() for file in files}
    copies = [f for f in site.rglob("*") if f.is_file() and (f.name in names or f.read_bytes() in contents)]
    assert copies == []


@pytest.mark.slow
def test_no_identifier_of_the_study_is_published(published: tuple[Path, set[str]]):
    site, _ = published
    leaking = [
        file.relative_to(site).as_posix()
        for file in site.rglob("*")
        if file.is_file() and any(re.search(r"KCX-[A-Z]?\d", passage.text) for passage in passages(file))
    ]
    assert leaking == []


@pytest.mark.slow
def test_a_team_s_own_study_is_never_called_synthetic(published: tuple[Path, set[str]]):
    site, _ = published
    for page in ("index.html", "notebooks/20-survey.html", "pages/results.html"):
        assert "Synthetic data, not a finding" not in (site / page).read_text(encoding="utf-8")


@pytest.mark.slow
def test_no_hidden_count_can_be_computed_back_from_what_is_published(planted_study: tuple[Path, set[str]]):
    results = planted_study[0] / "results" / "field"
    found, tried = attack.recovered(results, 5, 42)
    assert found == []
    assert tried > 20
    assert attack.hidden_in_one_form_only(results) == []
