"""What every test may use, and how laws are tried."""

from __future__ import annotations

import os

# Workers and the processes they start share the cores already. Before anything loads numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

from tests.contract.postgres import postgres_url
from tests.sizes import FULL, examples

__all__ = ["postgres_url"]

# Small: the same commit always gets the same verdict; full size goes on looking. How fast a machine is, is no law:
# neither the time of an example nor that of making one fails a test.
settings.register_profile(
    "campus",
    max_examples=examples(100),
    derandomize=not FULL,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("campus")


@pytest.fixture(scope="session")
def size() -> str:
    """Return "small", or "full" when CAMPUS_TEST_SIZE says so: the one parameter apart."""
    return "full" if FULL else "small"
