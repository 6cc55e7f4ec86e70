"""papermill's engine, except that papermill does not write down what it is not asked to keep."""

from __future__ import annotations

from typing import Any

import nbformat
from papermill.engines import NBClientEngine, papermill_engines

NAME = "compendium"


class ProjectEngine(NBClientEngine):
    """Executes with nbclient; who wants the executed notebook takes it from ``on_notebook_start``.

    papermill serializes what an engine returns even where there is no file to write it to, which takes longer than
    executing a short cell. It looks for errors first, and for those it needs the notebook.
    """

    @classmethod
    def execute_notebook(cls, nb: Any, *arguments: Any, **options: Any) -> Any:
        """The executed notebook if a cell failed, else one without cells."""
        done = super().execute_notebook(nb, *arguments, **options)
        failed = any(output.output_type == "error" for cell in done.cells for output in cell.get("outputs", ()))
        return done if failed else nbformat.v4.new_notebook()


papermill_engines.register(NAME, ProjectEngine)
