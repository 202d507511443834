"""What the meter does to an episode, and that it leaves alone what people said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from campus.ports import OPEN_STATES, Episode, State
from ledger.meter import CONFIRM, found, gone, seen
from tests.ledger.samples import DAY, at, finding

HUMAN = {"owner": "王师傅", "deadline": date(2026, 12, 1), "reason": "不用管"}


def episode(state: State, **changed: object) -> Episode:
    known = Episode(1, "s", state, finding(0), at(1), at(2), version=3, acted_by="王师傅", **HUMAN)
    return replace(known, **changed)


def lasting(until: float = 9) -> object:
    return finding(0, seen=until)


@pytest.mark.parametrize(("last", "state"), [(None, State.NEW), (5, State.CLOSED_BY_METER)])
def test_what_is_found_first_is_new_and_what_had_ended_is_history(last, state):
    assert found("s", finding(0, last), at(6)).state is state


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_the_end_closes_whatever_people_were_at(state):
    after = seen(episode(state, repaired=at(8.9)), finding(0, 9), heard=True)
    assert (after.state, after.acted_by) == (State.CLOSED_BY_METER, "")


@pytest.mark.parametrize("state", [State.NEW, State.ACKNOWLEDGED, State.IN_WORK, State.REOPENED, State.DISMISSED])
def test_what_goes_on_stays_where_people_left_it(state):
    before = episode(state)
    assert seen(before, lasting(), heard=True) == replace(before, finding=lasting())


@pytest.mark.parametrize("state", [State.CLOSED_BY_METER, State.WITHDRAWN])
def test_what_comes_back_opens_another_round(state):
    after = seen(episode(state, repaired=at(2), round=2), lasting(), heard=True)
    assert (after.state, after.round, after.repaired, after.owner) == (State.REOPENED, 3, None, "王师傅")


def test_what_was_withdrawn_before_anybody_heard_of_it_is_new():
    after = seen(episode(State.WITHDRAWN), lasting(), heard=False)
    assert (after.state, after.round) == (State.NEW, 1)


@pytest.mark.parametrize(("beyond", "state"), [(0 * DAY, State.REPAIRED), (DAY / 24, State.REOPENED)])
def test_a_repair_that_a_whole_night_does_not_confirm_is_reopened(beyond, state):
    goes_on = replace(finding(0), seen_until=at(2) + CONFIRM + beyond)
    after = seen(episode(State.REPAIRED, repaired=at(2)), goes_on, heard=True)
    assert (after.state, after.round) == (state, 1 if state is State.REPAIRED else 2)


@pytest.mark.parametrize("told", [lasting(), finding(0, 9)])
def test_what_was_dismissed_stays_so_while_it_lasts_and_when_it_ends(told):
    assert seen(episode(State.DISMISSED), told, heard=True).state is State.DISMISSED


@pytest.mark.parametrize("state", State)
def test_what_is_no_longer_found_is_withdrawn_unless_dismissed(state):
    kept = State.DISMISSED if state is State.DISMISSED else State.WITHDRAWN
    assert gone(episode(state)).state is kept


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("told", [lasting(), finding(0, 9), None])
def test_what_people_said_is_never_overwritten(state, told):
    before = episode(state)
    after = gone(before) if told is None else seen(before, told, heard=True)
    assert {name: getattr(after, name) for name in HUMAN} == HUMAN


def test_what_ended_long_ago_is_not_written_again_each_hour_it_is_looked_at():
    ended = episode(State.CLOSED_BY_METER, finding=finding(0, 5, seen=9))
    assert seen(ended, finding(0, 5, seen=9, size=0.8), heard=True) == ended
    assert seen(ended, replace(ended.finding, seen_until=at(10)), heard=True) == ended
    assert seen(ended, replace(ended.finding, seen_until=at(10), size=0.9), heard=True).finding.seen_until == at(10)
