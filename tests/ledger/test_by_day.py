"""What is told by day alone: it waits for the morning, and is not told at all where it ended meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.ports import BY_DAY, NOT_YET, TELL, Act, State, Verb
from campus.results import Finding
from ledger import Book, open_ledger
from ledger.letters import NIGHT_FROM, NIGHT_UNTIL, not_before
from ledger.meter import found
from tests.ledger.samples import START, Clock, everybody, finding

HOUR = timedelta(hours=1)
# Half past two at night in Shanghai, and seven and half past eight in the evening.
NIGHT = datetime(2026, 10, 1, 18, 30, tzinfo=UTC)
MORNING = datetime(2026, 10, 1, 23, tzinfo=UTC)
EVENING = datetime(2026, 10, 1, 12, 30, tzinfo=UTC)
BEGAN = EVENING - 2 * HOUR
EARLIER = datetime(2026, 9, 1, tzinfo=UTC)


def silence(seen: datetime, end: datetime | None = None, tell: str = BY_DAY) -> Finding:
    facts = {"zone": "Asia/Shanghai", TELL: tell}
    about = {"rule": "silent", "subject": "gateway/east", "quantity": ""}
    return replace(finding(0), start=BEGAN, end=end, seen_until=seen, facts=facts, **about)


@pytest.fixture
def clock() -> Clock:
    return Clock(NIGHT)


@pytest.fixture
def book(tmp_path, clock: Clock) -> Iterator[Book]:
    with closing(open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", clock, everybody)) as opened:
        yield opened


def record(book: Book, clock: Clock, *findings: Finding) -> None:
    book.record("s", "silent", "gateway/east", findings, (EARLIER, clock.now))


def due(book: Book, at: datetime) -> list[State]:
    return [letter.episode.state for letter in book.due(at)]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_a_letter_waits_through_the_night_and_no_longer(now):
    wait = not_before(found("s", silence(now), now), now)
    local = now + 8 * HOUR
    if NIGHT_UNTIL <= local.hour < NIGHT_FROM:
        assert wait is None
    else:
        assert wait is not None and now < wait <= now + 10 * HOUR
        assert ((wait + 8 * HOUR).hour, wait.minute, wait.second) == (NIGHT_UNTIL, 0, 0)


def test_what_may_be_told_at_any_time_does_not_wait():
    assert not_before(found("s", finding(0), START), NIGHT) is None


def test_what_began_at_night_is_told_in_the_morning_as_it_is_then(book, clock):
    record(book, clock, silence(clock.now))
    assert due(book, clock.now) == due(book, MORNING - timedelta(seconds=1)) == []
    clock.now = MORNING - HOUR
    record(book, clock, silence(clock.now))
    letters = book.due(MORNING)
    assert [letter.episode.state for letter in letters] == [State.NEW, State.NEW]
    assert {letter.episode.finding.seen_until for letter in letters} == {MORNING - HOUR}


def test_of_what_ended_in_the_night_nobody_is_told(book, clock):
    record(book, clock, silence(clock.now))
    clock.now += HOUR
    record(book, clock, silence(clock.now, end=clock.now - HOUR / 2))
    assert book.letters("s") == []
    assert due(book, MORNING + HOUR) == []


def test_the_end_of_what_was_told_waits_for_the_morning_too(book, clock):
    clock.now = EVENING
    record(book, clock, silence(clock.now))
    for letter in book.due(clock.now):
        book.sent(letter.id, clock.now)
    clock.now = NIGHT
    record(book, clock, silence(clock.now, end=NIGHT))
    assert due(book, NIGHT) == []
    assert due(book, MORNING) == [State.CLOSED_BY_METER] * 2


def test_what_is_in_doubt_is_not_told_and_taken_back_where_it_waits(book, clock):
    record(book, clock, silence(clock.now))
    clock.now += HOUR
    record(book, clock, silence(clock.now, tell=NOT_YET))
    assert book.letters("s") == []
    clock.now += HOUR
    record(book, clock, silence(clock.now))
    assert due(book, MORNING) == [State.NEW] * 2


def test_what_somebody_took_on_at_night_is_told_as_it_stands_in_the_morning(book, clock):
    record(book, clock, silence(clock.now))
    (episode,) = book.episodes("s")
    book.act("s", episode.id, Act(Verb.ACKNOWLEDGE, "李工"))
    assert due(book, NIGHT) == []
    assert due(book, MORNING) == [State.ACKNOWLEDGED] * 2


def test_a_letter_already_in_hand_or_tried_is_not_taken_back(book, clock):
    record(book, clock, silence(clock.now))
    in_hand, tried = book.due(MORNING)
    book.failed(tried.id, "greylisted", MORNING + HOUR)
    clock.now = MORNING + HOUR / 2
    record(book, clock, silence(clock.now, end=clock.now))
    states = {letter.id: letter.episode.state for letter in book.letters("s")}
    assert states[in_hand.id] is states[tried.id] is State.NEW
    assert list(states.values()).count(State.CLOSED_BY_METER) == 2
