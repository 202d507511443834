"""What every test may use."""

from __future__ import annotations

import os

import pytest

from tests.contract.postgres import postgres_url

__all__ = ["postgres_url"]


@pytest.fixture(scope="session")
def size() -> str:
    """Return "small", or "full" when CAMPUS_TEST_SIZE says so: the one parameter apart."""
    return os.environ.get("CAMPUS_TEST_SIZE", "small")
