"""Reporting checklists filled in from what the study and its results say: COREQ for interviews, CHERRIES for surveys.

Items are named in our words; the checklists themselves are cited on the page.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..entries import say_value

if TYPE_CHECKING:
    from .stage import Stage

_TEAM = "for the team to say"


def coreq(staged: Stage, prefix: str) -> str:
    """COREQ: research team, design, analysis and findings."""
    spec = staged.study.interviews
    if spec is None:
        return "This study has no interviews."
    coders, double = (
        _value(staged, "interviews.coders"),
        _value(staged, "interviews.agreement.double_coded.code.interviews"),
    )
    alpha = _value(staged, "interviews.agreement.all.alpha")
    notebook = _link(staged, prefix, "10-interviews", "interviews notebook")
    items = [
        ("Interviewers, credentials, training, relation to participants", _TEAM),
        ("Methodological orientation", "content analysis of coded accounts; the unit is a provider's account"),
        ("Sampling and method of approach", _TEAM),
        ("Sample size", f"{_value(staged, 'interviews.n')} interviews"),
        ("Non-participation", _TEAM),
        ("Setting, presence of others", _TEAM),
        ("Description of the sample", f"by sector and site, {notebook}"),
        ("Interview guide, repeat interviews, recording, duration", _TEAM),
        (
            "Data saturation",
            f"exact rarefaction, Chao2 and a stopping rule, {notebook}",
        ),
        ("Number of coders", f"{coders}; {double} interviews coded twice, alpha over all codes {alpha}"),
        ("Description of the coding tree", f"{_value(staged, 'interviews.codes')} codes in {len(spec.areas)} areas"),
        ("Derivation of themes", "codes and areas as named in study.yaml, fixed before the analysis"),
        ("Software", f"export read as {escape(spec.format or 'detected')}"),
        ("Participant checking", _TEAM),
        ("Quotations", "only with consent, and never in the public edition"),
        ("Consistency of data and findings", "every number leads to its cell; small counts are hidden"),
        ("Clarity of major and minor themes", "all codes are shown, ordered by how readily they were mentioned"),
    ]
    return _list("COREQ item", items, staged)


def cherries(staged: Stage, prefix: str) -> str:
    """CHERRIES: design, ethics, administration, response, analysis."""
    spec = staged.study.survey
    if spec is None:
        return "This study has no survey."
    families = _link(staged, prefix, "20-survey", "families declared beforehand")
    weights = (
        "weighted" if {"weight", "stratum"} & set(spec.columns) else "no weights; statements are about respondents"
    )
    items = [
        ("Survey design, target population", _TEAM),
        ("Ethics approval, informed consent", _TEAM),
        ("Data protection", "identifiers and free-text places are dropped while reading; small counts are hidden"),
        ("Development and pre-testing", _TEAM),
        ("Recruitment, advertising, open or closed survey", _TEAM),
        ("Administration, mandatory questions, incentives, dates", _TEAM),
        ("Number of items", f"{sum(len(one.columns) for one in spec.items.values())} in {len(spec.items)} questions"),
        (
            "Randomization of items, adaptive questioning",
            "questions not asked are kept apart from questions not answered",
        ),
        ("View, participation and completion rates", _TEAM),
        ("Respondents analyzed", f"{_value(staged, 'survey.n')}"),
        ("Prevention of multiple entries", _TEAM),
        ("Incomplete questionnaires", "kept; every item prints its own base"),
        ("Atypical time stamps", _TEAM),
        ("Statistical correction", f"{weights}"),
        (
            "Tests",
            f"{families}: {escape(', '.join(spec.families) or 'none')}",
        ),
    ]
    return _list("CHERRIES item", items, staged)


def _link(staged: Stage, prefix: str, notebook: str, words: str) -> str:
    """Words that lead to a notebook, if this run has it."""
    return f'<a href="{prefix}notebooks/{notebook}.html">{words}</a>' if notebook in staged.notebooks else words


def _value(staged: Stage, key: str) -> str:
    entry = staged.results.get(key)
    return escape(say_value(entry)) if entry else "not computed"


def _list(title: str, items: list[tuple[str, str]], staged: Stage) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{escape(item)}</th><td{" class=muted" if answer == _TEAM else ""}>{answer}</td></tr>'
        for item, answer in items
    )
    heading = "In this study (synthetic)" if staged.study.synthetic else "In this study"
    region = f'<div class="table-scroll" tabindex="0" role="region" aria-label="{title}s">'
    return (
        f'```{{=html}}\n{region}<table class="checklist">'
        f'<thead><tr><th scope="col">{title}</th><th scope="col">{heading}</th></tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>\n```"
    )


CONTENTS = {"coreq": coreq, "cherries": cherries}
