"""Heavy work of one notebook on the cluster that runs the notebooks: bootstraps, multiverses, simulations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

#: Address of the dask scheduler, for kernels of a run that leaves processors of its cluster free.
SCHEDULER_VARIABLE = "CONTINUUM_SCHEDULER"


@contextmanager
def on_cluster() -> Iterator[bool]:
    """joblib's work inside goes to the run's dask cluster, if it has one; the same code works without.

    A run has processors to spare if ``-n`` is smaller than the cluster: notebooks that wait for work that waits for a
    notebook to end would never end.

    Yields
    ------
    bool
        Whether there is a cluster.

    Examples
    --------
    >>> from joblib import Parallel, delayed
    >>> with on_cluster():
    ...     Parallel()(delayed(abs)(x) for x in (-1, -2))
    [1, 2]
    """
    address = os.environ.get(SCHEDULER_VARIABLE)
    if not address:
        yield False
        return
    from distributed import Client
    from joblib import parallel_config

    with Client(address), parallel_config("dask"):
        yield True
