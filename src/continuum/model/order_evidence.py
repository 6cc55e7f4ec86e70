"""An order by mention seen closer, as tidy tables: a response model's opinion, and every pair with its support."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import NoOrderSupported
from .latent import LatentTrait, latent_trait
from .pairs import mention_pairs

if TYPE_CHECKING:
    from ..ingest.tables import CodedInterviews
    from .gate import Mechanism
    from .scaling import MokkenResult


def response_model(gate: Mechanism, matrix: pd.DataFrame, prior_sd: float) -> LatentTrait:
    """Two-parameter model of codes with a normal prior on log slopes, if the gate found a cumulative mechanism.

    Raises
    ------
    NoOrderSupported
        If it did not.
    """
    gate.require("cumulative")
    return latent_trait(matrix, prior_sd=prior_sd)


def response_codes(model: LatentTrait, scale: MokkenResult, names: pd.Series) -> pd.DataFrame:
    """Codes in the order of both methods.

    Returns
    -------
    DataFrame
        code, mention_rank (1: mentioned most readily), model_rank (1: lowest threshold), threshold, slope, item_h, n.
        A code whose slope or threshold lies outside the data has no place in the model.
    """
    table = model.items.merge(scale.items[["item", "mean", "H"]], on="item", how="left")
    table["mention_rank"] = table["mean"].rank(ascending=False, method="min")
    table["model_rank"] = table["threshold1"].rank()
    table = table.rename(columns={"item": "code", "threshold1": "threshold", "H": "item_h"}).assign(n=model.n)
    columns = ["code", "mention_rank", "model_rank", "threshold", "slope", "item_h", "n"]
    table["code"] = table["code"].map(names).fillna(table["code"])
    return table[columns].sort_values(["mention_rank", "code"], ignore_index=True)


def response_agreement(codes: pd.DataFrame, model: LatentTrait) -> pd.DataFrame:
    """How far the two methods agree on the order: quantity, value, n (codes with a place in both)."""
    both = codes.dropna(subset=["mention_rank", "model_rank"])
    rows = [
        ("rank correlation", float(both["mention_rank"].corr(both["model_rank"], method="spearman"))),
        ("largest shift of ranks", float((both["mention_rank"] - both["model_rank"].rank()).abs().max())),
        ("codes without a place", int(codes["model_rank"].isna().sum())),
        ("standard deviation of the prior", model.prior_sd),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value"]).assign(n=len(both))


def readiness_pairs(
    matrix: pd.DataFrame, interviews: CodedInterviews, names: pd.Series, *, whole: bool = True, **how: Any
) -> pd.DataFrame:
    """Pairs of codes with the support of their order by mention, and the area and level of both codes.

    Parameters
    ----------
    matrix : DataFrame
    interviews : CodedInterviews
    names : Series indexed by code
    whole : bool
        Whether the matrix holds all sectors, each of which is then asked for itself as well.
    **how
        See :func:`continuum.model.mention_pairs`.

    Returns
    -------
    DataFrame
        As :func:`continuum.model.mention_pairs`, with area, other_area, level and other_level.
    """
    sectors = interviews.interviews.set_index("interview_id")["sector"] if whole else None
    pairs = mention_pairs(matrix, sectors, **how)
    book = interviews.codebook.set_index("code_id")
    for column, code in (("area", "first"), ("other_area", "second")):
        pairs[column] = pairs[code].map(book["area"]).astype("object").fillna("no area")
    for column, code in (("level", "first"), ("other_level", "second")):
        pairs[column] = pairs[code].map(book["level"]).astype("object").fillna("no level")
    return pairs.assign(first=pairs["first"].map(names), second=pairs["second"].map(names))


def support_matrix(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of all interviews as cells of a grid: first, second, support, and its percentage in words.

    Raises
    ------
    NoOrderSupported
        If the gate found no cumulative mechanism in them.
    """
    own = pairs[pairs["sector"] == pairs["sector"].iloc[0]]
    if own["first"].isna().all():
        raise NoOrderSupported(str(own["reason"].iloc[0]), "See what the gate asks for.")
    return own[["first", "second", "support", "difference", "low", "high"]].reset_index(drop=True)
