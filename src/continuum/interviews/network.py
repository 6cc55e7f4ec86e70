"""The pairs of codes that hold up: false-discovery control, bootstrap inclusion, and how stable the picture is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import NoNetworkSupported
from ..ingest.tables import CodedInterviews
from .coefficients import resampled
from .cooccurrence import CoOccurrence, Q
from .matrix import presence

#: Share of bootstrap samples in which a pair has to stay on its side of chance.
INCLUSION = 0.8
#: Bootstrap samples for which centralities and communities are computed: these are slow, and their ranks settle early.
GRAPH_REPLICATES = 200
#: Interviews at which clusters of codes are found in simulations (see :func:`operating_characteristics`).
POWERED_FROM = 200
NOT_POWERED = "not powered to find clusters"

#: What is kept of 276 pairs in simulated worlds (benchmarks/network_tables.py).
POWER_FILE = Path(__file__).with_name("network_power.csv")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """Pairs of codes that pass, and how far the network can be relied on.

    Attributes
    ----------
    edges : DataFrame
        One row per kept pair: code_a, code_b, both, effect, q, inclusion.
    nodes : DataFrame
        One row per code: code, strength (sum of absolute effects of its pairs) and betweenness, each with the
        interval of its rank over bootstrap samples (1 is the largest); community (0 for codes without a positive pair).
    stability : float
        Mean adjusted Rand index between the communities and those of bootstrap samples; 1 is always the same.
    replicates : int
    interviews : int
    note : str
    """

    edges: pd.DataFrame
    nodes: pd.DataFrame
    stability: float
    replicates: int
    interviews: int
    note: str


def network(
    found: CoOccurrence,
    data: CodedInterviews | pd.DataFrame,
    *,
    replicates: int = 1000,
    seed: int | np.random.Generator = 0,
    q: float = Q,
    organisations: pd.Series | None = None,
    measures: bool = True,
) -> Network:
    """Pairs with a false-discovery q below ``q`` that stay on one side of chance in 80 percent of bootstrap samples.

    In simulated worlds false-discovery control does nearly all of the work: inclusion takes out hardly a pair more.
    Asking a pair to stay 1, 1.645 or 1.96 null standard deviations beyond chance would keep 35, 26 or 20 of the 60
    related pairs of the clustered world at 200 interviews, against 38, and spare no error: the independent world gave
    no pair under any of them (27 runs at each size). See :func:`operating_characteristics`.

    Parameters
    ----------
    found : CoOccurrence
    data : CodedInterviews, codings, or case-by-code matrix of 0 and 1
        What ``found`` was computed from.
    replicates : int
        Bootstrap samples of interviews for the inclusion; the first 200 also give centralities and communities.
    seed : int or numpy Generator
    q : float
    organisations : Series indexed by interview_id, optional
        Interviews of one organization are drawn together.
    measures : bool
        Whether to compute centralities and communities over bootstrap samples, the slow part.

    Raises
    ------
    NoNetworkSupported
        If nothing was tested, or no pair passes: the unthresholded network is never drawn.
    """
    pairs = found.pairs
    if pairs["q"].isna().all():
        raise NoNetworkSupported(
            "No false-discovery rate was computed: " + "; ".join(found.notes) + ".",
            "at least 20 interviews, and more than 2 x pairs / q draws from the null model",
        )
    matrix = presence(data)
    tested = pairs["effect"].notna().to_numpy()
    effects = _bootstrap_effects(found, matrix, tested, replicates, np.random.default_rng(seed), organisations)
    observed = pairs.loc[tested, "effect"].to_numpy()
    inclusion = (np.sign(observed) * effects > 0).mean(axis=0)
    kept = (pairs.loc[tested, "q"].to_numpy() < q) & (inclusion >= INCLUSION)
    if not kept.any():
        raise NoNetworkSupported(
            f"None of {tested.sum()} pairs of codes passes at a false-discovery rate of {q:.0%}; a general tendency "
            f"to mention much or little is part of the null model, so this does not mean that codes are unrelated.",
            f"about {POWERED_FROM} interviews" if found.interviews < POWERED_FROM else "a more specific codebook",
        )
    edges = pairs.loc[tested, ["code_a", "code_b", "both", "effect", "q"]].assign(inclusion=inclusion)[kept]
    ends = pairs.loc[tested, ["code_a", "code_b"]].to_numpy()
    samples = effects[: GRAPH_REPLICATES if measures else 0]
    nodes, stability = _measures(list(matrix.columns), ends, np.where(kept, observed, 0.0), samples, observed[kept])
    note = NOT_POWERED if found.interviews < POWERED_FROM else ""
    return Network(edges.reset_index(drop=True), nodes, stability, replicates, found.interviews, note)


def operating_characteristics() -> pd.DataFrame:
    """How many of 276 pairs such a network keeps in simulated worlds whose truth is known.

    Returns
    -------
    DataFrame
        world, interviews, runs; related (pairs that the world relates directly: the 60 within clusters, the 23
        neighbors of a chain), found (share of these that are kept), kept (pairs kept), other (kept pairs that the
        world does not relate directly: where some codes go together, others go apart under fixed margins), any (share
        of runs that keep a pair), kept_column_margins (pairs kept if only the frequency of each code were kept). Means
        over runs.
    """
    return pd.read_csv(POWER_FILE)


def adjusted_rand(first: ArrayLike, second: ArrayLike) -> float:
    """Agreement of two partitions beyond chance: 1 if they are the same, about 0 if unrelated.

    Parameters
    ----------
    first, second : array-like of labels, shape (items,)

    Source: Hubert and Arabie 1985, 10.1007/BF01908075.
    """
    table = pd.crosstab(np.asarray(first), np.asarray(second)).to_numpy()
    pairs, rows, columns = (
        float((counts * (counts - 1) / 2).sum()) for counts in (table, table.sum(axis=1), table.sum(axis=0))
    )
    total = table.sum() * (table.sum() - 1) / 2
    expected = rows * columns / total if total else 0.0
    largest = (rows + columns) / 2
    return 1.0 if largest == expected else (pairs - expected) / (largest - expected)


def centralities(codes: list[str], ends: NDArray, weights: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Strength, betweenness and community of each code.

    Parameters
    ----------
    codes : list of str
    ends : array of str, shape (pairs, 2)
    weights : array of float, shape (pairs,)
        Standardized effects; zero is no edge. Strength sums their absolute values, betweenness counts shortest paths
        by edges, communities (greedy modularity) use positive pairs only and are 0 for codes without one.
    """
    import networkx as nx

    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(codes)
    strength = dict.fromkeys(codes, 0.0)
    for (a, b), weight in zip(ends, weights, strict=True):
        if weight:
            graph.add_edge(a, b, weight=weight)
            strength[a] += abs(weight)
            strength[b] += abs(weight)
    between = nx.betweenness_centrality(graph, normalized=False)
    together = nx.Graph([(a, b, d) for a, b, d in graph.edges(data=True) if d["weight"] > 0])
    community = dict.fromkeys(codes, 0)
    if together.number_of_edges():
        for number, members in enumerate(nx.community.greedy_modularity_communities(together, weight="weight"), 1):
            community |= dict.fromkeys(members, number)
    return (
        np.array([strength[c] for c in codes]),
        np.array([between[c] for c in codes]),
        np.array([community[c] for c in codes]),
    )


