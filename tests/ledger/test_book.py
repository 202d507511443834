"""The ledger keeps an event as one episode, updated as data come and ended by the meter."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from campus.ports import State
from ledger import open_ledger
from tests.ledger.samples import DAY, START, WHOLE, finding, record


@pytest.fixture
def book(tmp_path):
    with closing(open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", lambda: START + 40 * DAY)) as opened:
        yield opened


def test_what_is_found_again_is_the_same_episode_updated(book):
    first = record(book, finding(0, seen=3))[0]
    later = record(book, finding(0, seen=9, size=1.0))[0]
    assert later.id == first.id
    assert (later.version, later.finding.size) == (2, 1.0)
    assert len(book.episodes("s")) == 1


def test_an_episode_reads_back_as_the_finding_it_was(book):
    told = finding(0)
    assert record(book, told)[0].finding == told
    assert book.episodes("s")[0].finding == told


def test_the_meter_ends_an_episode(book):
    record(book, finding(0, seen=5))
    ended = record(book, finding(0, 7))[0]
    assert ended.state is State.CLOSED_BY_METER
    assert book.episodes("s", open_only=True) == []


def test_nothing_new_changes_nothing(book):
    record(book, finding(0))
    assert record(book, finding(0)) == []
    assert [entry.state for entry in book.history("s", 1)] == [State.NEW]


@pytest.mark.parametrize(("gap_days", "episodes"), [(6.9, 1), (7.1, 2)])
def test_an_event_that_comes_back_within_the_re_arm_time_is_the_same_one(book, gap_days, episodes):
    record(book, finding(0, 5))
    record(book, finding(5 + gap_days))
    # The earlier one is no longer among the findings of the second run, and is withdrawn where it was not matched.
    listed = book.episodes("s")
    assert len(listed) == 1
    assert (listed[0].id == 1) is (episodes == 1)


def test_what_corrected_data_made_vanish_is_withdrawn_and_kept_as_history(book):
    record(book, finding(0))
    record(book)
    assert book.episodes("s") == []
    assert [entry.state for entry in book.history("s", 1)] == [State.NEW, State.WITHDRAWN]


def test_an_episode_before_the_judged_window_is_left_alone(book):
    record(book, finding(0, 5))
    record(book, finding(60), judged=(START + 30 * DAY, START + 400 * DAY))
    assert [episode.state for episode in book.episodes("s")] == [State.NEW, State.CLOSED_BY_METER]


def test_two_schools_do_not_meet(book):
    record(book, finding(0))
    record(book, finding(0), school="t")
    assert [len(book.episodes(school)) for school in ("s", "t", "u")] == [1, 1, 0]


def test_the_dearest_open_episode_comes_first(book):
    for subject, size in (("a", 0.3), ("b", 2.0), ("c", 1.0)):
        book.record("s", "night_flow", subject, [replace(finding(0, size=size), subject=subject)], WHOLE)
    book.record("s", "night_flow", "d", [replace(finding(0, 4, size=9.0), subject="d")], WHOLE)
    assert [episode.finding.subject for episode in book.episodes("s")] == ["b", "c", "a", "d"]


def test_two_processes_may_keep_one_ledger(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    with closing(open_ledger(url)) as one, closing(open_ledger(url)) as other:
        record(one, finding(0))
        record(other, finding(0, size=2.0))
        assert one.episodes("s")[0].finding.size == 2.0
