"""What every database under the ledger must do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from campus.ports import Act, Episode, NotPossible, Ruling, State, Verb
from ledger import Book
from tests.contract.ledgers import ADAPTERS, Opener, ledger_url, opener
from tests.ledger.samples import DAY, PLUMBER, Clock, at, finding, record

WANG, LI = "王师傅", "李工"


@pytest.fixture(params=ADAPTERS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    yield from opener(ledger_url(request.param, request, tmp_path))


@pytest.fixture
def clock() -> Clock:
    return Clock(at(3))


@pytest.fixture
def book(opened: Opener, clock: Clock) -> Book:
    return opened(clock)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Do all at the same moment, each in a thread; return results, or the refusals."""
    ready = threading.Barrier(len(calls))

    def one(call: Callable[[], object]) -> object:
        ready.wait()
        try:
            return call()
        except NotPossible as refused:
            return refused

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_an_episode_reads_back_as_the_finding_it_was(book):
    told = finding(0)
    assert record(book, told)[0].finding == told
    assert book.episodes("s")[0].finding == told
    assert book.history("s", 1)[0].finding == told


def test_many_rulings_at_once_are_each_as_recorded_alone(opened, clock):
    book, truths = opened(clock), {}
    for day in (10, 20):
        clock.now = at(day)
        rulings = []
        for number in range(900):
            found = [finding(number % 7, seen=day)] * (number % 9 == 0) + [finding(12, 14)] * (number % 20 == day % 9)
            rule, subject = f"rule{number % 3}", f"meter/{number // 3}"
            told = [replace(one, rule=rule, subject=subject) for one in found]
            rulings.append(Ruling(rule, subject, told, (at(-30), at(day))))
            book.record("alone", rule, subject, told, (at(-30), at(day))) if number % 45 == 0 else None
        touched = book.record_all("together", rulings)
        truths |= {(r.rule, r.subject): r.findings for r in rulings}
        assert len({episode.id for episode in touched}) == len(touched) > 0
    assert book.record_all("together", rulings) == []
    stands = {(e.finding.rule, e.finding.subject, e.finding.start): e for e in book.episodes("together")}
    for alone in book.episodes("alone"):
        same = stands[alone.finding.rule, alone.finding.subject, alone.finding.start]
        assert replace(same, id=alone.id, school="alone") == alone
    assert {key[:2] for key, e in stands.items() if e.finding.end is None} == {
        place for place, found in truths.items() if any(one.end is None for one in found)
    }


def test_what_people_did_reads_back(book, clock):
    record(book, finding(0))
    book.act("s", 1, Act(Verb.ACKNOWLEDGE, WANG))
    clock.now += DAY
    book.act("s", 1, Act(Verb.ASSIGN, LI, "阀门在地下室", WANG, date(2026, 12, 1)))
    repaired = book.act("s", 1, Act(Verb.REPAIR, WANG, "换了浮球"))
    assert (repaired.state, repaired.owner, repaired.deadline) == (State.REPAIRED, WANG, date(2026, 12, 1))
    assert (repaired.acted_by, repaired.repaired, repaired.version) == (WANG, at(4), 4)
    assert book.episodes("s") == [repaired]
    assert [(entry.at, entry.state, entry.who, entry.text) for entry in book.history("s", 1)] == [
        (at(3), State.NEW, "", ""),
        (at(3), State.ACKNOWLEDGED, WANG, ""),
        (at(4), State.IN_WORK, LI, f"→ {WANG} · 2026-12-01 · 阀门在地下室"),
        (at(4), State.REPAIRED, WANG, "换了浮球"),
    ]


def test_an_act_that_does_not_fit_changes_nothing_and_says_who_was_first(book, clock):
    record(book, finding(0))
    first = book.act("s", 1, Act(Verb.ACKNOWLEDGE, WANG))
    with pytest.raises(NotPossible, match=r"王师傅 08:00 已接下 / already acknowledged by 王师傅 at 08:00"):
        book.act("s", 1, Act(Verb.ACKNOWLEDGE, LI))
    clock.now += DAY
    with pytest.raises(NotPossible, match="2026-10-04 08:00"):
        book.act("s", 1, Act(Verb.ACKNOWLEDGE, LI))
    assert book.episodes("s") == [first]
    assert len(book.history("s", 1)) == 2


@pytest.mark.parametrize(("school", "number"), [("s", 7), ("t", 1)])
def test_an_episode_of_another_school_is_no_episode(book, school, number):
    record(book, finding(0))
    for call in (lambda: book.act(school, number, Act(Verb.ACKNOWLEDGE, WANG)), lambda: book.history(school, number)):
        with pytest.raises(NotPossible, match=f"no finding {number}"):
            call()


def test_of_two_people_at_once_one_wins_and_the_other_is_told(opened):
    books = [opened(Clock(at(3))) for _ in range(4)]
    names = ("甲", "乙", "丙", "丁")
    for number in range(1, 6):
        record(books[0], finding(20 * number, seen=20 * number + 3))
        results = at_once(
            *(
                lambda book=book, name=name, number=number: book.act("s", number, Act(Verb.ACKNOWLEDGE, name))
                for book, name in zip(books, names, strict=True)
            )
        )
        winners = [result for result in results if isinstance(result, Episode)]
        assert len(winners) == 1
        refusals = {str(result) for result in results if isinstance(result, NotPossible)}
        assert refusals == {
            f"{winners[0].acted_by} 08:00 已接下 / already acknowledged by {winners[0].acted_by} at 08:00"
        }
        assert [entry.who for entry in books[0].history("s", number)] == ["", winners[0].acted_by]