def _bootstrap_effects(
    found: CoOccurrence,
    matrix: pd.DataFrame,
    tested: NDArray[np.bool_],
    replicates: int,
    rng: np.random.Generator,
    organisations: pd.Series | None,
) -> Floats:
    """Standardized effect of every tested pair in every bootstrap sample, shape (replicates, pairs).

    Observed minus null co-occurrence adds up over interviews, so all samples are one matrix product.
    """
    if found.local is None or found.null_sd is None:
        raise NoNetworkSupported(
            "There are too many interviews and codes for the bootstrap of the network.",
            "fewer codes: roll the codebook up to a higher level",
        )
    values = matrix.to_numpy(float)
    place = {code: k for k, code in enumerate(matrix.columns)}
    first, second = (found.pairs.loc[tested, side].map(place).to_numpy() for side in ("code_a", "code_b"))
    moves = found.null_sd > 0
    excess = values[:, first] * values[:, second] - found.local[:, moves]
    if organisations is not None:
        cluster = pd.factorize(organisations.loc[matrix.index].to_numpy())[0]
        summed = np.zeros((cluster.max() + 1, excess.shape[1]))
        np.add.at(summed, cluster, excess)
        excess = summed
    return resampled(len(excess), replicates, rng) @ excess / found.null_sd[moves]


def _measures(
    codes: list[str], ends: NDArray, kept: Floats, effects: Floats, kept_effects: Floats
) -> tuple[pd.DataFrame, float]:
    """Centralities with rank intervals, communities, and the stability of the communities."""
    strength, between, community = centralities(codes, ends, kept)
    cut = np.abs(kept_effects).min()
    linked = community > 0
    ranks: list[tuple[Floats, Floats]] = []
    same: list[float] = []
    for effect in effects:
        s, b, c = centralities(codes, ends, np.where(np.abs(effect) >= cut, effect, 0.0))
        ranks.append((_ranks(s), _ranks(b)))
        same.append(adjusted_rand(community[linked], c[linked]) if linked.any() else np.nan)
    nodes = pd.DataFrame({"code": codes})
    for k, (name, value) in enumerate((("strength", strength), ("betweenness", between))):
        nodes[name] = value
        drawn = np.array([rank[k] for rank in ranks]) if ranks else np.full((1, len(codes)), np.nan)
        nodes[f"{name}_rank_low"], nodes[f"{name}_rank_high"] = np.quantile(drawn, [0.025, 0.975], axis=0)
    nodes["community"] = community
    return nodes, float(np.mean(same)) if same else float("nan")


def _ranks(values: Floats) -> Floats:
    """Rank 1 for the largest, ties share their mean rank."""
    return np.asarray(pd.Series(-values).rank(), dtype=np.float64)
