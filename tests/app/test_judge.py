"""Judging: what the ledger could not take is judged again, and nothing twice for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from analytics.detector import Context, Detector
from analytics.hours import Hours
from app.judge import Judge, lock_of
from app.lock import InUse, held
from campus.errors import LedgerUnavailable
from campus.plans import Plan, PlanKind
from campus.readings import Kind
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade
from ingest.payload import Item
from ingest.payloads import native
from tests.app.test_derive import PLAIN, Pipe

BEGAN = datetime(2026, 3, 1, 16, tzinfo=UTC)
KEY = ("s", "sub-a", "electricity")
QUIET = Detector(
    "quiet",
    "无",
    "none",
    frozenset({"electricity"}),
    lambda _hours, _context: [],
    lambda _finding, _lang: "",
    Trade.ENERGY,
    Said("无", "none"),
)


@dataclass(slots=True)
class Books:
    """A ledger that is away for the first calls."""

    away: int
    recorded: list[str] = field(default_factory=list)

    def record_all(self, _school, rulings):
        if self.away:
            self.away -= 1
            raise LedgerUnavailable("the ledger is away")
        self.recorded += [ruling.subject for ruling in rulings]
        return []


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A meter that counts 1 kWh an hour for a day."""
    said = [(BEGAN + n * timedelta(minutes=15), 100 + n * 0.25) for n in range(4 * 24 + 1)]
    with closing(Pipe(tmp_path)) as pipe:
        pipe.journal([("campus/s/sub-a", native.encode([Item(v, Kind.REGISTER, t, unit="kWh")])) for t, v in said])
        pipe.drain()
        pipe.derive()
        layout = SimpleNamespace(data=SimpleNamespace(root=tmp_path))
        yield SimpleNamespace(registries={"s": PLAIN}, stores={"s": pipe.store}, settings=layout)


def test_what_a_ledger_that_was_away_could_not_take_is_recorded_when_it_is_back(
    installation: SimpleNamespace,
) -> None:
    books = Books(away=1)
    judge = Judge(books, {"quiet": QUIET})
    with pytest.raises(LedgerUnavailable):
        judge(installation, {KEY: []})
    judge(installation, {KEY: []})
    assert books.recorded == ["meter/sub-a"]


def test_readings_within_an_hour_already_judged_are_not_judged_again(installation: SimpleNamespace) -> None:
    books = Books(away=0)
    judge = Judge(books, {"quiet": QUIET})
    for _ in range(3):
        judge(installation, {KEY: []})
    assert books.recorded == ["meter/sub-a"]


def test_a_plan_that_was_announced_since_has_its_school_judged_anew_and_once(installation: SimpleNamespace) -> None:
    judged: list[str] = []

    def noted(_hours: Hours, context: Context) -> list[Finding]:
        judged.append(context.meter.key)
        return []

    judge = Judge(Books(away=0), {"quiet": replace(QUIET, judge=noted)})
    judge(installation, {KEY: []})
    planned = replace(PLAIN, plans=(Plan("p", PlanKind.OUTAGE, BEGAN, BEGAN + timedelta(hours=3)),))
    installation.registries["s"] = planned
    judge(installation, {KEY: []})
    judge(installation, {KEY: []})
    assert judged == ["sub-a"] * 2


def test_a_school_that_another_process_judges_has_its_turn_later(installation: SimpleNamespace) -> None:
    books = Books(away=0)
    judge = Judge(books, {"quiet": QUIET})
    with held(lock_of(installation.settings.data.root, "s")), pytest.raises(InUse):
        judge(installation, {KEY: []})
    assert books.recorded == []
    judge(installation, {})
    assert books.recorded == ["meter/sub-a"]
