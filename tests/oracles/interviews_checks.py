"""The interview room's known answers: how each is computed here, for the tests and for the site's table of checks."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from known_answers import reference
from support import shared_data

from continuum.interviews import intraclass, kappa, krippendorff_alpha
from continuum.interviews.coefficients import unanimity

CHECKS: dict[str, Callable[[], dict[str, float]]] = {}


def check(row_id: str) -> Callable[[Callable[[], dict[str, float]]], Callable[[], dict[str, float]]]:
    def register(compute: Callable[[], dict[str, float]]) -> Callable[[], dict[str, float]]:
        CHECKS[row_id] = compute
        return compute

    return register


def ratings(path: str) -> pd.DataFrame:
    """Coders in rows, units in columns."""
    table = reference(path)
    return table.set_index(table.columns[0]).T


def posts(variable: str) -> pd.DataFrame:
    table = pd.read_csv(shared_data("interviews/intercoder/fbposts.csv"))
    return table.pivot(index="coder_id", columns="post_id", values=variable)


@check("K053")
def fleiss_of_diagnoses():
    found = kappa(ratings("irr/diagnoses.csv"))
    return {"kappa": found.kappa, "z": found.z}


@check("K056")
def cohen_of_diagnoses():
    found = kappa(ratings("irr/diagnoses.csv").iloc[1:3])
    return {"kappa": found.kappa, "z": found.z}


@check("K059")
def cohen_of_vision():
    found = kappa(ratings("irr/vision.csv"))
    return {"kappa": found.kappa, "z": found.z}


@check("K060")
def icc_of_anxiety():
    found = intraclass(ratings("irr/anxiety.csv"))
    return {"ICC": found["icc"], "F": found["f"], "p": found["p"], "lower": found["low"], "upper": found["high"]}


@check("K061")
def alpha_of_data_c_nominal():
    return {"alpha": krippendorff_alpha(ratings("inline/krippendorff_c.csv"))}


@check("K064")
def alpha_of_data_c_ratio():
    return {"alpha": krippendorff_alpha(ratings("inline/krippendorff_c.csv"), "ratio")}


@check("K097")
def alpha_where_all_agree():
    return {"alpha": krippendorff_alpha(posts("type"))}


@check("K100")
def alpha_of_a_rare_category():
    return {"alpha": krippendorff_alpha(posts("pop_people")), "unanimity": unanimity(posts("pop_people"))}


@check("K101")
def alpha_of_another_rare_category():
    return {"alpha": krippendorff_alpha(posts("pop_othering")), "unanimity": unanimity(posts("pop_othering"))}


@check("K103")
def fleiss_of_two_coders():
    table = ratings("inline/three_coders.csv")
    return {"kappa": fleiss(table.iloc[:2])}


@check("K104")
def fleiss_of_three_coders():
    return {"kappa": kappa(ratings("inline/three_coders.csv")).kappa}


def fleiss(table: pd.DataFrame) -> float:
    return kappa(table, kind="Fleiss").kappa
