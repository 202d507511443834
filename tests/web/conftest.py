"""A filled school, and its page being served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from store.sqlite import open_sqlite
from tests.web import busy, lively
from tests.web.browsing import chromium
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


@pytest.fixture
def working(world: lively.World) -> lively.World:
    """The lively school with an episode in every state, and mails about them."""
    return busy.busy(world)


@pytest.fixture(scope="session")
def office(filled: Path) -> Iterator[Site]:
    """The busy school's pages, to be looked at by tests that move nothing."""
    world = busy.busy(lively.around(open_sqlite(filled)))
    with serving({"demo": busy.view(world)}) as running:
        yield running
    world.store.close()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for all the tests that look."""
    with chromium(tmp_path_factory.mktemp("browser")) as driver:
        yield driver
