"""Savings by themselves: reckoned when a day is over, shown on the page as the command says them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.baseline import Refused, freeze, from_json, to_json
from app.baselines import reported
from app.metered import place
from app.savings_nightly import Nightly, after
from app.savings_view import LOOK_EVERY, Shown
from app.settings import load_settings
from app.wiring import Installation, install, open_books
from campus.schema import DAY, MONTH, after_name, project_subject, saving_name
from ledger import Book
from tests.app.project_home import FINISHED, UNTIL, home, stored
from tests.app.waiting import run

KEY = ("lamps", "electricity")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class World:
    """An installation, its books, what was said, and a clock that is set by hand."""

    where: Path
    installation: Installation
    books: Book
    now: datetime = NOW
    said: list[str] = field(default_factory=list)

    def say(self, event: str, **facts: object) -> None:
        """Keep what is said."""
        self.said.append(f"{event} {facts}")

    def shown(self) -> Shown:
        """Return the projects of the page."""
        store = self.installation.stores["north"]
        return Shown(store, lambda: self.installation.registries["north"], self.books, lambda: self.now)

    def tamper(self) -> None:
        """Change what was frozen behind the program's back."""
        with closing(sqlite3.connect(self.where / "data" / "ledger.sqlite")) as connection:
            connection.execute("UPDATE baseline SET \"by\" = 'nobody'")
            connection.commit()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    where = home(tmp_path)
    settings = load_settings({"CAMPUS_CONFIG": str(where / "config"), "CAMPUS_DATA": str(where / "data")})
    installation = install(settings)
    with closing(installation.stores), closing(open_books(settings)) as books:
        yield World(where, installation, books)


def test_savings_are_stored_once_a_day_is_over_and_again_when_a_baseline_is_frozen(world: World) -> None:
    nightly, judged = Nightly(world.books, world.say), list[int]()
    judge = after(lambda *_: judged.append(1), nightly)
    judge(world.installation, {})
    assert judged == [1] and len(stored(world.where, saving_name(*KEY), MONTH)) == 0
    run(world.where, "baseline freeze --project lamps --by 王")
    judge(world.installation, {})
    assert len(stored(world.where, saving_name(*KEY), MONTH)) == 12
    assert len(stored(world.where, after_name(*KEY), DAY)) == 365
    assert world.said == []


def test_a_baseline_that_was_changed_is_told_and_stops_nothing_else(world: World) -> None:
    run(world.where, "baseline freeze --project lamps --by 王")
    world.tamper()
    Nightly(world.books, world.say)(world.installation)
    assert len(world.said) == 1 and "was changed in the ledger" in world.said[0]
    assert len(stored(world.where, saving_name(*KEY), MONTH)) == 0
    (one,) = world.shown()()
    assert "was changed in the ledger" in one.said[0].en


def test_a_baseline_of_other_formulae_is_refused_and_not_guessed_at(world: World) -> None:
    run(world.where, "baseline freeze --project lamps --by 王")
    (kept,) = world.books.baselines("north")
    at = place(world.installation.stores["north"], world.installation.registries["north"])
    older = to_json(freeze(replace(from_json(kept.body), version=0)))
    found = reported(at, replace(kept, body=older), (FINISHED, UNTIL))
    assert isinstance(found, Refused) and [reason.word for reason in found.reasons] == ["version"]


def test_the_page_says_what_the_command_says_and_looks_again_after_a_minute(world: World) -> None:
    shown = world.shown()
    (before,) = shown()
    assert "不能核定" in before.said[0].zh and before.charts == ()
    run(world.where, "baseline freeze --project lamps --by 王")
    assert shown()[0] is before
    world.now += LOOK_EVERY + timedelta(seconds=1)
    (now,) = shown()
    command = run(world.where, "savings show lamps").output
    assert now.said[0].zh in command and all(line.zh in command for line in now.details)
    assert now.charts == (project_subject(*KEY),) and now.head.zh in command
