"""Workers of a Dask cluster, for whom one machine is not enough: the same functions, on other processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from app.analyse import Workers
from campus.errors import CampusError

# How long a scheduler and its first worker are waited for [s].
PATIENCE_S = 30


class ClusterUnusable(CampusError):
    """The cluster cannot be used as it is."""


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """Give the workers of the cluster whose scheduler is at `address`. Raises `ClusterUnusable`."""
    try:
        from distributed import Client
    except ImportError:
        raise ClusterUnusable("--cluster needs Dask: pip install 'campus-energy[cluster]'") from None
    try:
        client = Client(address, timeout=PATIENCE_S)
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except (OSError, TimeoutError) as error:
        raise ClusterUnusable(f"no cluster with a worker at {address}: {error}") from error
    with client, client.get_executor(pure=False) as executor:
        strangers = {worker: one for worker, one in client.run(release).items() if one != release()}
        if strangers:
            raise ClusterUnusable(f"workers of another release than {release()}: {strangers}")
        yield Workers(executor, sum(client.nthreads().values()))


def release() -> str:
    """Return the release that is installed here."""
    return version("campus-energy")
