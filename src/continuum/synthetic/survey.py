"""A synthetic provider survey: exact margins, declared structure, missing answers, and a Qualtrics export of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from . import questionnaire as q
from .margins import Floats, hand_out, joint_counts, largest_remainder, latent_normal, one_factor

#: Assumptions (nothing here is published); they stand in the sidecar.
SECTOR_SHARES = (0.17, 0.16, 0.24, 0.30, 0.13)
STATE_SHARES = (0.55, 0.45)
TRAINING_SHARES = (0.58, 0.36, 0.06)
PROTOCOL_SHARES = (0.41, 0.42, 0.17)
LOADING = 0.6
MISSING_AT_RANDOM = 0.02
BREAK_OFF = 0.06
DONT_KNOW_SHARE = 0.06
NOT_APPLICABLE_SHARE = 0.04
NONE_SHARE = 0.08
OPEN_SHARE = 0.45
CODER_ERROR = 0.08
#: Additive shift of the latent ability to meet needs: differences between sectors, training and protocol.
CAPACITY_SECTOR = (-0.2, 0.4, 0.0, 0.3, -0.5)
CAPACITY_TRAINING = 0.35
CAPACITY_PROTOCOL = 0.5

#: First and last item of each block have these level shares; items between are interpolated.
LEVEL_SHARES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "ws_labor": ((0.10, 0.18, 0.30, 0.27, 0.15), (0.34, 0.29, 0.22, 0.10, 0.05)),
    "ws_sex": ((0.09, 0.17, 0.29, 0.28, 0.17), (0.36, 0.28, 0.20, 0.11, 0.05)),
    "micro": ((0.03, 0.07, 0.16, 0.34, 0.40), (0.12, 0.22, 0.30, 0.22, 0.14)),
    "macro": ((0.05, 0.10, 0.20, 0.33, 0.32), (0.15, 0.24, 0.29, 0.20, 0.12)),
    "need": ((0.04, 0.08, 0.20, 0.33, 0.35), (0.10, 0.20, 0.32, 0.24, 0.14)),
    "meet": ((0.20, 0.45, 0.35), (0.50, 0.35, 0.15)),
}
SERVICE_SHARES = (0.18, 0.14, 0.22, 0.35, 0.27, 0.48, 0.30)

Objects = np.ndarray[Any, np.dtype[np.object_]]


@dataclass(frozen=True)
class Block:
    """Scale items that share a stem, a scale and a latent factor."""

    name: str
    stem: str
    texts: tuple[str, ...]
    levels: tuple[str, ...]
    dont_know: bool = False
    not_applicable: bool = False

    @property
    def columns(self) -> list[str]:
        """Column names, ``name_1`` onward."""
        return [f"{self.name}_{i + 1}" for i in range(len(self.texts))]


BLOCKS = (
    Block("ws_labor", "How often do you notice this sign of labor exploitation?", q.WARNING_SIGNS, q.FREQUENCY, True),
    Block("ws_sex", "How often do you notice this sign of sex trafficking?", q.WARNING_SIGNS, q.FREQUENCY, True),
    Block("micro", "How much does this put the people you serve at risk?", q.MICRO, q.EXTENT, True, True),
    Block("macro", "How much does this put people in your area at risk?", q.MACRO, q.EXTENT, True, True),
    Block("need", "How often do people who come to you have this immediate need?", q.NEEDS, q.FREQUENCY, True),
    Block("meet", "Is your organization able to meet this need?", q.NEEDS, q.CAPACITY, False, True),
)


@dataclass
class Survey:
    """A synthetic survey before it is written as an export.

    Attributes
    ----------
    answers : DataFrame
        One row per respondent; text answers, empty string where not answered.
    labels : dict of str to str
        Question text per column.
    open_codes : DataFrame
        respondent_id, question_id, code_id, coder_id.
    capacity : array, shape (n,)
        The latent ability to meet needs: the truth behind the ``meet`` items.
    """

    answers: pd.DataFrame
    labels: dict[str, str]
    open_codes: pd.DataFrame
    capacity: Floats


def make_survey(n: int, rng: np.random.Generator) -> Survey:
    """Respondents whose answers have exact margins among those who answered each item.

    Parameters
    ----------
    n : int
        Respondents, at least 40.
    rng : Generator
    """
    people, labels = _people(n, rng)
    stop = _break_off(people, rng)
    capacity = _capacity(people, rng)
    columns: dict[str, Objects] = {}
    shown = 0
    for block in BLOCKS:
        latent = latent_normal(rng, n, one_factor([LOADING] * len(block.texts)))
        if block.name == "meet":
            latent = latent + capacity[:, None]
        for j, column in enumerate(block.columns):
            asked = (shown < stop) & (rng.random(n) >= MISSING_AT_RANDOM)
            columns[column] = _answers(block, j, latent[:, j], asked, rng)
            labels[column] = f"{block.stem} - {block.texts[j]}"
            shown += 1
    columns |= _services(shown < stop, rng, labels)
    opened, codes = _open(shown + 1 < stop, people["respondent"], rng, labels)
    answers = pd.concat([people, pd.DataFrame(columns), pd.DataFrame(opened)], axis=1)
    return Survey(answers, labels, codes, capacity)


def level_shares(block: str, item: int, items: int) -> Floats:
    """Target shares of the levels of one item, interpolated between the first and the last of its block."""
    first, last = (np.array(shares) for shares in LEVEL_SHARES[block])
    return first + (last - first) * item / max(1, items - 1)


def to_qualtrics(survey: Survey) -> list[list[str]]:
    """Rows of a Qualtrics CSV in today's dialect: names, texts, import ids, then responses.

    Network address and place are fixed values reserved for documentation, there so that importers can be seen to drop
    them.
    """
    answers = survey.answers
    meta = {
        "StartDate": "startDate", "EndDate": "endDate", "Status": "status", "IPAddress": "ipAddress",
        "Progress": "progress", "Duration (in seconds)": "duration", "Finished": "finished",
        "RecordedDate": "recordedDate", "ResponseId": "_recordId", "RecipientLastName": "recipientLastName",
        "RecipientFirstName": "recipientFirstName", "RecipientEmail": "recipientEmail",
        "ExternalReference": "externalDataReference", "LocationLatitude": "locationLatitude",
        "LocationLongitude": "locationLongitude", "DistributionChannel": "distributionChannel",
        "UserLanguage": "userLanguage",
    }  # fmt: skip
    columns = list(answers.columns)
    imports = [{"ImportId": key} for key in meta.values()] + [_import_id(c, k) for k, c in enumerate(columns)]
    rows = [
        [*meta, *columns],
        [*meta, *[survey.labels.get(c, c) for c in columns]],
        [json.dumps(entry, separators=(",", ":")) for entry in imports],
    ]
    for k, record in enumerate(answers.itertuples(index=False, name=None)):
        day = f"2019-{1 + k % 12:02d}-{1 + k % 28:02d} 09:00:00"
        head = [
            day, day, "IP Address", f"192.0.2.{1 + k % 254}", "100", str(300 + k % 600), "True", day,
            f"R_SYN{k + 1:012d}", "", "", "", "", "0.0", "0.0", "anonymous", "EN",
        ]  # fmt: skip
        rows.append(head + [str(value) for value in record])
    return rows


def _import_id(column: str, position: int) -> dict[str, str]:
    if column in {"respondent", "synthetic", "agency"}:
        return {"ImportId": column}  # embedded data
    block, _, choice = column.rpartition("_")
    if block and choice.isdigit():
        return {"ImportId": f"QID{block}_{choice}", "choiceId": choice}
    return {"ImportId": f"QID{position}"}


def _people(n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, dict[str, str]]:
    cells = joint_counts(largest_remainder(SECTOR_SHARES, n), largest_remainder(STATE_SHARES, n))
    pairs = [(i, j) for i in range(len(q.SECTORS)) for j in range(2) for _ in range(cells[i, j])]
    pairs = [pairs[k] for k in rng.permutation(n)]
    sector = np.array([pair[0] for pair in pairs])
    # Agencies belong to one sector and state; about eleven respondents each.
    agency = [f"SYN-A{1 + 12 * i + 6 * j + int(k):03d}" for (i, j), k in zip(pairs, rng.integers(0, 6, n), strict=True)]
    years = np.clip(np.round(rng.gamma(2.0, 5.0, n)), 0, 40).astype(int)
    reach = 0.03 * years + 0.3 * (sector == 1)
    training = hand_out(-reach + rng.logistic(size=n), largest_remainder(TRAINING_SHARES, n))
    protocol = hand_out(0.6 * training + rng.logistic(size=n), largest_remainder(PROTOCOL_SHARES, n))
    choices = np.array([*q.YES_NO, q.UNSURE])
    frame = pd.DataFrame({
        "respondent": [f"SYN-R{k + 1:04d}" for k in range(n)],
        "synthetic": "true",
        "agency": agency,
        "sector": np.array(q.SECTORS)[sector],
        "state": [q.STATES[pair[1]] for pair in pairs],
        "years": years.astype(str),
        "training": choices[training],
        "protocol": choices[protocol],
    })  # fmt: skip
    labels = {
        "sector": "Which sector do you work in?",
        "state": "In which state do you work?",
        "years": "For how many years have you worked in this field?",
        "training": "Have you had training about human trafficking?",
        "protocol": "Does your organization have an identification protocol?",
    }
    return frame, labels


def _break_off(people: pd.DataFrame, rng: np.random.Generator) -> Floats:
    """Number of items each respondent saw: those with fewer years stop more often (missing at random)."""
    n = len(people)
    newer = people["years"].astype(int).to_numpy() < 5
    stops = rng.random(n) < BREAK_OFF * np.where(newer, 1.6, 0.7)
    items = sum(len(block.texts) for block in BLOCKS)
    return np.where(stops, rng.integers(10, items, n), np.inf)


def _capacity(people: pd.DataFrame, rng: np.random.Generator) -> Floats:
    sector = people["sector"].map(dict(zip(q.SECTORS, CAPACITY_SECTOR, strict=True))).to_numpy(float)
    agencies = sorted(people["agency"].unique())
    shared = dict(zip(agencies, rng.normal(0, 0.3, len(agencies)), strict=True))
    return (
        sector
        + CAPACITY_TRAINING * (people["training"] == "Yes").to_numpy(float)
        + CAPACITY_PROTOCOL * (people["protocol"] == "Yes").to_numpy(float)
        + people["agency"].map(shared).to_numpy(float)
    )


def _answers(
    block: Block, item: int, latent: Floats, asked: np.ndarray[Any, np.dtype[np.bool_]], rng: np.random.Generator
) -> Objects:
    """Text answers to one scale item; the levels have exact shares among those who used the scale."""
    n = len(latent)
    answers = np.full(n, "", dtype=object)
    share = np.array([DONT_KNOW_SHARE * block.dont_know, NOT_APPLICABLE_SHARE * block.not_applicable])
    kinds = np.zeros(n, dtype=np.int64)
    kinds[asked] = hand_out(
        rng.random(int(asked.sum())), largest_remainder([1 - share.sum(), *share], int(asked.sum()))
    )
    answers[asked & (kinds == 1)] = q.DONT_KNOW
    answers[asked & (kinds == 2)] = q.NOT_APPLICABLE
    scaled = np.flatnonzero(asked & (kinds == 0))
    counts = largest_remainder(level_shares(block.name, item, len(block.texts)), len(scaled))
    answers[scaled] = np.array(block.levels, dtype=object)[hand_out(latent[scaled], counts)]
    return answers


def _services(
    asked: np.ndarray[Any, np.dtype[np.bool_]], rng: np.random.Generator, labels: dict[str, str]
) -> dict[str, Objects]:
    """A multiple-response question, one column per option, with an option that excludes the others."""
    n = len(asked)
    people = np.flatnonzero(asked)
    none = largest_remainder((1 - NONE_SHARE, NONE_SHARE), len(people))
    offers = people[hand_out(rng.random(len(people)), none) == 0]
    latent = latent_normal(rng, len(offers), one_factor([0.4] * len(q.SERVICES)))
    columns: dict[str, Objects] = {}
    stem = "Which services does your organization offer? Select all that apply."
    for j, (text, share) in enumerate(zip(q.SERVICES, SERVICE_SHARES, strict=True)):
        column = np.full(n, "", dtype=object)
        chosen = hand_out(latent[:, j], largest_remainder((1 - share, share), len(offers))) == 1
        column[offers[chosen]] = text
        columns[f"services_{j + 1}"] = column
        labels[f"services_{j + 1}"] = f"{stem} - Selected Choice - {text}"
    column = np.full(n, "", dtype=object)
    column[np.setdiff1d(people, offers)] = q.NONE_OPTION
    columns["services_8"] = column
    labels["services_8"] = f"{stem} - Selected Choice - {q.NONE_OPTION}"
    return columns


def _open(
    asked: np.ndarray[Any, np.dtype[np.bool_]],
    respondents: pd.Series,
    rng: np.random.Generator,
    labels: dict[str, str],
) -> tuple[dict[str, Objects], pd.DataFrame]:
    """Short answers, and what two coders made of them."""
    answers: dict[str, Objects] = {}
    rows: list[tuple[str, str, str, str]] = []
    for question, (text, codes) in q.OPEN.items():
        column = np.full(len(asked), "", dtype=object)
        names = list(codes)
        for k in np.flatnonzero(asked & (rng.random(len(asked)) < OPEN_SHARE)):
            if rng.random() < 0.04:
                column[k] = str(rng.choice(q.UNCODABLE_ANSWERS))
                true = [q.UNCODABLE]
            else:
                true = [names[i] for i in rng.permutation(len(names))[: 1 + int(rng.random() < 0.25)]]
                column[k] = " ".join(str(rng.choice(codes[name])) for name in true)
            for coder in ("Coder A", "Coder B"):
                rows += [(str(respondents.iloc[k]), question, name, coder) for name in _seen(true, names, coder, rng)]
        answers[question] = column
        labels[question] = text
    return answers, pd.DataFrame(rows, columns=["respondent_id", "question_id", "code_id", "coder_id"])


def _seen(true: list[str], names: list[str], coder: str, rng: np.random.Generator) -> list[str]:
    """Codes one coder assigns; the second coder sometimes takes another one."""
    if coder == "Coder A":
        return true
    return list(dict.fromkeys(str(rng.choice(names)) if rng.random() < CODER_ERROR else name for name in true))
