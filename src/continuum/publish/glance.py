"""The start page in four answers: what is asked, what was found, what is synthetic, how to reuse it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .stage import Stage

_FAMILY = "survey.tests."
#: Verdicts of the gate under which codes are placed along a line.
_READABLE = frozenset({"cumulative", "unfolding"})


def at_a_glance(staged: Stage, prefix: str) -> str:
    """A list of four short answers for one study, from its results."""
    found = _found(staged.results) or "nothing has been answered yet"
    refused = sum(1 for entry in staged.results.values() if entry.get("refusal"))
    data = "Synthetic data, not a finding: " if staged.study.synthetic else ""
    whose = (
        "Every record behind these numbers is invented, and so is every result; only facts with a source are real."
        if staged.study.synthetic
        else "None: these are the study's own records. They stay with the team, and small counts are hidden."
    )
    held = f" [{_questions(refused)} refused]({prefix}pages/results.qmd#refused), with the reason." if refused else ""
    return "\n".join([
        "::: {.glance}",
        "- **Asked** Which risks do providers see, may they be put in an order, and do means to act match needs?",
        f"- **Found** {data}{found}.{held}",
        f"- **Synthetic** {whose}",
        f"- **Reuse** [Your first study]({prefix}pages/tutorial.qmd) takes ten minutes; text and code are free to use. "
        f"[Cite and download]({prefix}pages/data.qmd#downloads)",
        ":::",
    ])  # fmt: skip


def _found(results: Mapping[str, Any]) -> str:
    """The verdict on an order, and how many tests of each family differ between groups."""
    parts = []
    verdict = results.get("continuum.gate.verdict.value", {}).get("value")
    if verdict:
        order = f"the codes of the interviews form a scale that is {verdict}"
        parts.append(order if verdict in _READABLE else "no order of risks may be read from the interviews")
    families = {
        key.removeprefix(_FAMILY).removesuffix(".size"): entry for key, entry in results.items() if _is_family(key)
    }
    counted = [
        f"{below['value']} of {size['value']} tests on {_words(name)}"
        for name, size in sorted(families.items())
        if (below := results.get(f"{_FAMILY}{name}.below_05")) and not name.startswith("characteristics")
    ]
    if counted:
        listed = f"{', '.join(counted[:-1])} and {counted[-1]}" if len(counted) > 1 else counted[0]
        parts.append(f"groups of respondents differ in {listed}")
    return "; ".join(parts)


def _is_family(key: str) -> bool:
    return key.startswith(_FAMILY) and key.endswith(".size")


def _words(family: str) -> str:
    """``warning_signs_by_sector`` as ``warning signs``."""
    return family.partition("_by_")[0].replace("_", " ")


def _questions(n: int) -> str:
    return f"{n} question is" if n == 1 else f"{n} questions are"
