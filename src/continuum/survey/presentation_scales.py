"""Scales, factors, pairs of groups and imputed shares in the form in which they are read."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..tables import interval, number, p_value, percent


def scale_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Scales with alpha and omega, or the reason why they have none."""
    both = table.reindex(columns=["scale", "items", "n", "alpha", "alpha_low", "alpha_high", "omega", "omega_low",
                                  "omega_high", "note"])  # fmt: skip
    shown = both[["scale", "items", "n"]].copy()
    for name in ("alpha", "omega"):
        shown[name] = both[name]
        shown[f"{name}_interval"] = _intervals(both, f"{name}_low", f"{name}_high")
    shown["note"] = _words(both["note"])
    return shown


def loading_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Loadings of the exploratory factors, the scale named at its first item."""
    return table.assign(scale=table["scale"].mask(table["scale"].duplicated(), ""))


def factor_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Fit of one factor, scale by scale and group by group.

    Groups stand with their size: the base of the model beside it would tell how few did not answer.
    """
    return pd.DataFrame({
        "scale": table["scale"], "group": table["group"], "respondents": table["respondents"],
        **_fit(table, "cfi", "tli", "rmsea", "srmr"),
        "loadings": _intervals(table, "weakest", "strongest"), "note": _words(table["note"]),
    })  # fmt: skip


def invariance_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Steps of invariance with the fit, the test against the step before, and what follows."""
    difference = [_statistic(value, df) for value, df in zip(table["difference"], table["difference_df"], strict=True)]
    return pd.DataFrame({
        "scale": table["scale"].mask(table["scale"].duplicated(), ""), "equal": table["step"].map(_EQUAL).pipe(_words),
        "respondents": table["respondents"], **_fit(table, "cfi", "rmsea"), "difference_": difference,
        "p_difference": [p_value(p) for p in table["difference_p"]],
        "cfi_change": [_three(value) for value in table["cfi_change"]], "verdict": _words(table["verdict"]),
        "note": _words(table["note"]),
    })  # fmt: skip


def pair_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Pairs of groups: which two, test, adjusted p, effect with interval; not how many of each answered."""
    first = table["family"] + table["item"]
    return pd.DataFrame({
        "item": table["item"].mask(first.duplicated(), ""), "first": table["first"], "second": table["second"],
        "test": table["test"],
        "statistic": table["statistic"], "p_adjusted": [p_value(p) for p in table["p_adjusted"]],
        "effect": table["effect"], "interval": _intervals(table, "effect_low", "effect_high"),
        "measure": table["effect_name"],
    })  # fmt: skip


def imputed_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Shares among the answers beside those with the blanks imputed."""
    return pd.DataFrame({
        "item": table["item"], "n": table["n"], "blank": table["blank"], "available": table["available"],
        "imputed": table["estimate"], "interval": _intervals(table, "low", "high", percent),
        "missing_information": table["missing_information"],
    })  # fmt: skip


_EQUAL = {
    "configural": "nothing (one factor in each group)", "thresholds": "thresholds", "loadings": "and loadings",
    "intercepts": "and intercepts",
}  # fmt: skip


def _fit(table: pd.DataFrame, *indices: str) -> dict[str, Any]:
    return {
        "chi_square": [_statistic(value, df) for value, df in zip(table["statistic"], table["df"], strict=True)],
        "p": [p_value(p) for p in table["p"]],
        **{name: [_three(value) for value in table[name]] for name in indices},
        "rmsea_interval": _intervals(table, "rmsea_low", "rmsea_high", _three),
    }


def _words(column: pd.Series) -> pd.Series:
    """Text with nothing where there is none, also of a column that is empty all through."""
    return column.astype("object").where(column.notna(), "")


def _three(value: Any) -> str:
    """An index of fit to three decimals, as conventional limits are stated."""
    return number(None) if pd.isna(value) else f"{value:.3f}".replace("-", "−")


def _statistic(value: Any, df: Any) -> str:
    return number(None) if pd.isna(value) else f"{number(value)} ({df:.0f})"


def _intervals(table: pd.DataFrame, low: str, high: str, form: Any = number) -> list[str]:
    return [
        lo if isinstance(lo, str) else interval(lo, hi, form) for lo, hi in zip(table[low], table[high], strict=True)
    ]
