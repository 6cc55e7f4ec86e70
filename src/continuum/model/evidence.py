"""What the models found, as tidy tables for notebooks, tables and charts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..ingest.tables import CodedInterviews
from .gate import Mechanism, Verdict
from .scaling import MokkenResult


def code_names(interviews: CodedInterviews) -> pd.Series:
    """Name of each code, indexed by its id."""
    return interviews.codebook.set_index("code_id")["name"]


def allow(gate: Mechanism, mechanism: Verdict) -> Mechanism:
    """The gate itself if it found ``mechanism``; else its refusal is raised, and no order is drawn."""
    gate.require(mechanism)
    return gate


def gate_evidence(gate: Mechanism) -> pd.DataFrame:
    """The gate's verdict and everything it rests on.

    Returns
    -------
    DataFrame
        quantity, value, low, high, n (interviews), reading (in words).
    """
    rows = [
        ("verdict", gate.verdict, np.nan, np.nan, "mechanism under which an order may be read"),
        ("verdict of the older rule", gate.strict, np.nan, np.nan, "whole interval of H above the limit"),
        ("H", gate.H, gate.low, gate.high, f"cumulative: at least {gate.order_limit:.2f}, interval above .15"),
        ("p unfolding", gate.p_unfolding, np.nan, np.nan, "first axis against fixed margins; unfolding: at most .01"),
        ("arch", gate.arch, np.nan, np.nan, "second axis explained by the first; unfolding: at least .70"),
        ("negative pairs", gate.negative_pairs, np.nan, np.nan, "share of pairs of codes that exclude each other"),
        ("codes", gate.codes, np.nan, np.nan, f"codes that vary; set aside: {len(gate.dropped)}"),
    ]
    table = pd.DataFrame(rows, columns=["quantity", "value", "low", "high", "reading"])
    table.insert(4, "n", gate.n)
    return table


def gate_characteristics(gate: Mechanism) -> pd.DataFrame:
    """How often the gate was right in simulated worlds nearest in size; no data of the study are in it."""
    table = gate.operating_characteristics()
    columns = ["world", "n", "runs", "cumulative", "unfolding", "refused", "right", "low", "high", "strict_right"]
    return table[columns]


def scale_items(scale: MokkenResult, names: pd.Series | None = None) -> pd.DataFrame:
    """Item coefficients, the most readily mentioned code first.

    Parameters
    ----------
    scale : MokkenResult
    names : Series indexed by code, optional
        Names shown in place of code ids.

    Returns
    -------
    DataFrame
        code, interviews, share, n, item_h, se, low, high, in_scale.
    """
    table = scale.items.rename(columns={"item": "code", "mentions": "interviews", "mean": "share", "H": "item_h"})
    table.insert(3, "n", scale.n)
    if names is not None:
        table["code"] = table["code"].map(names).fillna(table["code"])
    return table.sort_values(["interviews", "code"], ascending=[False, True], ignore_index=True)


def scale_summary(scale: MokkenResult) -> pd.DataFrame:
    """H of the whole set with its interval: quantity, value, low, high, n."""
    rows = [
        ("scale H", scale.H, scale.low, scale.high, scale.n),
        ("scale standard error", scale.se, np.nan, np.nan, scale.n),
        ("codes in scale", int(scale.items["in_scale"].sum()), np.nan, np.nan, scale.n),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value", "low", "high", "n"])
