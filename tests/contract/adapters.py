"""The adapters of the store port that the contract suite runs on; each gives a function that opens the same store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from campus.ports import Store
from store.sqlite import open_sqlite

Open = Callable[[], Store]


@contextmanager
def sqlite(folder: Path) -> Iterator[Open]:
    """A file of its own."""
    with ExitStack() as closing:

        def open_store() -> Store:
            store = open_sqlite(folder / "store.db")
            closing.callback(store.close)
            return store

        yield open_store


ADAPTERS = {"sqlite": sqlite}
