"""Open-ended answers: shares of codes given by people, agreement of coders, and words typical of a group."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import BadInput, NotCollected
from ..ingest.tables import SurveyData
from .answers import groups_of, item_of
from .items import PERCENT_BASE, SHOWN_BASE
from .multiple import indicator_contrasts
from .multiplicity import adjust
from .shares import wilson

#: Stands for "this answer cannot be coded", as does an empty code.
UNCODABLE = "uncodable"
CODE_COLUMNS = ("respondent_id", "question_id", "code_id", "coder_id")
#: Words that say nothing about an answer.
STOPWORDS = frozenset(
    "a about after all also am an and any are as at be because been before being but by can could did do does doing "
    "don't done for from get had has have having he her here hers him his how i if in into is it its just like me more "
    "most much my no nor not of on one only or other our out over own same she should so some such than that the their "
    "them then there these they this those through to too under until up very was we were what when where which while "
    "who whom why will with would you your".split()
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n])[^\w]*$")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def open_code_table(
    survey: SurveyData, codes: pd.DataFrame, question: str, by: str | None = None, *, level: float = 0.95
) -> pd.DataFrame:
    """Share of respondents whose answer was given each code, base = those who wrote an answer.

    Parameters
    ----------
    survey : SurveyData
    codes : DataFrame
        ``respondent_id``, ``question_id``, ``code_id`` (empty or "uncodable" where no code fits), ``coder_id``. With
        several coders a code counts if any of them gave it.
    question : str
        The open item.
    by : str, optional
    level : float

    Returns
    -------
    DataFrame
        One row per code and group: ``code``, the grouping column, ``n`` (wrote an answer), ``blank``, ``uncodable``
        (answers no coder gave a code), ``count``, ``share``, ``low``, ``high``, ``shown``.

    Raises
    ------
    BadInput
        For a code of a respondent who wrote no answer or is not in the survey.
    """
    wrote, matrix, names = _code_matrix(survey, codes, question)
    groups = groups_of(survey, by)
    parts = []
    for position in range(len(groups)):
        member = groups.codes == position
        base = int((wrote & member).sum())
        part = pd.DataFrame({"code": names})
        for column in groups.names.columns:
            part[column] = str(groups.names[column].iloc[position])
        part["n"], part["blank"] = base, int((member & ~wrote).sum())
        part["uncodable"] = int((member & wrote & ~matrix.any(axis=1)).sum())
        part["count"] = pd.array(matrix[member & wrote].sum(axis=0), dtype="Int64")
        counts = part["count"].to_numpy(dtype=float)
        part["share"] = counts / base if base else np.nan
        part["low"], part["high"] = wilson(counts, np.full(len(counts), base), level)
        part["shown"] = "percent" if base >= PERCENT_BASE else "counts" if base >= SHOWN_BASE else "suppressed"
        if base < PERCENT_BASE:
            part[["share", "low", "high"]] = np.nan
        if base < SHOWN_BASE:
            part["count"] = pd.array([pd.NA] * len(part), dtype="Int64")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def code_contrasts(
    survey: SurveyData,
    codes: pd.DataFrame,
    question: str,
    by: str,
    *,
    rng: np.random.Generator,
    permutations: int = 9_999,
    blind: bool = True,
) -> pd.DataFrame:
    """Which codes are more or less frequent in which group; see :func:`continuum.survey.multiple.indicator_contrasts`.

    ``blind=False`` notes that the coders knew the group.
    """
    wrote, matrix, names = _code_matrix(survey, codes, question)
    table = indicator_contrasts(matrix, names, wrote, groups_of(survey, by), rng=rng, permutations=permutations)
    table["note"] = "" if blind else f"coders knew the {by}"
    return table.rename(columns={"option": "code"})


def coder_ratings(codes: pd.DataFrame, question: str) -> pd.DataFrame:
    """Codes as ratings: one row per coder, one column per (respondent, code) unit, 1 or 0, missing if not coded.

    The input of ``continuum.interviews.krippendorff_alpha``. A coder rated an answer if they gave it any code or
    marked it as not codable (an empty code).
    """
    part = _of_question(codes, question)
    seen = part[["respondent_id", "coder_id"]].drop_duplicates()
    names = sorted(part["code_id"].dropna().unique())
    rated = seen.assign(rated=1.0).pivot(index="coder_id", columns="respondent_id", values="rated")
    units = pd.MultiIndex.from_product([rated.columns, names], names=["respondent_id", "code_id"])
    given = part.dropna(subset="code_id").drop_duplicates(["coder_id", "respondent_id", "code_id"])
    ones = given.assign(one=1.0).pivot(index="coder_id", columns=["respondent_id", "code_id"], values="one")
    table = ones.reindex(index=rated.index, columns=units).fillna(0.0)
    mask = rated.reindex(columns=units.get_level_values(0)).to_numpy()
    return table * mask


def keyness(survey: SurveyData, question: str, by: str, *, correction: str = "bh", smallest: int = 5) -> pd.DataFrame:
    """Words that one group uses more often than the others, counted by respondents.

    Parameters
    ----------
    survey : SurveyData
    question : str
        The open item.
    by : str
    correction : {"bh", "holm", "none"}
        Over all words and groups.
    smallest : int
        Words that fewer respondents used are left out: they could identify a person, and could not be tested. So are
        words that look like names, see :func:`possible_names`.

    Returns
    -------
    DataFrame
        ``word``, the group in ``group``, ``count`` and ``n`` (respondents of the group who used it, who wrote an
        answer), ``other_count``, ``other_n``, ``share``, ``other_share``, ``odds_ratio``, ``p`` (Fisher's exact),
        ``p_adjusted``; smallest p first. ``shown`` is "suppressed" where fewer than ``smallest`` left the question
        blank: the bases would tell how many.

    Notes
    -----
    A respondent counts once however often they repeat a word, so that long answers do not outweigh short ones.
    """
    item = item_of(survey, question)
    if item.kind != "open":
        raise BadInput(f"{question!r} is a {item.kind} item, not an open question")
    groups = groups_of(survey, by)
    text = survey.answers[question].astype("string")
    used = text.notna().to_numpy() & (groups.codes >= 0)
    size = len(groups)
    blank = int(text.isna().sum())
    # Many people write the same few words: each wording is read once.
    wording, distinct = pd.factorize(text[used])
    written = np.bincount(wording * size + groups.codes[used], minlength=len(distinct) * size).reshape(-1, size)
    words = [sorted(words_of(answer)) for answer in distinct]
    flat = pd.Series([word for answer in words for word in answer], dtype="str").astype("category")
    codes = flat.cat.codes.to_numpy(dtype=np.intp)
    owner = np.repeat(np.arange(len(words)), [len(answer) for answer in words])
    used_by = [np.bincount(codes, weights=written[owner, g], minlength=len(flat.cat.categories)) for g in range(size)]
    counts = np.column_stack(used_by).astype(np.int64)
    kept = (counts.sum(axis=1) >= smallest) & ~flat.cat.categories.isin(possible_names(distinct))
    if not kept.any():
        raise NotCollected(f"No word of {question!r} was used by {smallest} respondents.", "more or longer answers")
    answered = np.bincount(groups.codes[used], minlength=size)
    table = _keyness_table(counts[kept], list(flat.cat.categories[kept]), answered, groups.labels(), correction)
    return table.assign(shown=how_shown(blank, smallest))


def _keyness_table(
    counts: np.ndarray, words: list[str], answered: np.ndarray, labels: list[str], correction: str
) -> pd.DataFrame:
    """One row per word and group from counts (words, groups) and the groups' bases."""
    rows = []
    total, n = counts.sum(axis=1), int(answered.sum())
    for g, label in enumerate(labels):
        size = int(answered[g])
        for j, word in enumerate(words):
            own, other = int(counts[j, g]), int(total[j] - counts[j, g])
            ratio, p = stats.fisher_exact([[own, size - own], [other, n - size - other]])
            rows.append((word, label, own, size, other, n - size, ratio, p))
    columns = ["word", "group", "count", "n", "other_count", "other_n", "odds_ratio", "p"]
    found = pd.DataFrame(rows, columns=columns)
    with np.errstate(invalid="ignore", divide="ignore"):
        found.insert(6, "share", found["count"] / found["n"])
        found.insert(7, "other_share", found["other_count"] / found["other_n"])
    found["p_adjusted"] = adjust(found["p"].to_numpy(), correction)
    return found.sort_values(["p", "word", "group"], kind="stable").reset_index(drop=True)


def words_of(answer: str) -> set[str]:
    """The words of an answer that say something, each once."""
    return {w for w in _WORD.findall(answer.casefold()) if len(w) > 2 and w not in STOPWORDS}


def how_shown(blank: int, smallest: int) -> str:
    """Counts of answers, or none where they would tell that few left the question blank."""
    return "suppressed" if 0 < blank < smallest else "counts"


def possible_names(answers: Iterable[str]) -> set[str]:
    """Words that stand with a capital inside a sentence, and nowhere with a small letter."""
    small, capital = set(), set()
    for answer in answers:
        for word in _WORD.finditer(answer):
            if word.group()[0].islower():
                small.add(word.group().casefold())
            elif not _SENTENCE_START.search(answer[: word.start()]):
                capital.add(word.group().casefold())
    return capital - small


def _of_question(codes: pd.DataFrame, question: str) -> pd.DataFrame:
    lacking = [c for c in CODE_COLUMNS if c not in codes]
    if lacking:
        raise BadInput(f"the open codes have no column {lacking[0]!r}", fix=f"columns: {', '.join(CODE_COLUMNS)}")
    part = codes[codes["question_id"] == question]
    part = part.assign(code_id=part["code_id"].where(part["code_id"] != UNCODABLE))
    if part.empty:
        raise NotCollected(f"No answer to {question!r} has been coded.", "code the answers, with two coders")
    return part


def _code_matrix(survey: SurveyData, codes: pd.DataFrame, question: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Who wrote an answer (n,), who was given which code (n, codes), and the codes."""
    part = _of_question(codes, question)
    item = item_of(survey, question)
    wrote = survey.answers[item.item_id].notna().to_numpy()
    position = pd.Series(np.arange(len(wrote)), index=survey.answers["respondent_id"].astype(str))
    rows = position.reindex(part["respondent_id"].astype(str))
    _refuse_strangers(part, rows, wrote)
    given = part["code_id"].notna().to_numpy()
    names: list[str] = sorted(part.loc[given, "code_id"].unique())
    matrix = np.zeros((len(wrote), len(names)), dtype=bool)
    columns = pd.Categorical(part["code_id"], categories=names).codes
    matrix[rows.to_numpy(dtype=int)[given], columns[given]] = True
    return wrote, matrix, names


def _refuse_strangers(part: pd.DataFrame, rows: pd.Series, wrote: np.ndarray) -> None:
    unknown = rows.isna().to_numpy()
    if unknown.any():
        place = int(part.index[np.flatnonzero(unknown)[0]])
        raise BadInput(
            f"{int(unknown.sum())} open codes are of respondents who are not in the survey", place=f"row {place + 1}"
        )
    blank = ~wrote[rows.to_numpy(dtype=int)]
    if blank.any():
        place = int(part.index[np.flatnonzero(blank)[0]])
        raise BadInput(
            f"{int(blank.sum())} open codes are of respondents who wrote no answer", place=f"row {place + 1}",
            fix="check question_id and respondent_id",
        )  # fmt: skip


def questions_with_codes(codes: pd.DataFrame) -> list[str]:
    """Questions that have codes, in the order of the file."""
    return list(dict.fromkeys(codes["question_id"]))


def all_open_codes(survey: SurveyData, codes: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """:func:`open_code_table` of every coded question, with its text in ``question``."""
    tables = []
    for question in questions_with_codes(codes):
        table = open_code_table(survey, codes, question, by)
        table.insert(0, "question", item_of(survey, question).text)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def coder_agreement(
    survey: SurveyData, codes: pd.DataFrame, alpha: Callable[[np.ndarray], float], *, smallest: int = 5
) -> pd.DataFrame:
    """Agreement of coders, question by question.

    Parameters
    ----------
    survey : SurveyData
    codes : DataFrame
    alpha : callable
        Agreement of ratings (coders, units): ``continuum.interviews.krippendorff_alpha``.
    smallest : int
        Blanks from which their number may be told.

    Returns
    -------
    DataFrame
        ``question``, ``coders``, ``answers`` (coded by two or more), ``percent`` (share of (answer, code) decisions on
        which all who coded it agree), ``alpha``; the latter two missing where nobody coded an answer a second time.
        ``shown`` as in :func:`keyness`.
    """
    rows = []
    for question in questions_with_codes(codes):
        ratings = coder_ratings(codes, question)
        values = ratings.to_numpy(dtype=float)
        twice = (~np.isnan(values)).sum(axis=0) >= 2
        answers = len(set(ratings.columns[twice].get_level_values(0)))
        part = values[:, twice]
        same = np.nanmax(part, axis=0) == np.nanmin(part, axis=0) if twice.any() else np.array([np.nan])
        blank = int(survey.answers[item_of(survey, question).item_id].isna().sum())
        rows.append((item_of(survey, question).text, len(ratings), answers, float(np.mean(same)),
                     float(alpha(part)) if twice.any() else np.nan,
                     how_shown(blank, smallest)))  # fmt: skip
    return pd.DataFrame(rows, columns=["question", "coders", "answers", "percent", "alpha", "shown"])


def all_keyness(survey: SurveyData, by: str, *, most: int = 15, smallest: int = 5) -> pd.DataFrame:
    """:func:`keyness` of the words with the ``most`` smallest p-values of every open question, in all groups.

    ``question`` holds its text; ``telling`` marks these p-values, for :func:`continuum.disclosure.protect` has to see a
    word in all groups.
    """
    tables = []
    for item_id in survey.items.loc[survey.items["kind"] == "open", "item_id"]:
        try:
            table = keyness(survey, str(item_id), by, smallest=smallest)
        except NotCollected:
            continue
        table = table[table["word"].isin(table["word"].head(most))]
        table = table.assign(telling=np.arange(len(table)) < most)
        table.insert(0, "question", item_of(survey, str(item_id)).text)
        tables.append(table)
    if not tables:
        raise NotCollected("This survey has no open answers with words that several respondents used.")
    return pd.concat(tables, ignore_index=True)
