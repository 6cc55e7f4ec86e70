"""The figures of the model card, written from the stored scores and never by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..tables import whole_percent
from .features import LABELS

CARD = Path(__file__).with_name("weights") / "CARD.md"
_BEGIN, _END = "<!-- figures: written by `python -m continuum.citations.training card` -->", "<!-- end of figures -->"


def figures(scores: Mapping[str, Any]) -> str:
    """How good the labels are, as Markdown.

    Parameters
    ----------
    scores : mapping
        What :func:`continuum.citations.model.released_scores` returns.
    """
    return "\n\n".join([_benchmark(scores), comparisons(scores), _calibration(scores), _off_the_field(scores)]) + "\n"


def write(scores: Mapping[str, Any], path: Path = CARD) -> None:
    """Put the figures into the card, between its two marks."""
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    path.write_text(f"{before}{_BEGIN}\n\n{figures(scores)}\n{_END}{rest.partition(_END)[2]}", encoding="utf-8")


def _benchmark(scores: Mapping[str, Any]) -> str:
    fold = scores["training"]["out_of_fold"]
    rows = [_row("model", f"out of fold ({fold['n']:,})", fold)]
    plain = scores["training"]["prototype"]
    rows.append(_row("plain model", f"out of fold ({plain['n']:,})", plain))
    for part, name in (("test", "test"), ("test without papers seen in training", "test, new papers only")):
        rows += [_row(mode, f"{name} ({scores[part]['n']:,})", scores[part][mode]) for mode in ("model", "rules")]
    heads = (
        "| Mode | SciCite part (n) | Macro-F1 | Supporting P / R / F1 | Contrasting P / R / F1 |\n|:--|:--|:--|:--|:--|"
    )
    return "\n".join([heads, *rows])


def _row(mode: str, part: str, found: Mapping[str, Any]) -> str:
    classes = " | ".join(
        " / ".join(f"{found[f'{name}_{measure}']:.2f}" for measure in ("precision", "recall", "f1"))
        for name in LABELS[:2]
    )
    bounds = found.get("macro_f1_interval")
    between = f" [{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else ""
    return f"| {mode} | {part} | {found['macro_f1']:.3f}{between} | {classes} |"


def comparisons(scores: Mapping[str, Any]) -> str:
    """Our model beside the plain one and beside the rules, each pair on the same sentences."""
    names = {"macro_f1": "macro-F1", "supporting_f1": "supporting", "contrasting_f1": "contrasting"}

    def listed(found: Mapping[str, Any]) -> str:
        return "; ".join(
            f"{name} {found[key]['difference']:+.3f} [{found[key]['low']:+.3f}, {found[key]['high']:+.3f}]"
            for key, name in names.items()
        )

    return (
        "The plain model (words, the usual cues, weighted logistic regression) was fitted on the same folds. "
        f"Model minus plain model, out of fold: {listed(scores['training']['against_prototype'])}. "
        "Our choices were made on these folds, so these differences lean high. Model minus rules, on the test: "
        f"{listed(scores['test']['model_minus_rules'])}. All intervals: 95%, bootstrap over citing papers."
    )


def _calibration(scores: Mapping[str, Any]) -> str:
    test, fold = scores["test"]["model"], scores["training"]["out_of_fold"]
    said = []
    for found, where in ((fold, "out of fold"), (test, "on the test")):
        parts = [
            f"of {found[f'{name}_n_at_80']} called {name} with p of .80 or more, "
            f"{whole_percent(found[f'{name}_precision_at_80'])} are"
            for name in LABELS[:2] if found[f"{name}_n_at_80"]
        ]  # fmt: skip
        errors = f"the calibration error is {found['ece']:.3f}, the Brier score {found['brier']:.3f}"
        said.append(f"{where}, {errors}; {'; '.join(parts)}")
    rows = [
        f"| {row['confidence']:.2f} | {row['right']:.2f} | {row['n']:,} |" for row in scores["training"]["reliability"]
    ]
    heads = "| Mean probability of the label | Share that is right | Sentences |\n|--:|--:|--:|"
    text = ". ".join(part[0].upper() + part[1:] for part in said)
    return f"{text}.\n\n" + "\n".join([heads, *rows])


def _off_the_field(scores: Mapping[str, Any]) -> str:
    own, rules = scores["training"]["self_written"], scores["training"]["self_written_rules"]
    rows = [
        f"| {intent} | {found['n']} | {whole_percent(found['supporting'])} | {whole_percent(found['contrasting'])} | "
        f"{whole_percent(found['supporting_at_80'])} | {whole_percent(found['contrasting_at_80'])} |"
        for intent, found in scores["citelling"].items()
    ]
    heads = (
        "| Intent | Sentences | Supporting | Contrasting | Supporting at p of .80 | Contrasting at p of .80 |\n"
        "|:--|--:|--:|--:|--:|--:|"
    )
    return (
        "Off the field of its training no sentences with a known stance exist publicly that we know of. Two looks are "
        "possible. Sentences of computer science and engineering with an intent (CiTelling), where reuse, proposals, "
        "and extensions should hardly ever be called a stance:\n\n"
        + "\n".join([heads, *rows])
        + f"\n\nAnd {own['n']} sentences that we wrote ourselves in the wording of social science and the humanities "
        "(echo, resonate, challenge, complicate, call into question, depart from; negation, hedges, who disagrees with "
        f"whom): macro-F1 {own['macro_f1']:.2f} (supporting {own['supporting_f1']:.2f}, contrasting "
        f"{own['contrasting_f1']:.2f}); by rules {rules['macro_f1']:.2f}. The model was not trained on them, "
        "but the cues were developed on them: the figures are an upper bound, not an independent test."
    )
