"""How the respondents were sampled: weights, strata, clusters, raking, and standard errors that follow from them.

The estimates come from svy; a numpy reference of the same formulas stands in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from ..errors import NonConvergence
from ..ingest.tables import SurveyData
from .design_columns import degrees_of_freedom, design_columns

#: Largest relative misfit of any margin after raking (survey's own default, 1 unit, stops earlier).
RAKING_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Design:
    """A sampling design in terms of columns of the answers; empty for a sample without one.

    Parameters
    ----------
    weights : str, optional
        Column of sampling weights, all positive.
    strata : str, optional
        Column of strata.
    clusters : str or (str, str), optional
        Column of primary sampling units, or of both stages.
    fpc : str or (str, str), optional
        Column with the number of units in the population (per stratum), or of both stages.
    raking : mapping of column to mapping of level to total, optional
        Population margins that the weights are raked to; variances use the calibration residuals. One margin is
        post-stratification.
    lonely : {"error", "centre"}
        What to do with a stratum that holds a single unit: stop, or center it at the grand mean.

    Notes
    -----
    Without weights, strata, clusters and raking the design is empty: estimates describe the respondents only.
    Sources: Lumley 2004 (10.18637/jss.v009.i08); Deming and Stephan 1940; Kish 1965.
    """

    weights: str | None = None
    strata: str | None = None
    clusters: str | tuple[str, str] | None = None
    fpc: str | tuple[str, str] | None = None
    raking: Mapping[str, Mapping[str, float]] | None = None
    lonely: Literal["error", "centre"] = "error"

    @classmethod
    def of(cls, survey: SurveyData, *, raking: Mapping[str, Mapping[str, float]] | None = None) -> Design:
        """The design a survey's own columns describe: weight, stratum, cluster and fpc, where it has them.

        Empty if it has neither weights nor strata and no margins to rake to: clusters alone make no sample.
        """
        there = {name: name if name in survey.answers else None for name in ("weight", "stratum", "cluster", "fpc")}
        if not (there["weight"] or there["stratum"] or raking):
            return cls()
        return cls(there["weight"], there["stratum"], there["cluster"], there["fpc"], raking or None)

    @property
    def empty(self) -> bool:
        """Whether nothing is known of how respondents were sampled."""
        return not (self.weights or self.strata or self.clusters or self.raking)

    def on(self, answers: pd.DataFrame) -> Sampled:
        """This design applied to a table of answers.

        Raises
        ------
        BadInput
            For a missing column, a weight that is missing or not positive, a stratum with one unit, or a raking
            margin whose levels differ from the data.
        NonConvergence
            If raking does not reach its margins.
        """
        return Sampled(self, answers)


class Sampled:
    """Answers under a design: weighted estimates with linearized standard errors.

    Made by :meth:`Design.on`.

    Attributes
    ----------
    design : Design
    weights : ndarray, shape (n,)
        After raking; all 1 without weights.
    """

    def __init__(self, design: Design, answers: pd.DataFrame) -> None:
        self.design = design
        self._columns = design_columns(design, answers)
        self.weights = self._columns["w"].to_numpy(dtype=float)
        if design.raking:
            self.weights = self._sample({}).data["rk_wgt"].to_numpy()

    @property
    def n(self) -> int:
        """Number of respondents."""
        return len(self.weights)

    @cached_property
    def degrees_of_freedom(self) -> int:
        """Primary units minus strata."""
        return degrees_of_freedom(self._columns)

    @property
    def kish(self) -> float:
        """Kish's design effect of unequal weighting, n sum w^2 / (sum w)^2."""
        return float(self.n * (self.weights**2).sum() / self.weights.sum() ** 2)

    @property
    def wording(self) -> str:
        """Whom the estimates are about."""
        if self.design.empty:
            return "unweighted, among respondents"
        low, high = self.weights.min(), self.weights.max()
        raked = f", raked to {', '.join(self.design.raking)}" if self.design.raking else ""
        return (
            f"weighted{raked}; weights {low:.4g} to {high:.4g}, design effect of weighting {self.kish:.2f}, "
            f"{self.degrees_of_freedom} degrees of freedom"
        )

    def means(
        self,
        values: pd.DataFrame,
        *,
        base: np.ndarray | None = None,
        groups: np.ndarray | None = None,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """Weighted means, which are weighted shares for 0/1 values.

        Parameters
        ----------
        values : DataFrame, shape (n, k)
            Numbers; not read where ``base`` is False.
        base : ndarray of bool, shape (n,), optional
            The respondents the means are about (a domain: the others still count for the variance).
        groups : ndarray of int, shape (n,), optional
            Group of each respondent, -1 for none.
        level : float
            Confidence level of the t intervals.

        Returns
        -------
        DataFrame
            variable, group (0 without groups), n, estimate, se, df, low, high, deff (against simple random sampling
            with replacement). Groups without respondents have no row.
        """
        import svy

        inside = np.ones(self.n, dtype=bool) if base is None else base.astype(bool)
        if groups is not None:
            inside = inside & (groups >= 0)
        if not inside.any():
            return pd.DataFrame(columns=["variable", "group", "n", "estimate", "se", "df", "low", "high", "deff"])
        names = {f"y{i}": column for i, column in enumerate(values.columns)}
        data: dict[str, Any] = {
            name: np.where(inside, values[column].to_numpy(dtype=float, na_value=np.nan), 0.0)
            for name, column in names.items()
        }
        data |= {"inside": inside, "g": np.where(inside, 0 if groups is None else groups, 0).astype("int64")}
        estimates = self._sample(data).estimation.mean(list(names), by="g", where=svy.col("inside"), alpha=1 - level)
        rows = [
            (names[e.y], int(e.by_level[0]), e.n, e.est, e.se, e.df, e.lci, e.uci)
            for estimate in estimates
            for e in estimate.estimates
        ]
        table = pd.DataFrame(rows, columns=["variable", "group", "n", "estimate", "se", "df", "low", "high"])
        short = {str(column): name for name, column in names.items()}
        table["deff"] = [
            self._design_effect(data[short[str(variable)]], inside & (data["g"] == group), estimate, se)
            for variable, group, estimate, se in zip(
                table["variable"], table["group"], table["estimate"], table["se"], strict=True
            )
        ]
        return table.sort_values(["variable", "group"], kind="stable").reset_index(drop=True)

    def _design_effect(self, y: np.ndarray, inside: np.ndarray, estimate: float, se: float) -> float:
        """Variance over that of a simple random sample of the same size, drawn with replacement."""
        w, n = self.weights[inside], int(inside.sum())
        spread = (w * (y[inside] - estimate) ** 2).sum() / w.sum()
        return se**2 / (spread / (n - 1)) if n > 1 and spread > 0 else np.nan

    def total(self, values: pd.Series) -> tuple[float, float]:
        """Weighted total of the non-missing values and its standard error."""
        import svy

        known = values.notna().to_numpy()
        data = {"y0": np.where(known, values.to_numpy(dtype=float, na_value=np.nan), 0.0), "inside": known}
        estimate = self._sample(data).estimation.total("y0", where=svy.col("inside")).estimates[0]
        return float(estimate.est), float(estimate.se)

    def rao_scott(self, rows: np.ndarray, columns: np.ndarray) -> dict[str, float]:
        """Rao and Scott's second-order F test of a two-way table.

        Parameters
        ----------
        rows, columns : ndarray of int, shape (n,)
            Codes; respondents with a negative code are outside the table.

        Returns
        -------
        dict
            ``F``, ``df1``, ``df2``, ``p``.
        Source: Rao and Scott 1984 (10.1214/aos/1176346391).
        """
        import svy

        inside = (rows >= 0) & (columns >= 0)
        data = {"row": np.where(inside, rows, 0), "column": np.where(inside, columns, 0), "inside": inside}
        table = self._sample(data).categorical.tabulate("row", "column", where=svy.col("inside"))
        test = table.stats.f
        return {"F": float(test.value), "df1": float(test.df_num), "df2": float(test.df_den), "p": float(test.p_value)}

    def regression(self, outcome: np.ndarray, predictors: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
        """Linear regression under the design.

        Parameters
        ----------
        outcome : ndarray, shape (n,)
            Respondents with a missing outcome or predictor are outside the domain.
        predictors : DataFrame, shape (n, k)
            Numbers; the intercept is added.

        Returns
        -------
        (DataFrame, ndarray)
            ``term``, ``estimate``, ``se`` per coefficient, intercept first; and their covariance (k + 1, k + 1).
        Source: ``svyglm`` of R's survey package.
        """
        import svy

        table = predictors.to_numpy(dtype=float, na_value=np.nan)
        inside = ~np.isnan(outcome) & ~np.isnan(table).any(axis=1)
        names = [f"x{i}" for i in range(table.shape[1])]
        data: dict[str, Any] = {"y": np.where(inside, outcome, 0.0), "inside": inside}
        data |= {name: np.where(inside, table[:, i], 0.0) for i, name in enumerate(names)}
        fit = self._sample(data).glm.fit("y", x=names, family="gaussian", where=svy.col("inside")).fitted
        terms = ["intercept", *(str(column) for column in predictors.columns)]
        rows = [(term, float(c.est), float(c.se)) for term, c in zip(terms, fit.coefs, strict=True)]
        return pd.DataFrame(rows, columns=["term", "estimate", "se"]), np.asarray(fit.cov_matrix)

    def wald_of_means(self, values: np.ndarray, groups: np.ndarray) -> tuple[float, float, float, float]:
        """Wald F test that the groups have equal means: F, both degrees of freedom, p."""
        size = int(groups.max()) + 1
        dummies = pd.DataFrame({f"g{g}": np.where(groups >= 0, groups == g, np.nan) for g in range(1, size)})
        table, covariance = self.regression(np.where(groups >= 0, values, np.nan), dummies)
        contrast = table["estimate"].to_numpy()[1:]
        df2 = self.degrees_of_freedom - (size - 1)
        f = float(contrast @ np.linalg.solve(covariance[1:, 1:], contrast) / (size - 1))
        return f, size - 1, df2, float(stats.f.sf(f, size - 1, df2))

    def _sample(self, data: Mapping[str, Any]) -> Any:
        import polars as pl
        import svy

        columns = self._columns
        frame = pl.DataFrame({name: columns[name].to_numpy() for name in columns} | dict(data))
        size: Any = None
        if "f" in columns:
            size = svy.PopSize("f", "f2") if "f2" in columns else "f"
        plan = svy.Design(
            wgt="w",
            stratum="h" if "h" in columns else None,
            psu="c" if "c" in columns else None,
            ssu="c2" if "c2" in columns else None,
            pop_size=size,
            singleton="center" if self.design.lonely == "centre" else None,
        )
        sample = svy.Sample(frame, plan)
        return self._raked(sample) if self.design.raking else sample

    def _raked(self, sample: Any) -> Any:
        import svy

        raking = self.design.raking or {}
        controls: dict[str, Any] = {f"m{i}": dict(targets) for i, targets in enumerate(raking.values())}
        try:
            return sample.weighting.rake(controls=controls, tol=RAKING_TOLERANCE, max_iter=2000, wgt_name="rk_wgt")
        except svy.SvyError as error:
            first = str(error).strip().splitlines()[0]
            raise NonConvergence(
                f"raking to {', '.join(raking)} did not reach its margins ({first})",
                fix="check that the margins have the same sum and that no needed combination is empty",
            ) from None


def t_interval_of_share(
    share: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a weighted share on the logit scale; missing at 0 and 1, where no standard error can be had.

    Source: ``svyciprop(method = "logit")`` of R's survey package.
    """
    p, error, freedom = (np.asarray(part, dtype=float) for part in (share, se, df))
    with np.errstate(divide="ignore", invalid="ignore"):
        center = np.log(p / (1 - p))
        half = stats.t.ppf(0.5 + level / 2, freedom) * error / (p * (1 - p))
        low, high = 1 / (1 + np.exp(half - center)), 1 / (1 + np.exp(-half - center))
    inside = (p > 0) & (p < 1)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)
