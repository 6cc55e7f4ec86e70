"""Open answers that use the same words, put side by side: an aid for reading them, never a coding of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import svds

from ..errors import BadInput, NotCollected
from ..ingest.tables import SurveyData
from .answers import item_of
from .missing import every_kth
from .open_answers import how_shown, possible_names, words_of

#: What every table of clusters says of itself.
LABEL = "machine-made reading aid, not coding"
#: Stands for answers that share no word with enough others, or that have no vector.
ALONE = "none"
#: Dimensions of the space in which answers are compared.
DIMENSIONS = 50
#: Words of a cluster that are shown.
KEYWORDS = 6


def answer_clusters(
    survey: SurveyData,
    question: str,
    *,
    rng: np.random.Generator,
    clusters: int = 5,
    smallest: int = 5,
    vectors: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Groups of similar answers to one open question: how many, and the words typical of them.

    Parameters
    ----------
    survey : SurveyData
    question : str
        The open item.
    rng : Generator
    clusters : int
    smallest : int
        A word that fewer respondents of a cluster used is not shown: it could identify a person.
    vectors : DataFrame, optional
        Embeddings made elsewhere: ``respondent_id``, ``question_id`` and one column per dimension. Answers without a
        vector are left out. Without it answers are compared by the words they share.

    Returns
    -------
    DataFrame
        One row per cluster, largest first: ``cluster`` (a number), ``count``, ``n`` (answers), ``share``, ``words``
        (typical of it, none below ``smallest`` and none that looks like a name) and ``basis``; a last one
        for answers that share no word with enough others. No answer is shown. ``shown`` is "suppressed" where
        fewer than ``smallest`` left the question blank: the sizes would tell how many.

    Raises
    ------
    NotCollected
        If there are too few answers or words for so many clusters.

    Notes
    -----
    Latent semantic analysis: TF-IDF of the words, truncated singular value decomposition (Deerwester et al. 1990,
    10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9), then k-means of directions. It knows nothing of what
    words mean. Of more than 20,000 respondents every k-th enters.
    """
    item = item_of(survey, question)
    if item.kind != "open":
        raise BadInput(f"{question!r} is a {item.kind} item, not an open question")
    if clusters < 2:
        raise NotCollected("No clusters of answers were asked for.", "set clusters to 2 or more")
    rows = every_kth(len(survey.answers))
    text = survey.answers[question].astype("string").iloc[rows]
    blank, written = int(text.isna().sum()), int(text.notna().sum())
    people = survey.answers["respondent_id"].astype("string").iloc[rows][text.notna()]
    text = text.dropna()
    basis = "words they share (latent semantic analysis)"
    if vectors is not None:
        given = _of_question(vectors, question).reindex(people).dropna()
        there = people.isin(given.index).to_numpy()
        text = text[there]
        space, basis = given.reindex(people[there]).to_numpy(dtype=float), "vectors made elsewhere"
    counts, names = _word_counts(list(text), smallest)
    weighted = _tf_idf(counts)
    if vectors is None:
        _refuse_few(min(weighted.shape), clusters)
        space = _semantic_space(weighted, rng)
    used = np.linalg.norm(space, axis=1) > 1e-6
    _refuse_few(int(used.sum()) // smallest, clusters)
    directions = space[used] / np.linalg.norm(space[used], axis=1, keepdims=True)
    label = _best_of(directions, clusters, rng)
    own, strength = counts[used], weighted[used]
    table = pd.DataFrame(
        [_cluster_row(own[label == c], strength[label == c], names, smallest) for c in range(clusters)]
    )
    table = table[table["count"] > 0].sort_values(["count", "words"], ascending=[False, True], kind="stable")
    table.insert(0, "cluster", [str(place) for place in range(1, len(table) + 1)])
    if alone := written - int(used.sum()):
        table = pd.concat([table, pd.DataFrame([{"cluster": ALONE, "count": alone, "words": ""}])])
    table.insert(2, "n", written)
    table.insert(3, "share", table["count"] / table["n"])
    return table.assign(basis=f"{LABEL}; {basis}", shown=how_shown(blank, smallest)).reset_index(drop=True)


def all_answer_clusters(
    survey: SurveyData, *, rng: np.random.Generator, clusters: int, vectors: pd.DataFrame | None = None,
    smallest: int = 5,
) -> pd.DataFrame:  # fmt: skip
    """:func:`answer_clusters` of every open question with enough answers, its text in ``question``."""
    tables = []
    for item_id in survey.items.loc[survey.items["kind"] == "open", "item_id"]:
        try:
            table = answer_clusters(survey, str(item_id), rng=rng, clusters=clusters, smallest=smallest,
                                    vectors=vectors)  # fmt: skip
        except NotCollected:
            continue
        table.insert(0, "question", item_of(survey, str(item_id)).text)
        tables.append(table)
    if not tables:
        raise NotCollected(
            "No open question has enough answers to put similar ones side by side, or none was asked for.",
            "more answers, or clusters of 2 or more",
        )
    return pd.concat(tables, ignore_index=True)


def _refuse_few(available: int, clusters: int) -> None:
    if available < clusters:
        raise NotCollected(f"The answers are too few or too short for {clusters} clusters.", "more answers")


def _of_question(vectors: pd.DataFrame, question: str) -> pd.DataFrame:
    own = vectors[vectors["question_id"] == question].drop(columns="question_id")
    return own.set_index("respondent_id")


def _word_counts(texts: list[str], smallest: int) -> tuple[sparse.csr_array, np.ndarray]:
    """Which answer holds which word, for words of at least ``smallest`` answers: (answers, words), words."""
    found = [sorted(words_of(text)) for text in texts]
    flat = pd.Series([word for words in found for word in words], dtype="str").astype("category")
    owner = np.repeat(np.arange(len(found)), [len(words) for words in found])
    ones = np.ones(len(owner))
    codes = flat.cat.codes.to_numpy(dtype=np.intp)
    matrix = sparse.csr_array((ones, (owner, codes)), shape=(len(found), len(flat.cat.categories)))
    kept = (np.asarray(matrix.sum(axis=0)) >= smallest) & ~flat.cat.categories.isin(possible_names(texts))
    return matrix[:, np.flatnonzero(kept)], flat.cat.categories.to_numpy()[kept]


def _tf_idf(counts: sparse.csr_array) -> sparse.csr_array:
    """Rare words weigh more (smoothed inverse document frequency); every answer has length one."""
    holding = np.asarray(counts.sum(axis=0))
    weighted = counts * (np.log((1 + counts.shape[0]) / (1 + holding)) + 1)[None, :]
    length = np.sqrt(np.asarray((weighted * weighted).sum(axis=1)))
    return sparse.csr_array(weighted * (1 / np.where(length > 0, length, 1))[:, None])


def _semantic_space(weighted: sparse.csr_array, rng: np.random.Generator) -> np.ndarray:
    size = min(DIMENSIONS, min(weighted.shape) - 1)
    left, values, right = svds(weighted, k=size, v0=rng.standard_normal(min(weighted.shape)))
    # The sign of a dimension is arbitrary; that of its largest word makes it the same on every machine.
    signs = np.sign(right[np.arange(size), np.abs(right).argmax(axis=1)])
    return left * values * signs


def _best_of(directions: np.ndarray, clusters: int, rng: np.random.Generator, starts: int = 8) -> np.ndarray:
    """Labels of the k-means solution with the smallest spread, of several starts."""
    best, smallest = np.zeros(len(directions), dtype=np.intp), np.inf
    for _ in range(starts):
        label, spread = _k_means(directions, clusters, rng)
        if spread < smallest - 1e-6:
            best, smallest = label, spread
    return best


def _k_means(points: np.ndarray, clusters: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Labels and spread from one start (k-means++).

    Many short answers are equally far from two centers. Distances are rounded, so that the last bits of a processor do
    not choose between them. Source: Arthur and Vassilvitskii 2007.
    """
    centers = points[[rng.integers(len(points))]]
    for _ in range(1, clusters):
        far = _distances(points, centers).min(axis=1)
        weight = far / far.sum() if far.sum() > 0 else None
        centers = np.vstack([centers, points[rng.choice(len(points), p=weight)]])
    label = _distances(points, centers).argmin(axis=1)
    for _ in range(100):
        for c in np.unique(label):
            centers[c] = points[label == c].mean(axis=0)
        before, label = label, _distances(points, centers).argmin(axis=1)
        if (before == label).all():
            break
    return label, float(_distances(points, centers)[np.arange(len(points)), label].sum())


def _distances(points: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Squared distances (points, centers) to eight decimals."""
    squares = (points**2).sum(axis=1)[:, None] + (centers**2).sum(axis=1) - 2 * points @ centers.T
    return np.maximum(squares.round(8), 0.0)


def _cluster_row(
    counts: sparse.csr_array, weighted: sparse.csr_array, names: np.ndarray, smallest: int
) -> dict[str, object]:
    people = np.asarray(counts.sum(axis=0))
    strength = np.asarray(weighted.sum(axis=0)) * (people >= smallest)
    order = [j for j in np.argsort(-strength.round(9), kind="stable")[:KEYWORDS] if strength[j] > 0]
    return {"count": counts.shape[0], "words": ", ".join(names[order])}
