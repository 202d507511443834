"""A closed plan's audit: each line kept, not kept, or not to be judged for a reason that is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.hours import Hours
from analytics.plan_audit import LEAST_COVERAGE, LEAST_RATE, TOLERANCE, Used, audit
from campus.plans import Keep, Kept, Plan, PlanKind
from campus.registry import Account, Arrival, Building, Meter, Register, Registry
from campus.tariff import Part, Prices, Tariff, Windows
from campus.tariff import flat as one_price
from campus.units import QUANTITIES
from tests.analytics.made import HOUR, POWER_PRICE, SCHOOL, START, grid, hours
from tests.sizes import examples

DAYS = 10
PLAN = Plan("p", PlanKind.CLOSED, START + timedelta(days=2), START + timedelta(days=8), buildings=("a",))
CLOSED = slice(48, 192)
MS = grid(DAYS)


def made(key: str, building: str, parent: str = "", quantity: str = "electricity") -> Meter:
    register = (Register(QUANTITIES[quantity], QUANTITIES[quantity].unit),)
    more = {"building": building, "parent": parent, "account": "power" if quantity == "electricity" else ""}
    return Meter(key, key, key, f"t/{key}", "native", register, HOUR, Arrival.LIVE, **more)


def school(*meters: Meter, plan: Plan = PLAN, others: tuple[Plan, ...] = ()) -> Registry:
    buildings = {b: Building(b, b, b, "teaching") for b in ("a", "b")}
    accounts = {"power": Account("power", "electricity", "1", "resident", one_price(POWER_PRICE))}
    return Registry(SCHOOL, buildings, accounts, {m.key: m for m in meters}, plans=(plan, *others))


def flat(kw: float, unknown: slice | None = None, busy: float = 50.0) -> Hours:
    """Return a use of `kw` in the closed hours, `busy` outside them."""
    value = np.full(24 * DAYS, busy)
    value[CLOSED] = kw
    if unknown is not None:
        value[unknown] = np.nan
    return hours(MS, value)


def audited(registry: Registry, uses: dict[str, Hours], until: datetime = PLAN.end) -> list[Kept]:
    nothing = hours(MS, np.full(24 * DAYS, np.nan))
    plan = registry.plans[0]
    return audit(plan, registry, until, lambda subject, quantity: Used(uses.get(f"{subject}/{quantity}", nothing)))


def keeping(*lines: Keep) -> Plan:
    return replace(PLAN, keep=lines)


ROOM = Keep("机房", "electricity", 4.0, "a")
FISH = Keep("鱼缸", "electricity", 1.0, "a")
POWER = "building/a/electricity"


def test_what_was_used_beyond_the_allowance_is_told_in_kwh_and_yuan():
    registry = school(made("m", "a"), plan=keeping(ROOM))
    (line,) = audited(registry, {POWER: flat(6.5)})
    assert (line.allowed, line.low, line.median, line.high, line.coverage) == (4.0, 6.5, 6.5, 6.5, 1.0)
    assert line.kept is False and line.over == pytest.approx(2.5 * 144)
    assert line.yuan == pytest.approx(2.5 * 144 * POWER_PRICE.yuan)
    assert (line.what.zh, line.meters, line.reason) == ("机房", ("m",), None)


# Dear (twice) from 8 to 20, cheap (half) at night: 1.0 and 0.4 yuan, on average 0.7.
WINDOWS = Windows("w", "", "文件", {"P": 2.0, "V": 0.5}, ("V" * 8 + "P" * 12 + "V" * 4,) * 12)
BY_HOUR = Tariff("kWh", (Prices(date.min, "价格文件", (Part("a", 0.4, timed=True), Part("b", 0.2)), WINDOWS),))


def night_only() -> Hours:
    """Return 4 kW in the closed hours, and 6 kW in those of them from 20:00 to 08:00 in Shandong."""
    local = (MS // 3_600_000 + 8) % 24
    return replace(flat(4.0), value=np.where((local < 8) | (local >= 20), 6.0, 4.0))


def test_what_was_used_too_much_is_priced_by_its_hours_or_by_the_mean_where_only_days_are_known():
    registry = school(made("m", "a"), plan=keeping(ROOM))
    registry = replace(registry, accounts={"power": replace(registry.accounts["power"], billing=BY_HOUR)})
    (line,) = audited(registry, {POWER: night_only()})
    assert line.over == pytest.approx(2.0 * 72) and line.yuan == pytest.approx(2.0 * 72 * 0.4)
    assert line.priced.zh == "每小时按当时的价格，平均0.4元/kWh，价格文件"
    (line,) = audit(registry.plans[0], registry, PLAN.end, lambda *_: Used(flat(5.0), by_day=True))
    assert line.yuan == pytest.approx(144 * 0.7) and "没有逐小时的数" in line.priced.zh
    (line,) = audited(registry, {POWER: flat(4.0)})
    assert (line.over, line.yuan) == (0.0, 0.0)


def test_without_a_price_a_line_has_no_yuan():
    registry = school(made("m", "a"), plan=keeping(ROOM))
    registry = replace(registry, accounts={"power": replace(registry.accounts["power"], billing=None)})
    (line,) = audited(registry, {POWER: flat(6.5)})
    assert line.kept is False and line.yuan is None and line.priced is None


def test_what_stays_within_a_tenth_was_kept_and_a_plan_that_runs_is_judged_so_far():
    registry = school(made("m", "a"), plan=keeping(ROOM))
    (line,) = audited(registry, {POWER: flat(4.3)})
    assert line.kept is True
    (line,) = audited(registry, {POWER: flat(6.5)}, until=PLAN.start + timedelta(days=1))
    assert line.kept is False and line.over == pytest.approx(2.5 * 24)


def test_a_line_with_a_meter_of_its_own_is_judged_by_it_and_one_without_by_the_sum():
    plan = keeping(replace(ROOM, meter="room"), FISH)
    registry = school(made("m", "a"), made("room", "a", "m"), plan=plan)
    total, room, fish = audited(registry, {POWER: flat(5.0), "meter/room/electricity": flat(3.9)})
    assert (total.what.zh, total.allowed, total.kept) == ("合计", 5.0, True)
    assert (room.meters, room.kept) == (("room",), True)
    assert (fish.kept, fish.meters) == (True, ())
    total, room, fish = audited(registry, {POWER: flat(9.0), "meter/room/electricity": flat(3.9)})
    assert (total.kept, room.kept, fish.kept) == (False, True, None)
    assert fish.reason.zh == "没有单独的表，看合计"


@pytest.mark.parametrize(
    ("plan", "meters", "reason"),
    [
        (keeping(ROOM), (), "没有表"),
        (PLAN, (made("m", "a"),), "方案没有写留用多少"),
        (PLAN, (), "没有表"),
        (replace(PLAN, setback_c=8.0), (made("h", "a", quantity="heat"),), "方案要求室温调到8℃，热量表看不出室温"),
    ],
    ids=["no meter", "no line", "nothing", "setback"],
)
def test_what_cannot_be_judged_says_why(plan, meters, reason):
    uses = {POWER: flat(3.0), "building/a/heat": flat(0.1)}
    (line,) = audited(school(*meters, plan=plan), uses)
    assert line.kept is None and line.reason.zh == reason
    assert line.over is None and line.yuan is None


def test_below_most_of_the_closed_hours_there_is_no_verdict_but_what_was_seen():
    registry = school(made("m", "a"), plan=keeping(ROOM))
    (line,) = audited(registry, {POWER: flat(9.0, unknown=slice(48, 48 + 30))})
    assert line.coverage == pytest.approx(114 / 144) and line.coverage < LEAST_COVERAGE
    assert line.kept is None and line.median == 9.0 and "79%" in line.reason.zh
    (line,) = audited(registry, {})
    assert line.kept is None and line.median is None and "0%" in line.reason.zh


def test_hours_of_a_planned_outage_inside_it_are_no_closed_hours():
    outage = Plan("o", PlanKind.OUTAGE, PLAN.start, PLAN.start + timedelta(days=2), media=("electricity",))
    registry = school(made("m", "a"), plan=keeping(ROOM), others=(outage,))
    (line,) = audited(registry, {POWER: flat(4.0, unknown=slice(48, 96))})
    assert line.coverage == 1.0 and line.kept is True


def test_a_plan_for_the_school_names_every_building_and_the_school_where_a_line_is_of_none():
    plan = replace(PLAN, buildings=(), keep=(ROOM, replace(FISH, building="")))
    registry = school(made("main", ""), made("m", "a", "main"), plan=plan)
    found = audited(registry, {POWER: flat(4.0), "school/electricity": flat(9.0)})
    assert [(line.building, line.allowed, line.kept) for line in found] == [
        ("a", 4.0, True),
        ("b", None, None),
        ("", 1.0, False),
    ]


def test_media_the_plan_does_not_speak_of_are_left_out():
    plan = replace(PLAN, media=("water",))
    registry = school(made("m", "a"), made("w", "a", quantity="water"), plan=plan)
    assert [line.quantity for line in audited(registry, {POWER: flat(4.0)})] == ["water"]


@given(st.floats(0, 30), st.floats(0, 40))
@settings(max_examples=examples(100), deadline=None)
def test_more_use_is_never_judged_better_and_what_is_kept_lies_within_the_tolerance(allowed, used):
    registry = school(made("m", "a"), plan=keeping(replace(ROOM, rate=allowed)))
    (line,) = audited(registry, {POWER: flat(used)})
    (worse,) = audited(registry, {POWER: flat(used + 1.0)})
    assert line.over <= worse.over and line.kept >= worse.kept
    assert line.kept == (max(used - allowed, 0.0) <= max(TOLERANCE * allowed, LEAST_RATE["kWh"]) + 1e-9) or (
        abs(used - allowed - max(TOLERANCE * allowed, LEAST_RATE["kWh"])) < 1e-6
    )
