"""A first paper for a study that has none yet: every table and figure in order, and nothing claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from .stage import Stage


def paper(staged: Stage) -> str:
    """Source of ``paper/index.qmd`` that embeds all outputs of the study's notebooks."""
    study = staged.study
    meta = {
        "title": study.title,
        "subtitle": "Report of results",
        "format": {"html": "default", "typst": {"papersize": "us-letter"}, "docx": {"shift-heading-level-by": -1}},
    }
    opening = [
        "This report was assembled from the study's results. It lists them and draws no conclusion. "
        f"Write your own paper into `data/{study.study}/paper/index.qmd`; it then takes the place of this one.",
        "Counts below the study's threshold of {{< var study.threshold >}} are hidden and marked `[c]`.",
    ]
    if study.synthetic:
        opening.insert(0, "All data of this study are synthetic. Nothing below is a finding.")
    parts = [
        "---\n" + yaml.safe_dump(meta, sort_keys=False, allow_unicode=True) + "---\n",
        "## About this report {#sec-methods}\n",
    ]
    parts += [f"{text}\n" for text in opening]
    for notebook in staged.notebooks.values():
        labels = [label for label in notebook.labels if label.startswith(("fig-", "tbl-"))]
        if labels:
            parts.append(f"## {notebook.title}\n")
            parts += [f"{{{{< embed ../notebooks/{notebook.name}.ipynb#{label} >}}}}\n" for label in labels]
    return "\n".join(parts)
