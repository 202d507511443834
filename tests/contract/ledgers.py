"""The ledger's adapters: each gives the URL of an empty ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from ledger import Book, open_ledger
from ledger.letters import Audience
from tests.contract.postgres import fresh_database
from tests.ledger.samples import Clock, everybody

ADAPTERS = ("sqlite", "postgresql")
Opener = Callable[..., Book]


def ledger_url(adapter: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the URL of an empty ledger; the server is started when it is first asked for."""
    if adapter == "postgresql":
        return fresh_database(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{folder}/ledger.sqlite"


def opener(url: str) -> Iterator[Opener]:
    """Give a function that opens the ledger again and again, each time as another process would."""
    with ExitStack() as stack:

        def opened(clock: Callable[[], datetime] | None = None, audience: Audience = everybody) -> Book:
            book = open_ledger(url, clock or Clock(), audience)
            stack.callback(book.close)
            return book

        yield opened
