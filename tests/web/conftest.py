"""A filled school, and its page being served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.sqlite import open_sqlite
from tests.web import lively
from tests.web.served import Site, serving


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store file with the school's past, to be copied."""
    path = tmp_path_factory.mktemp("school") / "store.db"
    world = lively.world(path)
    world.store.close()
    return path


@pytest.fixture
def world(filled: Path, tmp_path: Path) -> Iterator[lively.World]:
    """The lively school, to be moved by a test."""
    for file in filled.parent.glob("store.db*"):
        shutil.copy(file, tmp_path / file.name)
    world = lively.around(open_sqlite(tmp_path / "store.db"))
    yield world
    world.store.close()


@pytest.fixture
def site(world: lively.World) -> Iterator[Site]:
    """The lively school's page."""
    with serving({"demo": world.view()}) as running:
        yield running
