"""Service contacts over time, reports received and people served, and overlaps between lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .. import paths
from ..errors import BadInput, ManyProblems, NotCollected
from ..study import Study
from .declared import Column, read_declared, refuse_repeats
from .spreadsheets import read_table

STATUSES = ("suspected", "confirmed")
OBSERVATIONS = ("panel", "exact")
DAYS_PER_MONTH = 30.4375

REPORT_COLUMNS = (
    Column("site"),
    Column("period"),
    Column("status", allowed=STATUSES),
    Column("exploitation", required=False, blank=True),
    Column("source_sector", required=False, blank=True),
    Column("n", "integer", low=0),
)
DENOMINATOR_COLUMNS = (Column("site"), Column("period"), Column("persons_served", "number", low=1))

#: Columns of counts, and columns that are no lists, in a table of overlaps.
COUNT_NAMES = ("n", "count", "frequency")
ROW_NAMES = ("rownames", "synthetic")

#: Names of the Human Trafficking Case Data Standard 2.0 (IOM, CC BY 4.0) for columns of a table of contacts.
HTCDS_NAMES = {"person_id": "prs_IdentityNumber", "start": "cas_IncomingReferralDate",
               "end": "cas_OutgoingReferralDate", "level": "vic_TraffickingStatus"}  # fmt: skip


@dataclass
class Surveillance:
    """Reports received and, where known, people served.

    Attributes
    ----------
    reports : DataFrame
        site, period, status, exploitation, source_sector, n.
    denominators : DataFrame
        site, period, persons_served; may be empty.
    """

    reports: pd.DataFrame
    denominators: pd.DataFrame


def load_surveillance(study: Study) -> Surveillance:
    """Reports received and people served, as ``study.yaml`` names them.

    Raises
    ------
    NotCollected
        If the study has no reports.
    BadInput, ManyProblems
        If a cell is wrong, or a site and period has two numbers of people served.
    """
    spec = study.pathways
    if spec is None or spec.reports is None:
        raise NotCollected("This study has no table of reports received.", "pathways: reports: in study.yaml")
    reports = read_declared(study.path(spec.reports), REPORT_COLUMNS, synthetic=study.synthetic)
    served = pd.DataFrame({c.name: [] for c in DENOMINATOR_COLUMNS}).astype({"site": "str", "period": "str"})
    if spec.denominators is not None:
        path = study.path(spec.denominators)
        served = read_declared(path, DENOMINATOR_COLUMNS, synthetic=study.synthetic)
        refuse_repeats(served, ("site", "period"), path)
    return Surveillance(reports.drop(columns="row"), served.drop(columns="row", errors="ignore"))


def load_lists(study: Study) -> pd.DataFrame:
    """Who is named by which lists: one 0/1 column per list, and the count ``n``.

    Raises
    ------
    NotCollected
        If the study has no such table.
    BadInput, ManyProblems
    """
    spec = study.pathways
    if spec is None or spec.lists is None:
        raise NotCollected("This study has no table of overlaps between lists.", "pathways: lists: in study.yaml")
    path = study.path(spec.lists)
    header = [name.strip() for name in read_table(path).header]
    counts = [name for name in header if name.lower() in COUNT_NAMES]
    if len(counts) != 1:
        raise BadInput(
            f"needs one column of counts; found {', '.join(header)}", file=paths.relative(path),
            fix=f"name it {COUNT_NAMES[0]}",
        )  # fmt: skip
    lists = [name for name in header if name and name not in counts and name.lower() not in ROW_NAMES]
    columns = [*[Column(name, "number", low=0, high=1) for name in lists], Column(counts[0], "number", low=0)]
    table = read_declared(path, columns, synthetic=study.synthetic).drop(columns="row")
    return table.rename(columns={counts[0]: "n"})


def load_panel(study: Study) -> pd.DataFrame:
    """Service contacts over time, as ``study.yaml`` names them; see :func:`read_panel`.

    Raises
    ------
    NotCollected
        If the study has none.
    """
    spec = study.pathways
    if spec is None or spec.panel is None:
        raise NotCollected("This study has no service contacts over time.", "pathways: panel: in study.yaml")
    words = {name.lower(): k for k, name in enumerate(study.continuum.levels)}
    words |= {word.lower(): level for word, level in spec.levels.items()}
    return read_panel(
        study.path(spec.panel), names=spec.columns, levels=len(study.continuum.levels), words=words,
        synthetic=study.synthetic,
    )  # fmt: skip


def read_panel(
    path: Path,
    *,
    names: Mapping[str, str] | None = None,
    levels: int = 4,
    words: Mapping[str, int] | None = None,
    synthetic: bool = True,
) -> pd.DataFrame:
    """A table of contacts as one row per person and time.

    Parameters
    ----------
    path : path
        CSV or XLSX. Either visits (person_id, time, level, engaged, and optionally obs_type), spells (person_id, start,
        end, level, engaged), or contacts (person_id, start, end, level): spells in services, out of services between.
        ``time`` is a number of months; ``start`` and ``end`` are dates or numbers.
    names : mapping, optional
        Column -> name in the file; the names of the Human Trafficking Case Data Standard (:data:`HTCDS_NAMES`) are
        understood without it.
    levels : int
        Levels of the continuum, numbered from 0.
    words : mapping of str to int, optional
        Lower-case words that stand for levels.
    synthetic : bool
        Whether the study is declared synthetic.

    Returns
    -------
    DataFrame
        person_id, time (months), level, engaged (0/1), obs_type (``panel``: the state at this time; ``exact``: the
        state changed at this time and not since the row before), in order of person and time.

    Raises
    ------
    BadInput, ManyProblems
        For unknown levels, times out of order, overlapping spells, or spells that end before they begin.
    """
    known = dict(names or {})
    columns = [name.strip().lower() for name in read_table(path).header]
    for column, standard in HTCDS_NAMES.items():
        if column not in known and column not in columns and standard.lower() in columns:
            known[column] = standard
    engaged = Column("engaged", "integer", low=0, high=1)
    if known.get("start", "start").lower() in columns:
        every = (Column("person_id"), Column("start"), Column("end", blank=True), Column("level"))
        served_only = known.get("engaged", "engaged").lower() not in columns
        spells = read_declared(path, every if served_only else (*every, engaged), names=known, synthetic=synthetic)
        spells = _with_levels(spells, path, levels, words or {})
        return _from_spells(spells.assign(engaged=1) if served_only else spells, path, served_only)
    visits = (Column("person_id"), Column("time", "number"), Column("level"), engaged,
              Column("obs_type", required=False, blank=True, allowed=OBSERVATIONS))  # fmt: skip
    panel = _with_levels(read_declared(path, visits, names=known, synthetic=synthetic), path, levels, words or {})
    panel["obs_type"] = panel["obs_type"].fillna("panel")
    backward = panel[panel.groupby("person_id", sort=False)["time"].diff() <= 0]
    if len(backward):
        _refuse(path, backward, "time is not after that of the person's row before", "sort the visits, one per time")
    return panel.drop(columns="row").sort_values(["person_id", "time"], kind="stable", ignore_index=True)


def _with_levels(table: pd.DataFrame, path: Path, levels: int, words: Mapping[str, int]) -> pd.DataFrame:
    """The table with its levels as numbers; words are looked up."""
    problems, found = [], []
    for cell, row in zip(table["level"], table["row"], strict=True):
        known = words.get(cell.lower())
        number = known if known is not None else pd.to_numeric(cell, errors="coerce")
        if pd.isna(number) or number != int(number):
            what, fix = f"{cell!r} is no level", "give its number, or name it under levels: of pathways: in study.yaml"
        elif not 0 <= number < levels:
            what, fix = f"{cell} lies outside 0 to {levels - 1}", "correct the level"
        else:
            found.append(int(number))
            continue
        problems.append(BadInput(what, file=paths.relative(path), place=f"row {row}, column level", fix=fix))
    if problems:
        raise ManyProblems(problems) if len(problems) > 1 else problems[0]
    return table.assign(level=pd.Series(found, index=table.index, dtype="int64"))


def _from_spells(spells: pd.DataFrame, path: Path, served_only: bool) -> pd.DataFrame:
    """Spells as exact times: a row where each begins, and one where the last ends; contacts end outside services."""
    start, end = _months(spells["start"], path, spells), _months(spells["end"], path, spells)
    spells = spells.assign(start=start, end=end)
    backward = spells[spells["end"] <= spells["start"]]
    if len(backward):
        _refuse(path, backward, "the spell ends before it begins, or on the same day", "correct start or end")
    spells = spells.sort_values(["person_id", "start"], kind="stable", ignore_index=True)
    previous = spells.groupby("person_id")["end"].shift()
    first = spells.groupby("person_id").cumcount() == 0
    overlapping = spells[~first & ~(previous <= spells["start"] + 1e-9)]
    if len(overlapping):
        _refuse(path, overlapping, "the spell overlaps the person's spell before", "end the earlier spell first")
    last = spells.groupby("person_id").cumcount(ascending=False) == 0
    follows = ~first & ((spells["start"] - previous).abs() < 1e-9)
    columns = ["person_id", "time", "level", "engaged", "obs_type"]
    begins = spells.assign(time=spells["start"], obs_type=follows.map({True: "exact", False: "panel"}))
    over = spells["end"].notna() & (last | (served_only & ~follows.shift(-1, fill_value=False)))
    ends = spells[over].assign(time=lambda rows: rows["end"], obs_type="exact")
    if served_only:
        ends["engaged"] = 0
    both = pd.concat([begins[columns], ends[columns]])
    return both.sort_values(["person_id", "time"], kind="stable", ignore_index=True)


def _months(cells: pd.Series, path: Path, table: pd.DataFrame) -> pd.Series:
    """Dates (or plain numbers) as months since 2000-01-01."""
    numbers = pd.to_numeric(cells, errors="coerce")
    if numbers.notna().sum() == cells.notna().sum():
        return numbers.astype("float64")
    dates = pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    unread = table[dates.isna() & cells.notna()]
    if len(unread):
        _refuse(path, unread, "a date is not written as year-month-day", "write dates like 2019-03-31")
    return (dates - pd.Timestamp("2000-01-01")).dt.days / DAYS_PER_MONTH


def _refuse(path: Path, rows: pd.DataFrame, what: str, fix: str) -> None:
    problems = [BadInput(what, file=paths.relative(path), place=f"row {row}", fix=fix) for row in rows["row"]]
    raise ManyProblems(problems) if len(problems) > 1 else problems[0]
