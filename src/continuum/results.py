"""Results of a notebook: values with provenance, tables and figures under the disclosure rule, refusals.

A notebook opens one :class:`Results`, adds to it, and saves it in its last cell. Prose takes its numbers from here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import cell, paths
from .atomic import write_text
from .claims import check_wording, row_key
from .disclosure import Rule, protect
from .entries import FIELD, RefusalBox, plain, say_value, slug, to_json
from .errors import AnalysisFailed, Refusal
from .provenance import SYNTHETIC_NOTE, Provenance, label_caption, shows_synthetic
from .study import Study, load_study
from .tables import Table

if TYPE_CHECKING:
    import altair as alt

    from .charts import Figure

__all__ = ["Interval", "Results", "merge", "slug"]

SCHEMA = 1
#: Key of ``DataFrame.attrs`` under which a table carries the class of its inputs, where that is not the study's data.
CLASS = "provenance"
_KEY = re.compile(r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*$")


@dataclass(frozen=True)
class Interval:
    """An interval estimate and how it was made."""

    low: float
    high: float
    level: float = 0.95
    method: str = ""


class Results:
    """Collects what one notebook finds out.

    Parameters
    ----------
    study : str or Study
        The study the notebook runs on.
    notebook : str
        Name of the notebook without suffix, such as ``"10-interviews"``.
    run : str
        Name of a parameter run; empty for the study's main results.

    Attributes
    ----------
    study : Study
    rule : Rule
        The study's disclosure rule.
    """

    def __init__(self, study: str | Study, notebook: str, *, run: str = "") -> None:
        self.study = load_study(study) if isinstance(study, str) else study
        self.notebook = notebook
        self.folder = paths.outputs(self.study.study, run)
        self.rule = Rule.of(self.study.disclosure)
        self.provenance = Provenance.SYNTHETIC if self.study.synthetic else Provenance.USER_DATA
        self._entries: dict[str, dict[str, Any]] = {}
        self._outputs: dict[str, dict[str, str]] = {}

    def value(
        self,
        key: str,
        value: Any,
        *,
        unit: str,
        n: int | None,
        estimator: str,
        interval: Interval | None = None,
        provenance: Provenance | None = None,
        seed: int | None = None,
    ) -> Any:
        """Store one result.

        Parameters
        ----------
        key : str
            Dotted and stable, such as ``interviews.n``; use :func:`slug` for parts taken from data.
        value : number, str or list
            Stored to 12 significant digits; NaN is stored as null.
        unit : str
            What it counts or measures: ``interviews``, ``share``, ``alpha``.
        n : int or None
            Base of the estimate; not stored where the disclosure rule hides counts of that size.
        estimator : str
            Name of the method.
        interval : Interval, optional
        provenance : Provenance, optional
            Class of the inputs other than the study's own data; the stored class is the weaker of both.
        seed : int, optional
            Seed of a simulated result.

        Returns
        -------
        The value, so that a cell can go on with it.
        """
        if not _KEY.fullmatch(key):
            raise AnalysisFailed(f"{key!r} is not a result key", fix="use lower-case words joined by dots; see slug()")
        entry: dict[str, Any] = {
            "value": plain(value), "unit": unit, "n": self._base(n), "estimator": estimator,
            "provenance": ((provenance or Provenance.PUBLISHED) | self.provenance).name,
            "notebook": self.notebook, "cell": str(cell.current_options().get("label", "")), "seed": seed,
        }  # fmt: skip
        if provenance is Provenance.PUBLISHED:
            entry["provenance"] = provenance.name
        if interval is not None:
            entry["interval"] = {name: plain(part) for name, part in asdict(interval).items()}
        self._entries[key] = entry
        return value

    def values(
        self,
        prefix: str,
        frame: pd.DataFrame | RefusalBox,
        *,
        name: str | Sequence[str],
        value: str,
        unit: str,
        n: str,
        estimator: str,
        bounds: tuple[str, str] | None = None,
        method: str = "",
        seed: int | None = None,
    ) -> None:
        """Store one column of a protected table, a result per row under ``prefix.<name of the row>.<column>``.

        Parameters
        ----------
        prefix : str
        frame : DataFrame
            Hidden cells are stored as text, without an interval.
        name : str or sequence of str
            Column (or columns, joined) with the row's name.
        value, n : str
            Columns with the result and its base.
        unit, estimator : str
        bounds : (str, str), optional
            Columns with the ends of the interval.
        method : str
            How the interval was made.
        seed : int, optional
        """
        if isinstance(frame, RefusalBox):
            return
        for row in frame.to_dict("records"):
            within = None
            low, high = (row[bounds[0]], row[bounds[1]]) if bounds else (None, None)
            if isinstance(low, float) and isinstance(high, float) and not math.isnan(low):
                within = Interval(low, high, method=method)
            key = row_key(prefix, row, name, value)
            self.value(
                key, row[value], unit=unit, n=row[n], estimator=estimator, interval=within, seed=seed,
                provenance=frame.attrs.get(CLASS),
            )  # fmt: skip

    def record(self, rows: Iterable[Mapping[str, Any]] | RefusalBox) -> None:
        """Store results that an analysis hands over as rows, each with its own key, unit and estimator.

        Parameters
        ----------
        rows : iterable of mapping
            The arguments of :meth:`value`; in place of ``interval``, ``low``, ``high`` and ``method`` may be given.
            Of a refused input nothing is stored.
        """
        for given in () if isinstance(rows, RefusalBox) else rows:
            row = dict(given)
            low, high, method = row.pop("low", None), row.pop("high", None), row.pop("method", "")
            if low is not None and not pd.isna(low):
                row["interval"] = Interval(low, high, method=method)
            self.value(row.pop("key"), row.pop("value"), **row)

    def refuse(self, key: str, refusal: Refusal) -> RefusalBox:
        """Store that a question was refused, and show why."""
        self.value(key, None, unit="", n=None, estimator="refused")
        self._entries[key]["refusal"] = {
            "code": refusal.code, "reason": refusal.reason, "what_would_help": refusal.what_would_help,
        }  # fmt: skip
        return RefusalBox(refusal)

    def ask(self, key: str, question: Callable[..., Any], *inputs: Any, **settings: Any) -> Any:
        """The answer of ``question(*inputs, **settings)``, or the box that says why there is none.

        A refusal is stored under ``key``. A question asked of a refused input is refused for the same reason, so a
        notebook needs no branches: :meth:`protect`, :meth:`table`, :meth:`figure` and :meth:`say` pass a box on too.
        """
        for given in (*inputs, *settings.values()):
            if isinstance(given, RefusalBox):
                return given
        try:
            return question(*inputs, **settings)
        except Refusal as refusal:
            return self.refuse(key, refusal)

    def protect(self, frame: Any, **how: Any) -> Any:
        """``frame`` under the study's disclosure rule; see :func:`continuum.disclosure.protect`."""
        return frame if isinstance(frame, RefusalBox) else protect(frame, self.rule, **how)

    def table(
        self,
        frame: pd.DataFrame | RefusalBox,
        *,
        formats: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        note: str = "",
        provenance: Provenance | None = None,
        label: str = "",
        caption: str = "",
    ) -> Table | RefusalBox:
        """Show and store a table that has already been protected.

        Label and caption come from the cell's ``#| label`` and ``#| tbl-cap``; give them in scripts only.
        ``provenance`` as for :meth:`figure`.
        """
        if isinstance(frame, RefusalBox):
            return frame
        label, caption = self._output("tbl", label, caption, "tbl-cap")
        if self._labeled(provenance or frame.attrs.get(CLASS)):
            note = f"{note} {SYNTHETIC_NOTE}".strip()
        shown = Table(frame, formats, headers, note)
        stem = self.folder / "tables" / label
        shown.write(stem, caption)
        tables = [name for name, output in self._outputs.items() if output["kind"] == "tbl"]
        shown.write_word(stem.with_suffix(".docx"), caption, tables.index(label) + 1)
        return shown

    def figure(
        self,
        chart: alt.TopLevelMixin | RefusalBox,
        data: pd.DataFrame | RefusalBox,
        *,
        note: str = "",
        provenance: Provenance | None = None,
        label: str = "",
        title: str = "",
        alt: str = "",
    ) -> Figure | RefusalBox:
        """Show and store a figure drawn from protected aggregates, with the data behind it.

        Parameters
        ----------
        chart : altair chart
            Without title; label, title and text alternative come from the cell's ``#| label``, ``#| fig-cap`` and
            ``#| fig-alt``.
        data : DataFrame
            What the figure shows, as a table for reuse and for screen readers.
        note : str
            A line under the title, such as the base.
        provenance : Provenance, optional
            Class of what it shows where that is not the study's data: published facts (never labeled synthetic), or
            a scenario ledger (always labeled if the ledger is synthetic). ``data.attrs["provenance"]`` says the same
            for tables that carry their class with them.
        """
        from .charts import figure

        if isinstance(chart, RefusalBox):
            return chart
        if isinstance(data, RefusalBox):
            return data
        label, title = self._output("fig", label, title, "fig-cap")
        alt = alt or str(cell.current_options().get("fig-alt", ""))
        labeled = self._labeled(provenance or data.attrs.get(CLASS))
        drawn = figure(chart, title=title.rstrip("."), alt=alt, synthetic=labeled, note=note, memory=paths.memory())
        drawn.write(self.folder / "figures" / label)
        Table(data).write(self.folder / "figures" / label, title)
        return drawn

    def say(self, template: str, *, given: Any = None) -> Sentence | RefusalBox:
        """A sentence whose numbers are results: ``{interviews.n}`` or ``{key:percent}``, ``{key:interval}``.

        ``given`` is what the numbers come from: if it was refused, its box stands in place of the sentence.

        Raises
        ------
        AnalysisFailed
            If a key is not among this notebook's results.
        UnlinkedNumber
            If the sentence types a number.
        ClaimNotAllowed
            If the wording says more than the results can carry; see :mod:`continuum.claims`.
        """
        if isinstance(given, RefusalBox):
            return given
        check_wording(template, [match.group(1) for match in FIELD.finditer(template)])
        text = FIELD.sub(self._field, template)
        classes = [self._entries[match.group(1)]["provenance"] for match in FIELD.finditer(template)]
        synthetic = Provenance.SYNTHETIC.name in classes if classes else self.study.synthetic
        return Sentence(text, synthetic=synthetic)

    def save(self) -> Saved:
        """Write this notebook's part and refresh the study's ``results.json``."""
        part = {"notebook": self.notebook, "results": self._entries, "outputs": self._outputs}
        write_text(self.folder / "parts" / f"{self.notebook}.json", to_json(part))
        merge(self.folder, self.study.study)
        return Saved(len(self._entries), len(self._outputs), self.notebook)

    def _output(self, kind: str, label: str, caption: str, caption_key: str) -> tuple[str, str]:
        options = cell.current_options()
        label = label or str(options.get("label", ""))
        caption = label_caption(caption or str(options.get(caption_key, "")), synthetic=False)
        if not re.fullmatch(rf"{kind}-[a-z0-9-]+", label) or not caption:
            raise AnalysisFailed(
                f"a {'table' if kind == 'tbl' else 'figure'} needs a label {kind}-... and a caption",
                place=label or "cell without label",
                fix=f"begin the cell with '#| label: {kind}-name' and '#| {caption_key}: ...'",
            )
        self._outputs[label] = {"kind": kind, "caption": caption}
        return label, caption

    def _base(self, n: int | None) -> Any:
        """The base of an estimate, unless it is a small cell or hidden already: results are published."""
        base = plain(n)
        return base if isinstance(base, int | float) and not 0 < base < self.rule.threshold else None

    def _labeled(self, provenance: Provenance | None) -> bool:
        """Whether an output must say that it is synthetic."""
        if provenance is Provenance.PUBLISHED:
            return False
        if not shows_synthetic(cell.current_options(), synthetic=True):
            return False
        return self.study.synthetic or provenance is Provenance.SYNTHETIC

    def _field(self, match: re.Match[str]) -> str:
        key, form = match.group(1), match.group(2)
        if key not in self._entries:
            raise AnalysisFailed(f"the sentence names {key!r}, which is not a result of {self.notebook}")
        return say_value(self._entries[key], form)


class Sentence:
    """A sentence of results, labeled when the data are synthetic."""

    def __init__(self, text: str, *, synthetic: bool) -> None:
        self.text = f"{text} ({SYNTHETIC_NOTE.rstrip('.')}.)" if synthetic else text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/markdown": self.text, "text/plain": self.text}


class Saved:
    """What was saved, in one line."""

    def __init__(self, values: int, outputs: int, notebook: str) -> None:
        self.text = f"Saved {values} results and {outputs} tables and figures of {notebook}."

    def __repr__(self) -> str:
        return self.text


def merge(folder: Path, study: str) -> Path:
    """Combine the parts of all notebooks into ``results.json``; the same parts give the same bytes."""
    combined: dict[str, Any] = {}
    for part in sorted((folder / "parts").glob("*.json")):
        for key, entry in json.loads(part.read_text(encoding="utf-8"))["results"].items():
            if key in combined:
                raise AnalysisFailed(
                    f"the result {key!r} is saved by {combined[key]['notebook']} and {entry['notebook']}",
                    fix="rename one of them",
                )
            combined[key] = entry
    target = folder / "results.json"
    write_text(target, to_json({"schema": SCHEMA, "study": study, "results": combined}))
    return target
