"""The survey room's known answers: how each is computed here, for the tests and for the site's table of checks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from known_answers import reference

from continuum.survey import CumulativeLinkFit, Design, cumulative_link, effects, proportional_odds_tests
from continuum.survey.consistency import cronbach
from continuum.survey.design import t_interval_of_share
from continuum.survey.factors import hierarchical
from continuum.survey.group_testing import fisher
from continuum.survey.multiplicity import adjust
from continuum.survey.rank_tests import count_table, kruskal_wallis, mann_whitney

CHECKS: dict[str, Callable[[], dict[str, float]]] = {}

CLUSTERED = Design(weights="pw", clusters="dnum", fpc="fpc")
MARGINS = {"stype": {"E": 4421, "H": 755, "M": 1018}, "sch.wide": {"No": 1072, "Yes": 5122}}


def check(row_id: str) -> Callable[[Callable[[], dict[str, float]]], Callable[[], dict[str, float]]]:
    def register(compute: Callable[[], dict[str, float]]) -> Callable[[], dict[str, float]]:
        CHECKS[row_id] = compute
        return compute

    return register


def mean_of(design: Design, data: pd.DataFrame, column: str) -> dict[str, float]:
    row = design.on(data).means(data[[column]], base=data[column].notna().to_numpy()).iloc[0]
    return {"mean": row["estimate"], "SE": row["se"]}


def cross_table(data: pd.DataFrame, rows: str, columns: str, count: str = "n") -> pd.DataFrame:
    return data.pivot_table(index=rows, columns=columns, values=count, aggfunc="sum", sort=True).fillna(0)


def raked(margins: list[str]) -> Design:
    return Design("pw", clusters="dnum", fpc="fpc", raking={m: MARGINS[m] for m in margins})


@check("K001")
def _() -> dict[str, float]:
    return mean_of(CLUSTERED, reference("survey/apiclus1.csv"), "api00")


@check("K004")
def _() -> dict[str, float]:
    data = reference("survey/apistrat.csv")
    total, se = Design("pw", strata="stype", fpc="fpc").on(data).total(data["enroll"])
    return {"total": total, "SE": se}


@check("K005")
def _() -> dict[str, float]:
    return mean_of(
        Design("pw", clusters=("dnum", "snum"), fpc=("fpc1", "fpc2")), reference("survey/apiclus2.csv"), "api00"
    )


@check("K007")
def _() -> dict[str, float]:
    return mean_of(raked(["stype", "sch.wide"]), reference("survey/apiclus1.csv"), "api00")


@check("K010")
def _() -> dict[str, float]:
    weights = raked(["stype", "sch.wide"]).on(reference("survey/apiclus1.csv")).weights
    return {f"w{i}": w for i, w in enumerate(np.unique(weights.round(6)), start=1)}


@check("K011")
def _() -> dict[str, float]:
    return mean_of(raked(["stype"]), reference("survey/apiclus1.csv"), "api00")


@check("K013")
def _() -> dict[str, float]:
    data = reference("survey/apiclus1.csv")
    codes = [pd.Categorical(data[name]).codes.astype(int) for name in ("sch.wide", "stype")]
    test = CLUSTERED.on(data).rao_scott(*codes)
    return {"F": test["F"], "ndf": test["df1"], "ddf": test["df2"], "p": test["p"]}


@check("K016")
def _() -> dict[str, float]:
    data = reference("survey/apiclus1.csv")
    table, _ = CLUSTERED.on(data).regression(data["api00"].to_numpy(dtype=float), data[["ell", "meals"]])
    return dict(zip(table["term"], table["se"], strict=True))


@check("K017")
def _() -> dict[str, float]:
    data = reference("survey/apiclus1.csv")
    row = CLUSTERED.on(data).means(pd.DataFrame({"yes": data["comp.imp"] == "Yes"})).iloc[0]
    low, high = t_interval_of_share(row["estimate"], row["se"], row["df"])
    return {"p": row["estimate"], "lower": float(low), "upper": float(high)}


@check("K033")
def _() -> dict[str, float]:
    table = cross_table(reference("inline/tea_tasting.csv"), "guess", "truth")
    p, odds_ratio = fisher(table.to_numpy(dtype=int), "greater")
    return {"p": p, "conditional_odds_ratio": odds_ratio}


@check("K036")
def _() -> dict[str, float]:
    from scipy import stats

    table = cross_table(reference("inline/job_satisfaction_4x4.csv"), "income", "satisfaction").to_numpy()
    statistic = float(effects.chi_square(table))
    return {"X2": statistic, "df": 9.0, "p": float(stats.chi2.sf(statistic, 9))}


@check("K039")
def _() -> dict[str, float]:
    table = cross_table(reference("inline/gender_party.csv"), "gender", "party")
    residuals = effects.standardized_residuals(table.to_numpy())
    return {
        f"{gender}/{party}": residuals[i, j]
        for i, gender in enumerate(table.index)
        for j, party in enumerate(table.columns)
    }


@check("K040")
def _() -> dict[str, float]:
    table = cross_table(reference("inline/gender_party.csv"), "gender", "party").to_numpy()
    return {"V": float(effects.cramers_v(table, corrected=False))}


@check("K043")
def _() -> dict[str, float]:
    data = reference("inline/permeability.csv")
    table = count_table(data["value"].to_numpy(), (data["group"] == "y").to_numpy(dtype=int))
    statistic, p = mann_whitney(table, "greater")
    return {"W": statistic, "p": p}


def kruskal(values: pd.Series, groups: pd.Series) -> dict[str, float]:
    from scipy import stats

    known = values.notna()
    codes = pd.Categorical(groups[known]).codes.astype(int)
    h = float(kruskal_wallis(count_table(values[known].to_numpy(), codes)))
    return {"H": h, "df": float(codes.max()), "p": float(stats.chi2.sf(h, codes.max()))}


@check("K046")
def _() -> dict[str, float]:
    data = reference("inline/mucociliary.csv")
    return kruskal(data["value"], data["group"])


@check("K047")
def _() -> dict[str, float]:
    data = reference("rdatasets/datasets_airquality.csv")
    return kruskal(data["Ozone"], data["Month"])


@check("K048")
def _() -> dict[str, float]:
    return {f"p{i}": p for i, p in enumerate(adjust(reference("inline/p_values.csv")["p"].to_numpy(), "holm"), start=1)}


@check("K019")
def _() -> dict[str, float]:
    data = reference("rdatasets/datasets_attitude.csv").iloc[:, 1:].to_numpy(dtype=float)
    return {"raw_alpha": cronbach(np.cov(data.T)), "std_alpha": cronbach(np.corrcoef(data.T))}


def fitted(path: str, outcome: str, levels: list[str], factors: dict[str, list[str]], **more: str) -> CumulativeLinkFit:
    data = reference(path)
    y = pd.Series(pd.Categorical(data[outcome].astype(str), levels, ordered=True))
    X = pd.DataFrame({name: pd.Categorical(data[name], own) if own else data[name] for name, own in factors.items()})
    return cumulative_link(y, X, weights=data[more["weights"]] if more else None)


def housing() -> CumulativeLinkFit:
    kinds = {
        "Infl": ["Low", "Medium", "High"],
        "Type": ["Tower", "Apartment", "Atrium", "Terrace"],
        "Cont": ["Low", "High"],
    }
    return fitted("rdatasets/MASS_housing.csv", "Sat", ["Low", "Medium", "High"], kinds, weights="Freq")


WINE = {"temp": ["cold", "warm"], "contact": ["no", "yes"]}


@check("K021")
def _() -> dict[str, float]:
    return {name.replace(": ", ""): value for name, value in housing().coef.items()}


@check("K024")
def _() -> dict[str, float]:
    fit = housing()
    return {"deviance": -2 * fit.loglik, "AIC": fit.aic}


@check("K025")
def _() -> dict[str, float]:
    fit = fitted("rdatasets/ordinal_wine.csv", "rating", list("12345"), WINE)
    return {name.replace(": ", ""): value for name, value in [*fit.thresholds.items(), *fit.coef.items()]}


@check("K028")
def _() -> dict[str, float]:
    data = reference("rdatasets/ordinal_wine.csv")
    X = pd.DataFrame({name: pd.Categorical(data[name], own) for name, own in WINE.items()})
    tests = proportional_odds_tests(data["rating"], X).set_index("term")
    return {
        f"{name}_{term}": float(tests.loc[term, column])
        for name, column in (("LRT", "statistic"), ("p", "p"))
        for term in WINE
    }


def ucla() -> CumulativeLinkFit:
    levels = ["unlikely", "somewhat likely", "very likely"]
    return fitted("ologit_ucla.csv", "apply", levels, {"pared": [], "public": [], "gpa": []})


@check("K029")
def _() -> dict[str, float]:
    return ucla().coef.to_dict()


@check("K032")
def _() -> dict[str, float]:
    return {"deviance": -2 * ucla().loglik}


@check("K050")
def _() -> dict[str, float]:
    from statsmodels.stats.contingency_tables import StratifiedTable

    data = reference("rdatasets/datasets_UCBAdmissions.csv")
    tables = [part.pivot(index="Admit", columns="Gender", values="Freq")[["Male", "Female"]].to_numpy()
              for _, part in data.groupby("Dept")]  # fmt: skip
    table = StratifiedTable(tables)
    test = table.test_null_odds(correction=True)
    return {"X2": test.statistic, "p": test.pvalue, "common_odds_ratio": table.oddsratio_pooled}


@check("K066")
def _() -> dict[str, float]:
    data = reference("rdatasets/datasets_attitude.csv").iloc[:, 1:].to_numpy(dtype=float)
    found = hierarchical(np.corrcoef(data.T), 3)
    return {"omega_h": found.omega_hierarchical, "alpha": found.alpha, "omega_total": found.omega_total}


@check("K078")
def _() -> dict[str, float]:
    return {"alpha": cronbach(np.cov(reference("ltm/LSAT.csv").iloc[:, 1:].to_numpy(dtype=float).T))}
