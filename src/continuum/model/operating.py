"""What can samples of this size find? How often each verdict of the life-course model comes out when it is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .hypotheses import Hypothesis, hypotheses, select
from .matrix import Seed
from .structure import (
    STRUCTURES,
    common_cause_probabilities,
    fit_structures,
    pattern_counts,
    patterns,
)

#: Reference world: odds ratio between neighbors of a chain, and loading on a common cause, on the log scale.
CHAIN_LOG_ODDS = 2.0
COMMON_LOADING = 1.7
#: Effects of an additive chain of five exposures; other numbers are interpolated.
ADDITIVE = (0.1, 0.2, 0.3, 0.5, 0.9)
#: Equal levels of the outcome, the most informative case.
SHARES = (0.25, 0.25, 0.25, 0.25)
#: Simulated samples fitted side by side.
CHUNK = 500
CLOSE = 2.0


@dataclass(frozen=True)
class DesignAnalysis:
    """Operating characteristics at one sample size.

    Attributes
    ----------
    table : DataFrame
        part (exposures or outcome), truth, effect (in words), runs, found (share of samples in which the true model
        has the smallest BIC), low, high (95% Wilson interval), determined (found, and 2 BIC units ahead), misled
        (another model is 2 units ahead), mistaken_for (the most frequent of those).
    n : int
    replicates : int
    """

    table: pd.DataFrame
    n: int
    replicates: int

    def sentence(self, part: str, truth: str) -> str:
        """How often samples of this size find one truth, in words."""
        row = self.table[(self.table["part"] == part) & (self.table["truth"] == truth)].iloc[0]
        return f"with {self.n} people, {truth} is found in {row['found']:.0%} of samples in which it is true"


def design_analysis(
    n: int,
    *,
    exposures: int = 5,
    met: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    shares: ArrayLike = SHARES,
    replicates: int = 1000,
    seed: Seed = 0,
) -> DesignAnalysis:
    """Simulate samples of ``n`` people under every structure and outcome model, and apply the verdict's rules.

    Structures have the reference strength: log odds ratio 2 between neighbors of a chain, or loadings of 1.7 on a
    common cause.

    Parameters
    ----------
    n : int
        People in each sample.
    exposures : int
        Number of exposures of the reference world; ignored if ``met`` is given.
    met : array of 0 and 1, shape (people, exposures), optional
        A study's exposures: simulated structures then have their shares, and outcomes are simulated on them.
    names : sequence of str, optional
        Of the exposures.
    shares : array
        Shares of the outcome's levels, lowest first.
    replicates : int
        Samples per truth.
    seed : int or numpy Generator

    Returns
    -------
    DesignAnalysis
    """
    rng = np.random.default_rng(seed)
    met = None if met is None else np.asarray(met)
    worlds = structure_worlds(np.full(exposures, 0.5) if met is None else met.mean(axis=0))
    count = int(np.log2(len(worlds["chain"])))
    labels = list(names) if names is not None else [f"exposure {k}" for k in range(1, count + 1)]
    rows = [_structure_row(n, truth, worlds[truth], replicates, rng) for truth in STRUCTURES[:3]]
    cells = patterns(count)
    found = hypotheses(cells, labels)
    # Outcomes are simulated on exposures as they were seen, or on those of a chain.
    exposed = worlds["chain"] if met is None else pattern_counts(met) / len(met)
    for truth, effect, words in _outcome_worlds(found, count):
        table = level_probabilities(exposed, effect, np.asarray(shares, dtype=float))
        rows.append(_outcome_row(n, truth, words, found, table, replicates, rng))
    return DesignAnalysis(pd.DataFrame(rows), n, replicates)


def level_probabilities(exposed: NDArray, effect: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Joint probabilities of patterns and levels, shape (patterns, levels), with the levels' shares met exactly.

    Parameters
    ----------
    exposed : array, shape (patterns,)
        Probability of each pattern.
    effect : array, shape (patterns,)
        Log odds of higher levels.
    shares : array, shape (levels,)
    """
    target = np.cumsum(shares / shares.sum())[:-1]
    low, high = np.full(len(target), -50.0), np.full(len(target), 50.0)
    for _ in range(80):  # bisection: the share below a threshold rises with the threshold
        middle = (low + high) / 2
        below = (exposed[:, None] / (1 + np.exp(effect[:, None] - middle))).sum(axis=0)
        low, high = np.where(below < target, middle, low), np.where(below < target, high, middle)
    cumulative = 1 / (1 + np.exp(effect[:, None] - (low + high) / 2))
    edge = np.zeros((len(exposed), 1))
    return exposed[:, None] * np.diff(np.concatenate([edge, cumulative, edge + 1], axis=1), axis=1)


