"""Plans: when one holds, and of what it speaks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from campus.plans import Plan, PlanKind, of_place

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 1, 16, tzinfo=UTC)  # local midnight of 2 January
PLAN = Plan("p", PlanKind.CLOSED, START, START + timedelta(days=10), buildings=("dorm",), media=("water",))


def test_a_plan_holds_from_its_start_up_to_its_end():
    assert PLAN.holds(START, ZONE)
    assert not PLAN.holds(START + timedelta(days=10), ZONE)
    assert not PLAN.holds(START - timedelta(seconds=1), ZONE)


@pytest.mark.parametrize(("hour", "holds"), [(22, False), (23, True), (0, True), (5, True), (6, False), (12, False)])
def test_hours_over_midnight_belong_to_the_night(hour, holds):
    nightly = Plan("l", PlanKind.LIGHTS_OUT, START, START + timedelta(days=10), daily=(time(23), time(6)))
    assert nightly.holds(START + timedelta(days=1, hours=hour), ZONE) is holds


def test_a_plan_speaks_of_its_buildings_and_media_and_without_any_of_all():
    assert PLAN.concerns("dorm", "water")
    assert not PLAN.concerns("dorm", "heat") and not PLAN.concerns("", "water")
    everywhere = Plan("a", PlanKind.OUTAGE, START - timedelta(days=1), START)
    assert of_place([PLAN, everywhere], "dorm", "water") == (everywhere, PLAN)
    assert of_place([PLAN, everywhere], "", "heat") == (everywhere,)
