"""A planned outage silences the silence alarms of its place while it lasts, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from analytics.silence import members
from analytics.silence_planned import off_until, plan_of
from campus.plans import Plan, PlanKind
from tests.analytics.hanging import BEGIN, DAY, HOUR, MINUTE, Life, below, between, registry

NOON = BEGIN + 4 * HOUR  # 12:00 in Shanghai
DORM = [replace(one, building="dorm") for one in below(6)]
REST = [replace(one, building="teaching") for one in below(6, "西区", 6)]
OUTAGE = Plan("o", PlanKind.OUTAGE, NOON, NOON + 5 * HOUR, buildings=("dorm",))
NIGHTLY = Plan("n", PlanKind.LIGHTS_OUT, BEGIN - DAY, BEGIN + 9 * DAY, buildings=("dorm",), daily=(time(23), time(6)))


def mute(*parts):
    """Return the muteness of several stretches."""
    return lambda one, at: any(part(one, at) for part in parts)


def at_night(one, at):
    return one.building == "dorm" and not 6 <= (at + 8 * HOUR).hour < 23


def test_a_planned_outage_is_nobodys_silence():
    off = between([one.key for one in DORM], NOON + 10 * MINUTE, NOON + 5 * HOUR)
    assert Life(DORM, off, plans=(OUTAGE,)).run(NOON + 12 * HOUR) == []
    assert len(Life(DORM, off).run(NOON + 12 * HOUR)) == 1  # without the plan it is found


def test_who_does_not_come_back_after_the_outage_is_found_from_his_last_word_on():
    off = mute(between([one.key for one in DORM], NOON, NOON + 5 * HOUR), between(["m2"], NOON))
    (found,) = Life(DORM, off, plans=(OUTAGE,)).run(NOON + 12 * HOUR, step=5 * MINUTE)
    assert members(found) == ["m2"] and NOON - 15 * MINUTE <= found.start < NOON
    assert found.seen_until > OUTAGE.end + HOUR


def test_another_place_is_as_silent_as_ever_while_one_is_planned_to_be():
    every = [*DORM, *REST]
    off = between([one.key for one in every], NOON, NOON + 5 * HOUR)
    (found,) = Life(every, off, plans=(OUTAGE,)).run(NOON + 4 * HOUR, step=5 * MINUTE)
    assert found.subject == "gateway/西区"


def test_lights_out_every_night_from_the_first_night_on_is_no_silence():
    life = Life(DORM, at_night, plans=(NIGHTLY,))
    assert life.run(BEGIN + 3 * DAY, step=10 * MINUTE) == []
    assert Life(DORM, at_night).run(BEGIN + DAY, step=10 * MINUTE) != []


def test_a_meter_that_dies_by_day_is_found_though_its_nights_are_dark():
    off = mute(at_night, between(["m2"], BEGIN + 2 * DAY + 2 * HOUR))
    (found,) = Life(DORM, off, plans=(NIGHTLY,)).run(BEGIN + 3 * DAY, step=10 * MINUTE)
    assert members(found) == ["m2"]


@pytest.mark.parametrize(
    ("media", "silenced"), [((), True), (("electricity",), True), (("water",), False), (("gas",), False)]
)
def test_without_power_every_meter_is_silent_without_water_only_its_own(media, silenced):
    plan = replace(OUTAGE, media=media)
    found = off_until(registry(*DORM, plans=(plan,)), DORM[0], NOON + HOUR)
    assert (found is not None) is silenced


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (NOON - MINUTE, None),
        (NOON, NOON),
        (NOON + HOUR, NOON + HOUR),
        (NOON + 9 * HOUR, OUTAGE.end),
        (NOON + 9 * DAY, OUTAGE.end),
    ],
)
def test_a_plan_holds_until_its_end_and_not_before_it_began(now, until):
    assert off_until(registry(*DORM, plans=(OUTAGE,)), DORM[0], now) == until


@pytest.mark.parametrize(("hour", "until"), [(10, 6), (22.5, 6), (23, 23), (26, 26), (30, 30), (30.5, 30)], ids=str)
def test_by_the_hour_it_holds_within_its_hours_over_midnight(hour, until):
    midnight = BEGIN + 16 * HOUR  # the second day's
    found = off_until(registry(*DORM, plans=(NIGHTLY,)), DORM[0], midnight + timedelta(hours=hour))
    assert found == midnight + timedelta(hours=until)


def test_lights_out_of_the_rooms_is_no_reason_for_the_corridors_to_be_silent():
    plan = replace(OUTAGE, meters=("m1",))
    found = [off_until(registry(*DORM, plans=(plan,)), one, NOON + HOUR) for one in DORM[:2]]
    assert found == [None, NOON + HOUR]


def test_an_event_and_a_closed_building_are_no_reason_to_be_silent():
    plans = (replace(OUTAGE, kind=PlanKind.EVENT), replace(OUTAGE, key="c", kind=PlanKind.CLOSED))
    assert off_until(registry(*DORM, plans=plans), DORM[0], NOON + HOUR) is None


@pytest.mark.parametrize(
    ("plan", "silent", "explained"),
    [
        (OUTAGE, (NOON - 10 * MINUTE, NOON + 5 * HOUR + 20 * MINUTE), True),
        (OUTAGE, (NOON + HOUR, NOON + 2 * HOUR), True),
        (OUTAGE, (NOON - 2 * HOUR, NOON + 5 * HOUR), False),
        (OUTAGE, (NOON, NOON + 9 * HOUR), False),
        (NIGHTLY, (BEGIN + 15 * HOUR, BEGIN + 22 * HOUR), True),
        (NIGHTLY, (BEGIN + 15 * HOUR, BEGIN + 46 * HOUR), False),
        (NIGHTLY, (BEGIN + 3 * HOUR, BEGIN + 5 * HOUR), False),
    ],
    ids=["its turns", "inside", "before it", "after it", "a night", "a night and a day", "by day"],
)
def test_a_plan_explains_a_silence_that_lies_in_one_stretch_of_it(plan, silent, explained):
    assert plan_of(registry(*DORM, plans=(plan,)), DORM[0], silent) == (plan.key if explained else "")
