"""Which act fits which state, and what the others are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.ports import OPEN_STATES, Act, Episode, NotPossible, State, Verb
from ledger.acts import WAYS, done, wording
from tests.ledger.samples import DAY, at, finding

SINCE, NOW = at(3), at(3.25)
ACTS = {
    Verb.ACKNOWLEDGE: Act(Verb.ACKNOWLEDGE, "李工"),
    Verb.ASSIGN: Act(Verb.ASSIGN, "李工", owner="王师傅"),
    Verb.REPAIR: Act(Verb.REPAIR, "李工"),
    Verb.DISMISS: Act(Verb.DISMISS, "李工", "游泳池换水"),
    Verb.NOTE: Act(Verb.NOTE, "李工", "周五来人"),
}
UNFIT = [(verb, state) for verb, (states, _) in WAYS.items() for state in State if state not in states]


def episode(state: State = State.NEW, **changed: object) -> Episode:
    known = Episode(7, "s", state, finding(0), at(1), at(2), version=3, owner="老赵", acted_by="老赵")
    return replace(known, **changed)


def test_every_verb_has_its_way():
    assert set(WAYS) | {Verb.NOTE} == set(Verb) == set(ACTS)


@pytest.mark.parametrize(("verb", "state"), [(v, s) for v, (states, _) in WAYS.items() for s in sorted(states)])
def test_an_act_that_fits_leads_on_and_says_who(verb, state):
    after = done(episode(state), ACTS[verb], NOW, SINCE)
    assert (after.state, after.acted_by, after.updated) == (WAYS[verb][1], "李工", NOW)


@pytest.mark.parametrize(("verb", "state"), UNFIT)
def test_an_act_that_does_not_fit_is_refused_in_both_languages_with_the_time_on_the_spot(verb, state):
    repaired = SINCE if state is State.REPAIRED else None
    with pytest.raises(NotPossible, match=r"11:00|08:00") as refused:
        done(episode(state, repaired=repaired), ACTS[verb], NOW, SINCE)
    zh, _, en = str(refused.value).partition(" / ")
    assert "08:00" in zh and "08:00" in en
    if state in OPEN_STATES or state is State.DISMISSED:
        assert "老赵" in zh and "老赵" in en


@pytest.mark.parametrize("state", State)
def test_a_note_changes_no_state_and_nobody_s_deed(state):
    before = episode(state)
    assert done(before, ACTS[Verb.NOTE], NOW, SINCE) == replace(before, updated=NOW)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (Act(Verb.ACKNOWLEDGE, " "), "say who"),
        (Act(Verb.ASSIGN, "李工"), "to whom"),
        (Act(Verb.DISMISS, "李工"), "a reason"),
        (Act(Verb.NOTE, "李工", "  "), "empty"),
    ],
)
def test_what_an_act_needs_is_asked_for(act, says):
    with pytest.raises(NotPossible, match=says):
        done(episode(), act, NOW, SINCE)


def test_another_owner_may_be_named_and_the_deadline_stays_unless_given():
    first = done(episode(), Act(Verb.ASSIGN, "李工", owner="王师傅", deadline=date(2026, 12, 1)), NOW, SINCE)
    second = done(first, Act(Verb.ASSIGN, "李工", owner="老赵"), NOW + DAY, SINCE)
    assert (second.state, second.owner, second.deadline) == (State.IN_WORK, "老赵", date(2026, 12, 1))


@pytest.mark.parametrize(("hour", "today"), [(15, date(2026, 10, 2)), (16, date(2026, 10, 3))])
def test_a_deadline_before_the_school_s_day_is_refused(hour, today):
    local = replace(finding(0), facts={"zone": "Asia/Shanghai"})
    now = at(1).replace(hour=hour, minute=30)

    def given(deadline):
        return done(episode(finding=local), replace(ACTS[Verb.ASSIGN], deadline=deadline), now, SINCE)

    assert given(today).deadline == today
    with pytest.raises(NotPossible, match=f"今天是 {today}.*today is {today}"):
        given(today - DAY)


def test_work_given_out_again_is_no_longer_repaired():
    again = done(episode(State.REPAIRED, repaired=SINCE), ACTS[Verb.ASSIGN], NOW, SINCE)
    assert (again.state, again.repaired) == (State.IN_WORK, None)


@given(st.lists(st.sampled_from(list(ACTS.values())), max_size=8))
def test_whatever_people_do_the_finding_and_the_round_are_the_meter_s(acts):
    before = now = episode()
    for act in acts:
        try:
            now = done(now, act, NOW, SINCE)
        except NotPossible:
            continue
    assert (now.finding, now.round, now.id, now.first_found) == (before.finding, 1, 7, before.first_found)
    assert now.open or now.reason


def test_the_history_keeps_for_whom_until_when_and_what_was_said():
    assert wording(Act(Verb.ASSIGN, "李工", "阀门", "王师傅", date(2026, 12, 1))) == "→ 王师傅 · 2026-12-01 · 阀门"
    assert wording(Act(Verb.ACKNOWLEDGE, "李工")) == ""
