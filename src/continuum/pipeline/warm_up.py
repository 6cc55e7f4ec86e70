"""What libraries leave for their first use, done once for all kernels; without it every kernel would do it again."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

#: In a kernel pandas shows 20 columns; imported outside of one it believes it is in a terminal.
_COLUMNS_IN_A_KERNEL = 20


def what_is_loaded() -> None:
    """Prepare what was imported since the last time; whatever goes wrong will go wrong again where it is used."""
    for module in [name for name in _PENDING if name in sys.modules]:
        with contextlib.suppress(Exception):
            _PENDING.pop(module)()


def _pandas() -> None:
    import pandas

    pandas.set_option("display.max_columns", _COLUMNS_IN_A_KERNEL)


def _kernels() -> None:
    """How to validate notebooks, what provisioners exist."""
    import nbformat
    from jupyter_client.provisioning.factory import KernelProvisionerFactory

    nbformat.validate(nbformat.v4.new_notebook())
    KernelProvisionerFactory.instance()


def _altair() -> None:
    """The schema that every chart is checked against."""
    import altair

    altair.Chart().mark_point().to_dict()


def _typst() -> None:
    from ..charts.picture import found_fonts

    found_fonts()


def _pillow() -> None:
    from PIL import Image

    Image.preinit()


def _numba() -> None:
    """What numba knows of Python and numpy, a third of a second."""
    from numba.core.registry import cpu_target

    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


def _pandera() -> None:
    """What pandera needs to check a table of pandas, which it looks for when it checks the first."""
    import pandas
    import pandera.pandas as pa

    pa.DataFrameSchema({"a": pa.Column(int)}).validate(pandas.DataFrame({"a": [1]}))


_PENDING: dict[str, Callable[[], None]] = {
    "continuum.pipeline.execute": _kernels,
    "pandas": _pandas,
    "altair": _altair,
    "typst": _typst,
    "PIL.Image": _pillow,
    "numba": _numba,
    "pandera.pandas": _pandera,
}