def test_two_processes_that_record_at_once_make_one_episode(opened):
    books = [opened(Clock(at(3))) for _ in range(4)]
    for school in ("a", "b", "c", "d", "e"):
        at_once(*(lambda book=book, school=school: record(book, finding(0), school=school) for book in books))
        assert len(books[0].episodes(school)) == 1
        assert len(books[0].letters(school)) == 2


def test_nothing_people_say_is_lost_while_the_meter_goes_on(opened):
    meter, people = opened(Clock(at(3))), opened(Clock(at(3)))
    record(meter, finding(0), judged=(at(0), at(3)))

    def measure() -> None:
        for step in range(30):
            seen = 3 + step / 24
            record(meter, finding(0, seen=seen, size=1 + step), judged=(at(0), at(100 + seen)))

    def speak() -> None:
        for step in range(30):
            people.act("s", 1, Act(Verb.NOTE, WANG, str(step)))

    assert at_once(measure, speak) == [None, None]
    assert [entry.text for entry in people.history("s", 1) if entry.who] == [str(step) for step in range(30)]
    assert people.episodes("s")[0].finding.size == 30


def test_a_letter_is_queued_with_the_change_it_tells(book, clock):
    record(book, finding(0))
    book.act("s", 1, Act(Verb.ACKNOWLEDGE, WANG))
    told = [(letter.episode.state, letter.address.to) for letter in reversed(book.letters("s"))]
    assert told == [(s, to) for s in (State.NEW, State.ACKNOWLEDGED) for to in (PLUMBER.to, "office@school.example")]
    assert {letter.queued for letter in book.letters("s")} == {clock.now}


def test_nothing_is_told_that_was_not_kept(opened):
    def broken(_episode: Episode) -> list[object]:
        raise ZeroDivisionError

    book = opened(Clock(at(3)), broken)
    with pytest.raises(ZeroDivisionError):
        record(book, finding(0))
    assert book.episodes("s") == [] and book.letters("s") == []


def test_a_letter_says_what_was_true_when_it_was_queued(book):
    record(book, finding(0, size=0.8), judged=(at(0), at(3)))
    record(book, finding(0, size=2.0), judged=(at(0), at(4)))
    book.act("s", 1, Act(Verb.ASSIGN, LI, owner=WANG))
    letter = next(letter for letter in book.letters("s") if letter.episode.state is State.NEW)
    assert (letter.episode.finding.size, letter.episode.owner, letter.episode.id) == (0.8, "", 1)


def test_a_letter_is_lent_to_one_sender_and_due_again_when_the_lease_ran_out(opened, clock):
    book, other = opened(clock), opened(clock)
    record(book, finding(0))
    assert len(book.due(clock.now, limit=1)) == 1
    assert len(other.due(clock.now)) == 1
    assert book.due(clock.now) == other.due(clock.now) == []
    assert len(other.due(clock.now + DAY)) == 2


def test_two_senders_at_once_take_no_letter_twice(opened):
    books = [opened(Clock(at(3))) for _ in range(4)]
    for school in "abcdefghij":
        record(books[0], finding(0), school=school)
    taken = at_once(
        *(lambda book=book: [letter.id for _ in range(8) for letter in book.due(at(3), 1)] for book in books)
    )
    assert sorted(number for numbers in taken for number in numbers) == list(range(1, 21))


def test_a_letter_refused_waits_is_given_up_and_sent_again_when_somebody_says_so(book, clock):
    record(book, finding(0))
    first, second = book.due(clock.now)
    book.sent(first.id, clock.now)
    book.failed(second.id, "451 try later", clock.now + DAY)
    assert book.due(clock.now) == []
    (again,) = book.due(clock.now + DAY)
    assert (again.id, again.attempts, again.error) == (second.id, 1, "451 try later")
    book.failed(again.id, "550 no such mailbox", None)
    assert book.due(clock.now + 9 * DAY) == []
    states = {letter.id: (letter.delivery, letter.attempts) for letter in book.letters("s")}
    assert states == {first.id: ("sent", 1), second.id: ("given_up", 2)}
    assert (book.retry([first.id]), book.retry(), book.retry()) == (0, 1, 0)
    assert [(letter.id, letter.attempts) for letter in book.due(clock.now)] == [(second.id, 0)]


def test_a_letter_put_off_is_due_now_when_somebody_says_so_but_not_one_in_hand(book, clock):
    record(book, finding(0))
    first, second = book.due(clock.now)
    book.failed(second.id, "535 wrong password", clock.now + DAY)
    assert (book.retry([first.id]), book.retry([second.id]), book.retry()) == (0, 1, 0)
    assert [(letter.id, letter.attempts) for letter in book.due(clock.now)] == [(second.id, 0)]
    book.failed(second.id, "535 wrong password", clock.now + DAY)
    assert [letter.id for letter in book.due(clock.now + DAY)] == [first.id, second.id]
    assert book.retry() == 0


def test_a_letter_sent_stays_sent_though_another_sender_failed_with_it(book, clock):
    record(book, finding(0))
    letter = book.due(clock.now, limit=1)[0]
    book.sent(letter.id, clock.now)
    book.failed(letter.id, "late", None)
    assert book.letters("s")[-1].delivery == "sent"


def test_a_letter_that_is_none_is_said_to_be_none(book, clock):
    with pytest.raises(NotPossible, match="no letter 3"):
        book.sent(3, clock.now)


def test_letters_are_listed_newest_first(book, clock):
    record(book, finding(0))
    clock.now += DAY
    book.act("s", 1, Act(Verb.ACKNOWLEDGE, WANG))
    assert [letter.id for letter in book.letters("s", limit=3)] == [4, 3, 2]
    assert book.letters("t") == []
