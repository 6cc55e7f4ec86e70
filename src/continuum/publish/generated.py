"""Parts of pages that are written by the computer: lists of results, files, packages and steps."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ..entries import say_value
from ..errors import BadInput
from ..provenance import label_caption
from ..tables import MISSING
from . import benchmark_tables, checklists, citation_blocks, codebook_block, steps
from .explorers import explorer
from .glance import at_a_glance
from .layout import key_code
from .stage import Output, prefix_of

if TYPE_CHECKING:
    from .sources import Source
    from .stage import Stage


def content(name: str, staged: Stage, source: Source) -> str:
    """Markdown for a block ``::: {.generated content="name"}`` of a page.

    Raises
    ------
    BadInput
        If no such content exists.
    """
    if name not in _CONTENTS:
        raise BadInput(
            f"there is no generated content {name!r}",
            file=source.name,
            fix=f"use one of {', '.join(sorted(_CONTENTS))}",
        )
    return _CONTENTS[name](staged, prefix_of(source.name))


def results_table(staged: Stage, prefix: str) -> str:
    """Every number of results.json, one section a notebook."""
    if not staged.results:
        return "No notebook has stored a result yet."
    parts = []
    for name, notebook in staged.notebooks.items():
        entries = {k: v for k, v in staged.results.items() if v.get("notebook") == name}
        if not entries:
            continue
        rows = [_result_row(key, entry, staged, prefix) for key, entry in entries.items()]
        heads = ("Key", "Value", "Interval", "n", "Estimator", "Class")
        parts.append(f"### {staged.short_title(name)} {{#numbers-{name}}}")
        parts.append(html_table(heads, rows, f"Results of {notebook.title}"))
    return "\n\n".join(parts)


def outputs_table(staged: Stage, prefix: str) -> str:
    """Every figure and table by notebook, with links to where it stands and to its data."""
    parts = []
    for name, notebook in staged.notebooks.items():
        rows = [
            (
                f'<a href="{prefix}notebooks/{name}.html#{output.label}">{escape(_without_note(output.caption))}</a>',
                "figure" if output.kind == "fig" else "table",
                _data_links(output, staged, prefix),
            )
            for output in staged.outputs().values() if output.notebook.name == name
        ]  # fmt: skip
        if rows:
            parts.append(f"### {staged.short_title(name)} {{#outputs-{name}}}")
            parts.append(
                html_table(("Figure or table", "Kind", "Data"), rows, f"Figures and tables of {notebook.title}")
            )
    return "\n\n".join(parts)


def downloads_table(staged: Stage, prefix: str) -> str:
    """Every file that can be downloaded, with size and checksum."""
    folder = staged.folder / "downloads"
    rows = []
    for file in sorted(f for f in folder.rglob("*") if f.is_file()):
        name = file.relative_to(folder).as_posix()
        data = file.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        rows.append(
            (
                f'<a href="{prefix}downloads/{name}" download>{escape(name)}</a>',
                _size(len(data)),
                f'<code title="{digest}">{digest[:16]}…</code>',
            )
        )
    note = f"Full checksums: [SHA256SUMS]({prefix}downloads/SHA256SUMS), checked with `sha256sum -c SHA256SUMS`."
    return f"{html_table(('File', 'Size', 'SHA-256'), rows, 'Files to download')}\n\n{note}"


def run_table(staged: Stage, prefix: str) -> str:
    """What ran: commit, machine, seconds of each notebook, versions."""
    run = staged.run
    if not run:
        return "The notebooks shown here are the committed ones; no run has been recorded on this machine."
    facts = [
        (name, f"<code>{escape(str(run[key]))}</code>")
        for key, name in (
            ("commit", "Commit"),
            ("python", "Python"),
            ("platform", "Platform"),
            ("processors", "Processors"),
        )
        if run.get(key)
    ]
    notebooks = [
        (f'<a href="{prefix}notebooks/{name}.html">{name}</a>', _seconds(record), str(len(record.get("outputs") or [])))
        for name, record in sorted((run.get("notebooks") or {}).items()) if name in staged.notebooks
    ]  # fmt: skip
    inputs = [
        (f"<code>{escape(name)}</code>", f'<code title="{digest}">{digest[:16]}…</code>')
        for name, digest in sorted((run.get("inputs") or {}).items())
    ]
    packages = [(escape(name), f"<code>{escape(v)}</code>") for name, v in sorted((run.get("packages") or {}).items())]
    return "\n\n".join(
        [
            html_table(("What", "Value"), facts, "The run"),
            html_table(("Notebook", "Seconds", "Files written"), notebooks, "Notebooks that ran"),
            html_table(("Raw file", "SHA-256"), inputs, "Raw files that were read"),
            html_table(("Package", "Version"), packages, "Versions used"),
        ]
    )


def parameters_table(staged: Stage, prefix: str) -> str:
    """Every parameter of every notebook."""
    rows = [
        (
            f'<a href="{prefix}notebooks/{name}.html">{escape(name)}</a>', f"<code>{escape(p.name)}</code>",
            escape(p.type), f"<code>{escape(p.default)}</code>", escape(p.help),
        )
        for name, notebook in staged.notebooks.items() for p in notebook.parameters
    ]  # fmt: skip
    return html_table(("Notebook", "Parameter", "Type", "Default", "Meaning"), rows, "Parameters")


def notebook_cards(staged: Stage, prefix: str) -> str:
    """One card per notebook: its question and what it shows."""
    cards = []
    for name, notebook in staged.notebooks.items():
        figures = sum(label.startswith("fig-") for label in notebook.labels)
        tables = sum(label.startswith("tbl-") for label in notebook.labels)
        question = _first_sentence(notebook)
        cards.append(
            f":::: {{.card}}\n### [{notebook.title}]({prefix}notebooks/{name}.ipynb)\n\n{question}\n\n"
            f"[{_plural(figures, 'figure')}, {_plural(tables, 'table')}]{{.muted}}\n::::\n"
        )
    return "::::: {.cards}\n" + "\n".join(cards) + ":::::"


def first_figure(staged: Stage, prefix: str) -> str:
    """The figure a visitor sees first: the survey's, else the first there is."""
    figures = [output for output in staged.outputs().values() if output.kind == "fig"]
    if not figures:
        return ""
    chosen = next((output for output in figures if output.notebook.name.startswith("20-")), figures[0])
    return f"{{{{< embed {prefix}notebooks/{chosen.notebook.name}.ipynb#{chosen.label} >}}}}"


