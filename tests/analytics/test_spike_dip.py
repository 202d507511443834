"""Hours that stand out by themselves: far above what such hours ever were, or almost nothing where something runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import POWER_PRICE, context, cut, day_use, grid, hours

from analytics.around import Around, Family
from analytics.detector import Context, NotJudged
from analytics.detectors import dip, spike
from analytics.hours import Hours
from campus.plans import Plan, PlanKind
from campus.registry import Register
from campus.results import Finding
from campus.schema import from_ms
from campus.units import QUANTITIES
from tests.sizes import examples
from tests.words import NOT_SAID

MS = grid(100)
BLOCK = context("electricity", price=POWER_PRICE)
AT = 80 * 24 + 14  # a Thursday, 14:00 local


def block(extra: float = 0.0, length: int = 2, at: int = AT, seed: int = 1) -> Hours:
    """Return a building with 60 kW by day and 12 kW otherwise, and so much more for some hours."""
    value = day_use(MS, 60.0, 12.0, seed)
    value[at : at + length] += extra
    return hours(MS, value)


def off(length: int = 5, until: int | None = None, left: float = 0.0) -> Hours:
    """Return the same building with `left` of its use for some hours."""
    value = day_use(MS, 60.0, 12.0)
    value[AT : AT + length if until is None else until] *= left
    return hours(MS, value)


def found(rule, series: Hours, about: Context = BLOCK) -> list[Finding]:
    verdict = rule.judge(series, about)
    assert isinstance(verdict, list), verdict
    return verdict


@pytest.mark.parametrize("seed", range(10))
def test_ordinary_hours_are_neither(seed: int) -> None:
    assert found(spike, block(seed=seed)) == [] == found(dip, block(seed=seed))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_spike_is_one_finding_with_its_hours_height_and_amount(length: int) -> None:
    (one,) = found(spike, block(200.0, length))
    assert (one.start, one.end) == (from_ms(MS[AT]), from_ms(MS[AT + length]))
    assert one.size == pytest.approx(200, rel=0.1) and one.usual == pytest.approx(60, rel=0.2)
    assert one.to_date == pytest.approx(200 * length, rel=0.1) and one.per_day is None
    assert one.yuan_to_date == pytest.approx(0.555 * one.to_date)


def test_a_spike_in_the_night_is_held_against_nights() -> None:
    assert len(found(spike, block(50.0, 2, 80 * 24 + 2))) == 1
    assert found(spike, block(50.0, 2, AT)) == []


def test_the_second_spike_is_no_news() -> None:
    series = block(200.0)
    series.value[AT + 7 * 24 : AT + 7 * 24 + 2] += 200
    assert len(found(spike, series)) == 1


def test_what_lasts_for_half_a_day_is_no_spike() -> None:
    assert found(spike, block(200.0, 10)) == []


def test_what_comes_after_a_gap_may_be_its_catch_up() -> None:
    series = block(200.0, 1)
    series.value[AT - 4 : AT] = np.nan
    assert found(spike, series) == []


def test_it_is_told_once_the_hours_after_it_are_known() -> None:
    assert found(spike, cut(block(200.0), AT + 3)) == []
    assert len(found(spike, cut(block(200.0), AT + 6))) == 1


def test_what_is_worth_less_than_ten_yuan_is_no_news() -> None:
    value = day_use(MS, 0.5, 0.2)
    value[AT] += 8
    assert found(spike, hours(MS, value)) == []


@settings(max_examples=examples(60), deadline=None)
@given(st.floats(20, 300), st.floats(1.0, 4.0), st.integers(62 * 24, 97 * 24), st.integers(1, 3))
def test_a_bigger_spike_is_never_found_less(extra: float, more: float, at: int, length: int) -> None:
    small, big = found(spike, block(extra, length, at)), found(spike, block(extra * more, length, at))
    assert len(big) >= len(small)


def test_a_cut_supply_is_one_finding_with_its_hours() -> None:
    (one,) = found(dip, off())
    assert (one.start, one.end) == (from_ms(MS[AT]), from_ms(MS[AT + 5]))
    assert one.size == pytest.approx(12, rel=0.5) and one.yuan_per_day is None
    (lasting,) = found(dip, off(until=len(MS)))
    assert lasting.end is None


def test_what_flickers_through_a_night_is_one_finding() -> None:
    series = off(3)
    series.value[AT + 8 : AT + 10] = 0.0
    (one,) = found(dip, series)
    assert one.end == from_ms(MS[AT + 10])


def test_half_of_what_always_runs_is_no_dip_nor_is_a_gap() -> None:
    assert found(dip, off(left=0.5)) == []
    gap = off()
    gap.value[AT : AT + 5] = np.nan
    assert found(dip, gap) == []


def test_a_building_closed_by_plan_may_be_switched_off() -> None:
    start, end = from_ms(MS[AT - 24]), from_ms(MS[AT + 48])
    closed = replace(BLOCK, plans=(Plan("p", PlanKind.CLOSED, start, end),))
    assert found(dip, off(), closed) == []


def test_where_the_meter_above_went_on_a_register_stood_still_and_nothing_was_cut() -> None:
    own = day_use(MS, 60.0, 12.0)
    beside = day_use(MS, 30.0, 10.0, seed=5)
    main, neighbour = (replace(BLOCK.meter, key=key) for key in ("main", "n"))
    parts = ((neighbour, hours(MS, beside)), (BLOCK.meter, hours(MS, own)))
    went_on, lacks_it = (
        replace(BLOCK, around=Around(parent={"main": inflow}, above=Family(main, inflow, parts)))
        for inflow in (hours(MS, own + beside), hours(MS, off().value + beside))
    )
    assert found(dip, off(), went_on) == []
    assert len(found(dip, off(), lacks_it)) == 1


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(20 * 24, 100 * 24))
def test_what_was_told_earlier_is_told_later(count: int) -> None:
    series = off()
    series.value[60 * 24 + 2 : 60 * 24 + 9] = 0.0
    earlier, whole = found(dip, cut(series, count)), found(dip, series)
    assert [f.start for f in earlier] == [f.start for f in whole][: len(earlier)]


def test_what_cannot_be_judged_says_why() -> None:
    fed = replace(BLOCK.meter, registers=(Register(QUANTITIES["electricity_export"], "kWh"),))
    cases = (
        (dip, "daily_meter", block(), context("electricity", interval=timedelta(days=1))),
        (dip, "fed_from_the_roof", block(), replace(BLOCK, meter=fed)),
        (dip, "nothing_always_runs", hours(MS, np.zeros(len(MS))), BLOCK),
        (spike, "daily_meter", block(), context("electricity", interval=timedelta(days=1))),
        (spike, "too_little_history", cut(block(), 40 * 24), BLOCK),
    )
    for rule, reason, series, about in cases:
        verdict = rule.judge(series, about)
        assert isinstance(verdict, NotJudged) and verdict.reason == reason


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sentences_are_short_and_say_what_to_look_at(lang: str) -> None:
    for rule, series in ((spike, block(200.0)), (dip, off()), (dip, off(until=len(MS)))):
        text = rule.DETECTOR.message(found(rule, series)[0], lang)
        assert len(text) < 250 and not any(word in text.lower() for word in NOT_SAID), text
        assert ("请" if lang == "zh" else "Block 3") in text
