"""Deciding on citations in the notebook: one sentence at a time, by keyboard or pointer, saved as one goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ..errors import BadInput
from ..study import Study
from .features import LABELS
from .labels import CONSENSUS, save_labels, to_review
from .studies import labels_file

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


class Review:
    """Citations that wait for a person.

    Shown as it is, it says how many there are and how to begin, and holds none of their sentences: so a notebook that
    was not used for reviewing can be published. :meth:`begin` opens the controls.

    Parameters
    ----------
    classified : DataFrame
        Classed contexts with the labels that people gave so far.
    path : path
        The study's ``labels.csv``; made by the first decision.
    hint : str
        What remains to be done so that the labels count; empty if nothing.
    """

    def __init__(self, classified: pd.DataFrame, path: Path, hint: str = "") -> None:
        self.classified = classified
        self.path = path
        self.hint = hint

    def __repr__(self) -> str:
        likely, waiting = len(to_review(self.classified)), len(to_review(self.classified, "random"))
        return (
            f"{waiting} statements wait for a person, {likely} of them with some chance of a stance. "
            'To decide on them here, run review.begin("your initials") in a cell of its own.'
        )

    def _repr_markdown_(self) -> str:
        return repr(self).replace('review.begin("your initials")', '`review.begin("your initials")`')

    def begin(self, labeler: str, sample: Literal["queue", "random"] = "queue") -> Any:
        """Controls for labeling, in JupyterLab.

        Parameters
        ----------
        labeler : str
            Who decides; ``consensus`` settles disputes.
        sample : {"queue", "random"}
            The likely stances first, or a random order, which alone tells how many stances the machine misses.

        Raises
        ------
        BadInput
            If no name is given, or the widgets are not installed.
        """
        if not labeler.strip():
            raise BadInput("nobody decides", fix="give your initials: a label without a labeler counts for nobody")
        own = self.classified[[labeler in names for names in self.classified["labelers"]]]
        statements = to_review(self.classified, sample)
        if labeler == CONSENSUS:
            statements = statements[statements["status"] == "disputed"]
        else:
            statements = statements[~statements["context_id"].isin(own["context_id"])]
        return _controls(statements.to_dict("records"), self.path, labeler.strip(), self.hint)


def review(study: Study, classified: pd.DataFrame) -> Review:
    """The citations of a study that wait for a person; see :class:`Review`."""
    spec = study.citations
    path = labels_file(study)
    named = spec is not None and spec.labels is not None
    hint = "" if named else f"Name the file in study.yaml, under citations: labels: {path.relative_to(study.folder)}"
    return Review(classified, path, hint)


def _controls(statements: list[dict[Any, Any]], path: Path, labeler: str, hint: str) -> Any:
    """The controls as one widget that stores nothing of the sentences in the notebook file."""
    try:
        import ipywidgets as widgets
    except ImportError:
        raise BadInput(
            "ipywidgets is not installed", fix="set the environment up again, or fill in the sheet of `compendium cite`"
        ) from None

    class ReviewBox(widgets.VBox):
        def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
            view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
            return {WIDGET_MIME: view, "text/plain": "Review of citations: run this cell again to go on."}

    place = {"at": 0, "saved": 0}
    shown, state = widgets.HTML(), widgets.HTML()
    note = widgets.Text(description="Note", layout=widgets.Layout(width="min(40rem, 100%)"))
    choices = {name: widgets.Button(description=name.capitalize()) for name in LABELS}
    back, skip = widgets.Button(description="Back"), widgets.Button(description="Skip")

    def show() -> None:
        done = place["at"] >= len(statements)
        shown.value = "<p>Nothing is left to decide.</p>" if done else statement_html(statements[place["at"]])
        for button in (*choices.values(), skip):
            button.disabled = done
        back.disabled = place["at"] == 0
        saved = f" Saved {place['saved']} in {escape(path.name)}. {escape(hint)}" if place["saved"] else ""
        number = min(place["at"] + 1, len(statements))
        state.value = f'<p role="status">Statement {number} of {len(statements)}.{saved}</p>'

    def move(step: int) -> None:
        place["at"] = min(max(place["at"] + step, 0), len(statements))
        note.value = ""
        show()

    def decide(label: str) -> None:
        row = statements[place["at"]]
        decision = {
            "context_id": row["context_id"], "label": label, "labeler": labeler, "date": date.today().isoformat(),
            "note": note.value, "sentence": row["sentence"], "sample": row["sample"],
        }  # fmt: skip
        save_labels(path, pd.DataFrame([decision]))
        place["saved"] += 1
        move(1)

    for name, button in choices.items():
        button.on_click(lambda _, name=name: decide(name))
    back.on_click(lambda _: move(-1))
    skip.on_click(lambda _: move(1))
    show()
    return ReviewBox([state, shown, note, widgets.HBox([*choices.values(), skip, back])])


def statement_html(row: Mapping[Any, Any]) -> str:
    """One statement as HTML: sentence with its target highlighted, neighbors, works, and what the machine says."""
    works = " on ".join(f"<i>{escape(str(row[c]))}</i>" for c in ("source_title", "title") if isinstance(row[c], str))
    return (
        f"<p>{escape(row['before'] or '')}</p><p><b>{highlighted(row)}</b></p><p>{escape(row['after'] or '')}</p>"
        f"<p>{works}, {escape(str(row['section']))}</p>"
        f"<p>Machine: {machine_says(row)}</p>"
    )


def highlighted(row: Mapping[Any, Any], around: int | None = None) -> str:
    """The sentence as HTML with the mark of the cited work highlighted; cut to ``around`` characters beside it."""
    start, end = int(row["target_start"]), int(row["target_end"])
    sentence = row["sentence"]
    first = max(0, start - around) if around is not None else 0
    last = min(len(sentence), end + around) if around is not None else len(sentence)
    return (
        f"{'… ' if first else ''}{escape(sentence[first:start])}<mark>{escape(sentence[start:end])}</mark>"
        f"{escape(sentence[end:last])}{' …' if last < len(sentence) else ''}"
    )


def machine_says(row: Mapping[Any, Any]) -> str:
    """The automatic class as HTML, with the probability of each class where the model gave one."""
    chances = ", ".join(f"{name} {row[f'p_{name}']:.2f}" for name in LABELS if pd.notna(row[f"p_{name}"]))
    label = row["label_auto"] if isinstance(row["label_auto"], str) else "not classed"
    return f"<strong>{label}</strong>{f' ({chances})' if chances else ''}"
