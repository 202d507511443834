"""Who is told of what: news at once or when it has become news, ends to those who heard the beginning."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from campus.ports import Act, Address, Episode, State, Verb
from ledger import open_ledger
from ledger.letters import FRESH, owed, recipient
from ledger.meter import found
from tests.ledger.samples import DAY, OFFICE, PLUMBER, Clock, at, everybody, finding, record

SEEN = at(3)
NEWLY = found("s", finding(0), SEEN)
BOTH = [PLUMBER, OFFICE]


def in_state(state: State) -> Episode:
    return replace(NEWLY, state=state)


@pytest.mark.parametrize("state", [s for s in State if s not in (State.CLOSED_BY_METER, State.WITHDRAWN)])
def test_every_change_is_told_to_each_address(state):
    assert owed(in_state(state), BOTH, set(), SEEN) == BOTH


def test_an_address_named_twice_is_one_recipient():
    assert owed(NEWLY, [PLUMBER, replace(PLUMBER, lang="en")], set(), SEEN) == [replace(PLUMBER, lang="en")]


@pytest.mark.parametrize("state", State)
def test_nobody_is_told_of_the_same_state_again(state):
    told = {(state, recipient(address)) for address in BOTH}
    assert owed(in_state(state), BOTH, told, SEEN) == []


@pytest.mark.parametrize("state", [State.CLOSED_BY_METER, State.WITHDRAWN])
def test_the_end_is_told_to_those_alone_who_heard_the_beginning(state):
    assert owed(in_state(state), BOTH, {(State.NEW, recipient(OFFICE))}, SEEN) == [OFFICE]


@pytest.mark.parametrize("state", [State.NEW, State.REOPENED])
def test_what_data_showed_long_ago_is_no_news(state):
    assert owed(in_state(state), BOTH, set(), SEEN + FRESH) == BOTH
    assert owed(in_state(state), BOTH, set(), SEEN + FRESH + DAY) == []


def test_what_people_do_is_news_however_old_the_data():
    assert owed(in_state(State.ACKNOWLEDGED), BOTH, set(), SEEN + 90 * DAY) == BOTH


def told(book) -> list[tuple[str, State, int]]:
    return [(one.address.to, one.episode.state, one.episode.round) for one in reversed(book.letters("s"))]


@pytest.fixture
def clock() -> Clock:
    return Clock(at(10))


@pytest.fixture
def book(tmp_path, clock):
    with closing(open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", clock, lambda _: [OFFICE])) as opened:
        yield opened


def through(book, last: float, *findings) -> None:
    record(book, *findings, judged=(at(0), at(last)))


def test_an_archive_replayed_sends_nothing_until_its_data_have_caught_up(book):
    through(book, 3, finding(0, seen=3))
    through(book, 7, finding(0, seen=7))
    assert told(book) == []
    through(book, 9, finding(0, seen=9))
    through(book, 10, finding(0, seen=10))
    assert told(book) == [(OFFICE.to, State.NEW, 1)]
    assert book.letters("s")[0].episode.finding.seen_until == at(9)


def test_an_archive_replayed_tells_nothing_of_what_had_ended_in_it(book):
    through(book, 3, finding(0, seen=3))
    through(book, 10, finding(0, 5, seen=10))
    assert told(book) == []


def test_each_round_is_told_anew(book, clock):
    through(book, 9, finding(0, seen=9))
    through(book, 10, finding(0, 9.5, seen=10))
    clock.now = at(12)
    through(book, 12, finding(0, seen=12))
    through(book, 13, finding(0, 12.5, seen=13))
    ways = [(State.NEW, 1), (State.CLOSED_BY_METER, 1), (State.REOPENED, 2), (State.CLOSED_BY_METER, 2)]
    assert told(book) == [(OFFICE.to, *way) for way in ways]


def test_a_repair_the_meter_does_not_confirm_is_told(book, clock):
    through(book, 10, finding(0, seen=10))
    book.act("s", 1, Act(Verb.REPAIR, "王师傅"))
    through(book, 11, finding(0, seen=11))
    clock.now = at(12)
    through(book, 12, finding(0, seen=12))
    assert told(book)[-2:] == [(OFFICE.to, State.REPAIRED, 1), (OFFICE.to, State.REOPENED, 2)]


def test_work_given_to_another_while_it_is_done_writes_no_second_letter(book):
    through(book, 10, finding(0, seen=10))
    for owner in ("王师傅", "老赵"):
        book.act("s", 1, Act(Verb.ASSIGN, "李工", owner=owner))
    assert [state for _, state, _ in told(book)] == [State.NEW, State.IN_WORK]


def test_what_is_withdrawn_and_found_again_is_told_as_such_to_those_who_heard(book):
    through(book, 9, finding(0, seen=9))
    through(book, 9.5)
    through(book, 10, finding(0, seen=10))
    assert [state for _, state, _ in told(book)] == [State.NEW, State.WITHDRAWN, State.REOPENED]


def test_what_vanishes_before_anybody_heard_leaves_no_trace_in_the_post(book):
    through(book, 3, finding(0, seen=3))
    through(book, 5)
    through(book, 10, finding(0, seen=10))
    assert told(book) == [(OFFICE.to, State.NEW, 1)]


def test_who_is_told_follows_the_audience_of_the_moment(tmp_path):
    url, listening = f"sqlite:///{tmp_path}/ledger.sqlite", list[Address]()
    with closing(open_ledger(url, Clock(at(10)), lambda _: listening)) as book:
        through(book, 9, finding(0, seen=9))
        assert told(book) == []
        listening.append(OFFICE)
        through(book, 10, finding(0, seen=10))
        assert told(book) == [(OFFICE.to, State.NEW, 1)]


def test_nobody_is_told_unless_somebody_is_named(tmp_path):
    with closing(open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", Clock(at(3)))) as book:
        record(book, finding(0))
        assert book.letters("s") == []
    assert everybody(NEWLY) == BOTH