def structure_worlds(shares: NDArray) -> dict[str, NDArray[np.float64]]:
    """Pattern probabilities of every structure for exposures with given shares, at the reference strength.

    Parameters
    ----------
    shares : array, shape (exposures,)
    """
    cells = patterns(len(shares))
    shares = np.clip(shares, 0.01, 0.99)
    independent = np.prod(np.where(cells == 1, shares, 1 - shares), axis=1)
    chain = np.where(cells[:, 0] == 1, shares[0], 1 - shares[0])
    for k in range(1, len(shares)):
        both = _joint_share(shares[k - 1], shares[k], np.exp(CHAIN_LOG_ODDS))
        after = np.array([(shares[k] - both) / (1 - shares[k - 1]), both / shares[k - 1]])[cells[:, k - 1]]
        chain = chain * np.where(cells[:, k] == 1, after, 1 - after)
    common = common_cause_probabilities(shares, np.full(len(shares), COMMON_LOADING))
    return {"independence": independent, "chain": chain, "common cause": common}


def _joint_share(first: float, second: float, odds: float) -> float:
    """Share of people with both of two exposures, given their shares and odds ratio."""
    b = 1 + (first + second) * (odds - 1)
    return float((b - np.sqrt(b * b - 4 * odds * (odds - 1) * first * second)) / (2 * (odds - 1)))


def _outcome_worlds(found: list[Hypothesis], count: int) -> list[tuple[int, NDArray, str]]:
    """Index of the true hypothesis, log odds of every pattern, and the effect in words."""
    contending = [h for h in found if h.contends]
    place = {h.family: k for k, h in reversed(list(enumerate(contending)))}
    each = 1 / np.sqrt(count)
    slopes = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(ADDITIVE)), ADDITIVE)
    worlds = [(place["none"], 0.0, "no effect"), (place["accumulation"], each, f"log odds ratio {each:.2f} each")]
    worlds += [(place["critical"] + (count - 2) // 2, 1.0, "log odds ratio 1")]
    worlds += [(place["trigger"], 1.0, "log odds ratio 1"), (place["additive"], slopes, "log odds ratios .1 to .9")]
    if "threshold" in place:
        worlds.append((place["threshold"] + (count - 3) // 2, 1.0, "log odds ratio 1"))
    return [(k, (contending[k].design * effect).sum(axis=1), words) for k, effect, words in worlds]


def _structure_row(n: int, truth: str, world: NDArray, replicates: int, rng: np.random.Generator) -> dict[str, object]:
    bic = [fit_structures(rng.multinomial(n, world, size=size).astype(float)).bic for size in _chunks(replicates)]
    return _row("exposures", truth, "", np.concatenate(bic), STRUCTURES.index(truth), list(STRUCTURES))


def _outcome_row(
    n: int, truth: int, words: str, found: list[Hypothesis], table: NDArray, replicates: int, rng: np.random.Generator
) -> dict[str, object]:
    bic: list[NDArray] = []
    families: list[str] = []
    for size in _chunks(replicates):
        drawn = rng.multinomial(n, table.ravel(), size=size).reshape(size, *table.shape).astype(float)
        families, values = select(found, drawn)
        bic.append(values)
    return _row("outcome", families[truth], words, np.concatenate(bic), truth, families)


def _row(part: str, truth: str, words: str, bic: NDArray, place: int, labels: list[str]) -> dict[str, object]:
    from statsmodels.stats.proportion import proportion_confint

    order = np.argsort(bic, axis=1, kind="stable")
    first = order[:, 0]
    ahead = np.take_along_axis(bic, order[:, 1:2], axis=1)[:, 0] - bic[np.arange(len(bic)), first] >= CLOSE
    hits = int((first == place).sum())
    low, high = proportion_confint(hits, len(bic), method="wilson")
    others = pd.Series([labels[k] for k in first[first != place]])
    return {
        "part": part, "truth": truth, "effect": words, "runs": len(bic), "found": hits / len(bic),
        "low": float(low), "high": float(high), "determined": float(((first == place) & ahead).mean()),
        "misled": float(((first != place) & ahead).mean()),
        "mistaken_for": "" if others.empty else str(others.value_counts().index[0]),
    }  # fmt: skip


def _chunks(replicates: int) -> list[int]:
    return [min(CHUNK, replicates - start) for start in range(0, replicates, CHUNK)]
