"""Plans in the rules: what is set aside is judged by nobody, and a keep-on list is what a closed building may use."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import planned
from analytics.detector import contexts
from analytics.detectors import night_flow, out_of_hours
from analytics.hours import day_grid
from campus.plans import Keep, Plan, PlanKind
from campus.registry import Arrival, Building, Meter, Register, Registry
from campus.units import QUANTITIES
from tests.analytics.made import (
    HOUR,
    POWER_PRICE,
    SCHOOL,
    SHANGHAI,
    START,
    WATER_PRICE,
    context,
    day_use,
    grid,
    hours,
)
from tests.sizes import examples

DAY = timedelta(days=1)
# Five weeks in; two weeks of it, beginning on a Monday.
CLOSED = Plan("p", PlanKind.CLOSED, START + 35 * DAY, START + 49 * DAY, keep=(Keep("机房", "electricity", 3.0, "b"),))


def closed(kw: float, plan: Plan | None, quantity: str = "electricity"):
    """Return hours of 49 days, night and day alike `kw` in the last fortnight, and the context with the plan."""
    start_ms = grid(49)
    use = day_use(start_ms, 30.0, 6.0 if quantity == "electricity" else 0.0)
    use[24 * 35 :] = day_use(start_ms, kw, kw, seed=2)[24 * 35 :]
    price = POWER_PRICE if quantity == "electricity" else WATER_PRICE
    return hours(start_ms, use), context(quantity, price=price, plans=(plan,) if plan else ())


def test_a_closed_building_is_held_to_its_keep_on_list():
    (found,) = out_of_hours.judge(*closed(12.0, CLOSED))
    assert found.usual == 3.0 and found.size == pytest.approx(9.0, rel=0.05)
    assert CLOSED.start <= found.start <= CLOSED.start + 6 * HOUR
    assert "方案留3千瓦" in out_of_hours.message(found, "zh") and "the plan keeps 3 on" in out_of_hours.message(
        found, "en"
    )


def test_what_the_plan_keeps_on_is_no_finding_though_it_is_more_than_ever_before():
    more = replace(CLOSED, keep=(Keep("机房", "electricity", 14.0, "b"),))
    assert out_of_hours.judge(*closed(14.0, more)) == []
    assert out_of_hours.judge(*closed(14.0, None)) != []


def test_a_plan_without_a_line_for_the_quantity_leaves_what_was_learned():
    silent = replace(CLOSED, keep=())
    assert out_of_hours.judge(*closed(6.0, silent)) == []
    (found,) = out_of_hours.judge(*closed(12.0, silent))
    assert 5 < found.usual < 7


def test_a_lower_allowance_finds_what_was_always_on():
    assert out_of_hours.judge(*closed(6.0, None)) == []
    (found,) = out_of_hours.judge(*closed(6.0, CLOSED))
    assert found.usual == 3.0


def test_water_of_a_closed_building_is_held_to_its_keep_on_list_from_the_first_night_of_the_plan():
    water = replace(CLOSED, keep=(Keep("防冻", "water", 0.1, "b"),))
    (found,) = night_flow.judge(*closed(0.9, water, "water"))
    assert found.usual == 0.1 and found.size == pytest.approx(0.75, abs=0.1)
    assert abs(found.start - CLOSED.start) <= DAY
    assert night_flow.judge(*closed(0.1, water, "water")) == []


def test_hours_of_an_outage_an_event_and_lights_out_are_unknown_to_the_rules_and_no_others():
    plans = (
        Plan("o", PlanKind.OUTAGE, START + 2 * HOUR + timedelta(minutes=30), START + 5 * HOUR),
        Plan("e", PlanKind.EVENT, START + 10 * HOUR, START + 11 * HOUR),
        Plan("n", PlanKind.LIGHTS_OUT, START + DAY, START + 3 * DAY, daily=(time(23), time(6))),
        CLOSED,
    )
    start_ms = grid(4)
    found = planned.without(hours(start_ms, np.ones(96)), plans, SHANGHAI)
    dark = [2, 3, 4, 10, *range(24, 30), *range(47, 54), 71]
    assert np.flatnonzero(np.isnan(found.value)).tolist() == dark
    assert np.flatnonzero(found.coverage == 0).tolist() == dark


@given(st.integers(0, 90), st.integers(1, 200), st.sampled_from(sorted(planned.SET_ASIDE)))
@settings(max_examples=examples(60), deadline=None)
def test_what_no_plan_touches_stays_as_it_was(first, minutes, kind):
    start = START + timedelta(minutes=37 * first)
    plan = Plan("x", kind, start, start + timedelta(minutes=minutes))
    start_ms = grid(4)
    own = hours(start_ms, np.arange(96.0))
    left = planned.without(own, (plan,), SHANGHAI)
    touched = np.array([START + (n + 1) * HOUR > plan.start and START + n * HOUR < plan.end for n in range(96)])
    assert np.isnan(left.value[touched]).all()
    assert (left.value[~touched] == own.value[~touched]).all()


def test_the_hours_a_plan_closes_are_those_that_lie_whole_in_it():
    plan = replace(CLOSED, start=START + DAY + timedelta(hours=7, minutes=30), end=START + 2 * DAY + 6 * HOUR)
    laid = planned.allowed(day_grid(hours(grid(4), np.ones(96)), SCHOOL), (plan,))
    assert np.flatnonzero(np.isfinite(laid.reshape(-1))).tolist() == list(range(32, 54))
    assert set(laid[np.isfinite(laid)]) == {3.0}


ELECTRIC = Register(QUANTITIES["electricity"], "kWh")


def school(*meters: tuple[str, str, str], keep: tuple[Keep, ...], buildings: tuple[str, ...] = ()) -> Registry:
    """Return a school of meters (key, building, parent) and one plan that closes buildings."""
    made = {
        key: Meter(key, key, key, f"t/{key}", "native", (ELECTRIC,), HOUR, Arrival.LIVE, building=b, parent=parent)
        for key, b, parent in meters
    }
    known = {b: Building(b, b, b, "teaching") for b in ("a", "b")}
    return Registry(SCHOOL, known, meters=made, plans=(replace(CLOSED, keep=keep, buildings=buildings),))


def allowed(registry: Registry) -> dict[str, list[str]]:
    """Return the lines each meter is held to."""
    every = contexts(registry, datetime(2026, 4, 10, tzinfo=UTC))
    return {c.meter.key: [line.what for plan in c.plans for line in plan.keep] for c in every}


def test_the_lines_of_a_building_are_those_of_the_meter_that_feeds_it_alone():
    lines = (Keep("机房", "electricity", 3.0, "a"), Keep("冰箱", "electricity", 1.0, "b"))
    meters = (("main", "", ""), ("a1", "a", "main"), ("a2", "a", "a1"), ("b1", "b", "main"), ("b2", "b", "main"))
    found = allowed(school(*meters, keep=lines))
    # Who feeds the school may show all of it, who feeds a building what is in it; who does so with another, neither.
    assert found == {"main": ["机房", "冰箱"], "a1": ["机房"], "a2": [], "b1": [], "b2": []}


def test_a_line_with_a_meter_of_its_own_holds_that_meter():
    lines = (Keep("机房", "electricity", 3.0, "a", "a2"), Keep("门厅", "electricity", 1.0, "a"))
    found = allowed(school(("a1", "a", ""), ("a2", "a", "a1"), keep=lines, buildings=("a",)))
    assert found == {"a1": ["机房", "门厅"], "a2": ["机房"]}


@pytest.mark.parametrize(("kind", "felt"), [(PlanKind.OUTAGE, 1), (PlanKind.EVENT, 1), (PlanKind.LIGHTS_OUT, 0)])
def test_what_is_off_in_one_building_is_expected_to_lack_at_the_meters_above_it_too(kind, felt):
    registry = school(("main", "", ""), ("a1", "a", "main"), ("b1", "b", "main"), keep=())
    plan = Plan("n", kind, START, START + DAY, buildings=("a",), daily=(time(23), time(6)))
    every = contexts(replace(registry, plans=(plan,)), datetime(2026, 4, 10, tzinfo=UTC))
    assert {c.meter.key: len(c.plans) for c in every} == {"main": felt, "a1": 1, "b1": 0}
    water = replace(plan, media=("water",))
    every = contexts(replace(registry, plans=(water,)), datetime(2026, 4, 10, tzinfo=UTC))
    assert not any(c.plans for c in every)


def test_an_outage_of_some_meters_is_none_of_the_others():
    registry = school(("a1", "a", ""), ("a2", "a", "a1"), keep=())
    dark = Plan("n", PlanKind.LIGHTS_OUT, START, START + 90 * DAY, daily=(time(23), time(6)), meters=("a2",))
    every = contexts(replace(registry, plans=(dark,)), datetime(2026, 4, 10, tzinfo=UTC))
    assert {c.meter.key: len(c.plans) for c in every} == {"a1": 0, "a2": 1}


def test_a_plan_for_one_building_says_nothing_of_another_or_of_the_school():
    lines = (Keep("机房", "electricity", 3.0, "a"),)
    registry = school(("main", "", ""), ("a1", "a", "main"), ("b1", "b", "main"), keep=lines, buildings=("a",))
    every = contexts(registry, datetime(2026, 4, 10, tzinfo=UTC))
    assert {c.meter.key: len(c.plans) for c in every} == {"main": 0, "a1": 1, "b1": 0}
