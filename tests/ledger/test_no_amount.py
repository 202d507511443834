"""A finding without rate and amount, such as a replaced meter, and one that only ends what is there."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from campus.ports import State
from ledger import open_ledger
from tests.ledger.samples import DAY, START, finding, record

NOTHING = {"size": None, "usual": None, "per_day": None, "to_date": None, "yuan_per_day": None, "price": None}
BARE = replace(finding(0), **NOTHING)
END = replace(BARE, end=BARE.start, opens=False)


@pytest.fixture
def book(tmp_path):
    with closing(open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", lambda: START + 40 * DAY)) as opened:
        yield opened


def test_what_is_not_known_reads_back_as_not_known(book):
    assert record(book, BARE)[0].finding == BARE
    assert book.episodes("s")[0].finding == BARE and BARE.yuan_to_date is None


def test_one_without_a_size_changes_only_where_something_is_to_be_seen(book):
    record(book, BARE)
    record(book, replace(BARE, seen_until=BARE.seen_until + DAY))
    assert len(book.history("s", 1)) == 1
    record(book, replace(BARE, size=1.0, seen_until=BARE.seen_until + DAY))
    assert len(book.history("s", 1)) == 2


def test_what_only_ends_makes_no_episode(book):
    assert record(book, END) == [] and book.episodes("s") == []


def test_what_only_ends_ends_the_episode_that_is_there(book):
    record(book, BARE)
    (ended,) = record(book, END)
    assert (ended.id, ended.state, ended.finding) == (1, State.CLOSED_BY_METER, END)


def test_two_registers_of_a_meter_are_two_episodes_each_ended_by_its_own(book):
    other = replace(BARE, quantity="hot_water")
    record(book, BARE, other)
    record(book, replace(END, quantity="hot_water"), BARE)
    assert {e.finding.quantity: e.state for e in book.episodes("s")} == {
        "water": State.NEW,
        "hot_water": State.CLOSED_BY_METER,
    }
