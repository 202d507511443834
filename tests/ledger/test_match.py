"""Identity: which finding of a new run is which episode."""

from __future__ import annotations

from dataclasses import replace

from campus.ports import Episode, State
from ledger.match import match
from ledger.meter import found
from tests.ledger.samples import START, finding


def episode(number: int, told: object, state: State = State.NEW) -> Episode:
    return replace(found("s", told, START), id=number, state=state)


def test_an_event_split_by_corrected_data_stays_with_its_longer_part():
    whole = episode(1, finding(0, seen=30))
    early, late = finding(0, 4), finding(20, seen=31)
    matched = match([whole], [early, late])
    assert matched.known == ((whole, late),) and matched.new == (early,) and matched.gone == ()


def test_two_episodes_that_grow_together_are_one_and_the_other_is_gone():
    first, second = episode(1, finding(0, 4)), episode(2, finding(10, 30))
    merged = finding(0, 30)
    matched = match([first, second], [merged])
    assert matched.known == ((second, merged),) and matched.gone == (first,)


def test_what_was_withdrawn_is_taken_only_where_no_other_fits():
    withdrawn, living = episode(1, finding(0, 10), State.WITHDRAWN), episode(2, finding(9, 12))
    told = finding(0, 12)
    assert match([withdrawn, living], [told]).known == ((living, told),)
    assert match([withdrawn], [told]).known == ((withdrawn, told),)


def test_each_is_used_once():
    first = episode(1, finding(0, 10))
    matched = match([first], [finding(0, 5), finding(5.5, 10)])
    assert len(matched.known) == len(matched.new) == 1