def refusals(staged: Stage, prefix: str) -> str:
    """Questions the data could not answer, and what would help."""
    found = {key: entry["refusal"] for key, entry in staged.results.items() if entry.get("refusal")}
    if not found:
        return "Every question that was asked of these data was answered."
    rows = [
        (key_code(key), escape(r["code"]), escape(r["reason"]), escape(r.get("what_would_help") or ""))
        for key, r in found.items()
    ]
    return html_table(("Question", "Refusal", "Reason", "What would help"), rows, "Refused questions")


def oracle_table(staged: Stage, prefix: str) -> str:
    """Every known answer that a statistic was held against: how far off, in units of its tolerance."""
    from ..checks import oracle_checks, worst

    rows = [
        (
            escape(str(row["id"])), escape(str(row["statistic"])), str(row["values"]), f"{row['difference']:.1e}",
            f"{100 * row['of_tolerance']:.2g}%", escape(str(row["source"])),
        )
        for row in worst(oracle_checks()).to_dict("records")
    ]  # fmt: skip
    heads = ("Known answer", "Statistic", "Values", "Largest difference", "Of tolerance", "Source")
    return html_table(heads, rows, "Statistics held against known answers")


_CONTENTS: dict[str, Callable[[Stage, str], str]] = {
    "results": results_table, "outputs": outputs_table, "downloads": downloads_table, "run": run_table,
    "parameters": parameters_table, "notebooks": notebook_cards, "first-figure": first_figure, "refusals": refusals,
    "oracle-checks": oracle_table, "at-a-glance": at_a_glance, "benchmarks": benchmark_tables.benchmarks,
    **citation_blocks.CONTENTS, **codebook_block.CONTENTS, **checklists.CONTENTS, **steps.CONTENTS,
    **{f"explore-{name}": explorer(name) for name in ("interviews", "survey", "continuum", "break-even")},
}  # fmt: skip


def _result_row(key: str, entry: Mapping[str, Any], staged: Stage, prefix: str) -> tuple[str, ...]:
    bounds = entry.get("interval")
    interval = escape(say_value(entry, "interval").split(" interval ")[-1]) if bounds else MISSING
    cell = f"{prefix}notebooks/{entry['notebook']}.html"
    if entry.get("cell") in staged.notebooks[entry["notebook"]].labels:
        cell += f"#{entry['cell']}"
    shown = f"not answered ({entry['refusal']['code']})" if entry.get("refusal") else say_value(entry)
    base = MISSING if entry.get("n") is None else f"{entry['n']:,}"
    return (
        f'<a id="{escape(key)}" href="{cell}">{key_code(key)}</a>', escape(shown), interval, base,
        escape(str(entry.get("estimator", ""))), escape(str(entry["provenance"]).replace("_", " ").lower()),
    )  # fmt: skip


def _data_links(output: Output, staged: Stage, prefix: str) -> str:
    folder = "figures" if output.kind == "fig" else "tables"
    links = [
        f'<a href="{prefix}downloads/{folder}/{output.label}{suffix}" download>{name}</a>'
        for suffix, name in ((".csv", "CSV"), (".docx", "Word"), (".json", "Vega-Lite"))
        if (staged.folder / "downloads" / folder / f"{output.label}{suffix}").is_file()
    ]
    return f'<span class="whole">{" · ".join(links)}</span>' if links else MISSING


def html_table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], caption: str) -> str:
    """A table whose cells are already HTML, in a region that scrolls sideways by keyboard."""
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    label = escape(caption, quote=True)
    return (
        f'```{{=html}}\n<div class="table-scroll" tabindex="0" role="region" aria-label="{label}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>\n```"
    )


def _first_sentence(notebook: Any) -> str:
    for cell in notebook.cells:
        if cell.kind != "markdown":
            continue
        for block in cell.source.split("\n\n"):
            text = " ".join(line for line in block.splitlines() if not line.startswith("#")).strip()
            if text and not text.startswith(("|", ":::", "<", "-", "```")):
                return _shortened(text)
    return ""


def _shortened(text: str, most: int = 260) -> str:
    """The first sentences that fit; words of the first one if not even it does."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    while len(sentences) > 1 and len(" ".join(sentences)) > most:
        sentences.pop()
    short = " ".join(sentences)
    return short if len(short) <= most else short[:most].rsplit(" ", 1)[0] + " …"


def _without_note(caption: str) -> str:
    return label_caption(caption, synthetic=False).rstrip(".")


def _plural(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _seconds(record: Mapping[str, Any]) -> str:
    return f"{(record.get('seconds') or {}).get('total', 0):.1f}"


def _size(n: int) -> str:
    return f"{n / 1024:,.0f} KB" if n >= 1024 else f"{n} B"
