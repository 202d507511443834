"""Runs in any order over growing and corrected data end in the same episodes and send nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.ports import Letter
from campus.results import Finding
from ledger import Book, open_ledger
from ledger.letters import OPENED
from tests.contract.ledgers import ADAPTERS, ledger_url
from tests.ledger.samples import Clock, at, everybody, finding, record
from tests.sizes import examples

# Examples a database: one transaction costs PostgreSQL a way over the network.
EXAMPLES = {"sqlite": examples(100), "postgresql": examples(25)}
Event = tuple[int, int | None]  # first and last day
_fresh = count()


@dataclass(frozen=True)
class Run:
    """A run of a rule: from and up to which day it judged, what was true as far as it knew, when it read."""

    first: int
    day: int
    read: int
    events: tuple[Event, ...]
    size: float

    def findings(self) -> list[Finding]:
        """Return what the rule found in the data it saw."""
        known = [(max(start, self.first), end) for start, end in self.events if end is None or end > self.first]
        return [
            finding(start, end if end is not None and end <= self.day else None, self.size, self.day)
            for start, end in known
            if start < self.day
        ]


@st.composite
def events(draw: st.DrawFn) -> tuple[Event, ...]:
    """Give events apart from each other, some nearer than the re-arm time; the last may go on."""
    marks = sorted(draw(st.lists(st.integers(0, 60), max_size=6, unique=True)))
    pairs: list[Event] = list(zip(marks[::2], marks[1::2], strict=False))
    return (*pairs, (marks[-1], None)) if len(marks) % 2 else tuple(pairs)


@st.composite
def histories(draw: st.DrawFn, first: st.SearchStrategy[int]) -> list[Run]:
    """Give runs over data that grew, and were corrected up to twice, in the order they were read."""
    truths = draw(st.lists(st.tuples(events(), st.sampled_from((0.5, 0.8, 2.0))), min_size=1, max_size=3))
    days = sorted(draw(st.lists(st.integers(1, 61), min_size=1, max_size=6)))
    known = sorted(draw(st.lists(st.integers(0, len(truths) - 1), min_size=len(days), max_size=len(days))))
    return [Run(draw(first), day, read, *truths[at]) for read, (day, at) in enumerate(zip(days, known, strict=True))]


@st.composite
def shuffled(draw: st.DrawFn, first: st.SearchStrategy[int]) -> tuple[list[Run], list[Run]]:
    """Give runs as they were read, and the same in any order with some of them doubled."""
    runs = draw(histories(first))
    doubled = draw(st.lists(st.sampled_from(runs), max_size=3))
    return runs, draw(st.permutations(runs + doubled))


@pytest.fixture(params=ADAPTERS)
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Book, Book]]:
    url = ledger_url(request.param, request, tmp_path)
    one, other = (open_ledger(url, Clock(at(61)), everybody) for _ in range(2))
    with closing(one), closing(other):
        yield one, other


def keep(books: tuple[Book, Book], runs: Sequence[Run]) -> tuple[list[tuple[object, ...]], list[Letter]]:
    """Record runs by two ledgers in turn; return the visible episodes and the letters in the order queued."""
    school = f"school{next(_fresh)}"
    for number, run in enumerate(runs):
        judged = (at(run.first), at(run.day))
        record(books[number % 2], *run.findings(), judged=judged, school=school, as_of=at(run.read))
    letters = sorted(books[1].letters(school), key=lambda letter: letter.id)
    return [visible(e.finding, e.open) for e in books[0].episodes(school)], letters


def visible(found: Finding, is_open: bool) -> tuple[object, ...]:
    """Return what people see of an episode whatever happened in between."""
    return (found.rule, found.subject, found.start, found.end, found.size, found.per_day, found.to_date, is_open)


def once(letters: list[Letter]) -> None:
    """Check that nobody was told of the same twice, nor of an end without its beginning."""
    told = [((one.episode.id, one.episode.round, one.address), one.episode.state) for one in letters]
    assert [doubled for doubled, times in Counter(told).items() if times > 1] == []
    for number, (whom, state) in enumerate(told):
        earlier = {before for one, before in told[:number] if one == whom}
        assert state in OPENED or earlier & OPENED


def law(books: tuple[Book, Book], data: st.DataObject) -> None:
    """Check that the newest run is what stands, however the runs came, and that nothing more is sent when all
    come again."""
    runs, mixed = data.draw(shuffled(st.just(0)))
    newest = [visible(found, found.end is None) for found in runs[-1].findings()]
    sent = []
    for order in (mixed, runs, [*runs, *mixed]):
        stands, letters = keep(books, order)
        assert sorted(stands, key=str) == sorted(newest, key=str)
        once(letters)
        sent.append(len(letters))
    assert sent[1] == sent[2]


def law_of_windows(books: tuple[Book, Book], data: st.DataObject) -> None:
    """Check that runs that judged from different days on end alike too."""
    runs, mixed = data.draw(shuffled(st.sampled_from((0, 10, 30))))
    (stands, letters), (again, letters_again) = keep(books, runs), keep(books, mixed)
    assert sorted(stands, key=str) == sorted(again, key=str)
    once(letters)
    once(letters_again)


@pytest.mark.parametrize("said", [law, law_of_windows])
def test_runs_in_any_order_end_in_the_same_episodes_and_send_nothing_twice(books, request, said):
    @settings(max_examples=EXAMPLES[request.node.callspec.params["books"]])
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        said(books, data)

    holds()
