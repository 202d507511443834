"""Main meter against sub-meters: what changed, which of them it is, and what is no change at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import context, hours
from made_family import DAYS, MS, NAMES, family, in_order, meter, seen_from, used

from analytics.around import Around, Family
from analytics.balance import balance, error_of
from analytics.balance_cause import Kind
from analytics.detector import NotJudged
from analytics.detectors.balance import DETECTOR, judge
from campus.results import Finding
from campus.schema import from_ms
from tests.sizes import examples
from tests.words import NOT_SAID

AT = 90 * 24 + 10  # a Sunday, 10:00 local
SINCE = np.arange(len(MS)) >= AT


def found(of: Family, count: int | None = None) -> dict[str, list[Finding]]:
    """Return what the rule says at each member, where it says anything."""
    verdicts = {key: judge(*seen_from(key, of, count)) for key in NAMES}
    assert not any(isinstance(verdict, NotJudged) for verdict in verdicts.values())
    return {key: verdict for key, verdict in verdicts.items() if verdict}


def only(of: Family) -> tuple[str, Finding]:
    ((key, (one,)),) = found(of).items()
    return key, one


def only_at(of: Family, count: int) -> tuple[str, Finding]:
    ((key, (one,)),) = found(of, count).items()
    return key, one


def late(value: np.ndarray, by: int) -> np.ndarray:
    """Return what a meter shows whose clock makes its hours come late."""
    return np.where(SINCE, np.roll(value, by), value)


@pytest.mark.parametrize("seed", range(6))
def test_a_family_in_order_has_no_finding(seed: int) -> None:
    assert found(in_order(seed)) == {}


def test_a_use_that_nobody_counts_is_told_at_the_main_meter_with_its_size_and_cost() -> None:
    key, one = only(family(more=12.0 * SINCE))
    assert (key, one.facts["cause"]) == ("main", Kind.STEADY)
    assert one.size == pytest.approx(12, rel=0.1) and one.per_day == pytest.approx(288, rel=0.1)
    assert one.yuan_per_day == pytest.approx(0.555 * one.per_day)
    assert abs((one.start - from_ms(MS[AT])).days) <= 1 and one.end is None
    assert one.facts["now"] > one.facts["usual"] + 0.03


@pytest.mark.parametrize("factor", [1.1, 0.9, 2 / 3])
def test_a_main_meter_that_counts_wrong_moves_in_step_with_all_that_flows_in(factor: float) -> None:
    key, one = only(family(counts=np.where(SINCE, factor, 1.0)))
    assert (key, one.facts["cause"]) == ("main", Kind.IN_STEP)
    assert one.facts["counts"] == pytest.approx(factor, rel=0.05)


@pytest.mark.parametrize("name", ["teaching", "dormitory", "canteen"])
@pytest.mark.parametrize("factor", [2 / 3, 0.8, 1.5])
def test_a_sub_meter_that_counts_wrong_is_named_and_by_how_much(name: str, factor: float) -> None:
    key, one = only(family({name: used(name) * np.where(SINCE, factor, 1.0)}))
    assert (key, one.facts["cause"]) == (name, Kind.PART)
    assert one.facts["counts"] == pytest.approx(factor, rel=0.05) and one.per_day is None
    assert ("少了一相" in DETECTOR.message(one, "zh")) is (factor == 2 / 3)


def test_two_meters_that_changed_places_are_one_finding_that_names_both() -> None:
    teaching, canteen = used("teaching"), used("canteen")
    shown = {"teaching": np.where(SINCE, canteen, teaching), "canteen": np.where(SINCE, teaching, canteen)}
    key, one = only(family(shown))
    assert one.facts["cause"] == Kind.SWAPPED and {key, one.facts["other"]} == {"teaching", "canteen"}
    assert "教学楼表" in DETECTOR.message(one, "zh") and "食堂表" in DETECTOR.message(one, "zh")


# A day late is seen on Mondays and Saturdays; a dormitory's days are all alike.
@pytest.mark.parametrize(
    ("name", "shift"), [("teaching", 8), ("teaching", -8), ("teaching", 1), ("teaching", 24), ("dormitory", 8)]
)
def test_a_clock_that_is_wrong_is_told_by_its_hours(name: str, shift: int) -> None:
    key, one = only(family({name: late(used(name), shift)}))
    assert (key, one.facts["cause"], one.facts["counts"]) == (name, Kind.CLOCK, shift)
    assert "晚" in DETECTOR.message(one, "zh") if shift > 0 else "早" in DETECTOR.message(one, "zh")


def test_a_load_by_day_alone_fits_no_meter_and_says_so() -> None:
    by_day = np.isin(np.arange(len(MS)) % 24, range(1, 9))
    key, one = only(family(more=40.0 * by_day * SINCE))
    assert (key, one.facts["cause"]) == ("main", Kind.UNCLEAR)
    assert "不像哪一块表" in DETECTOR.message(one, "zh")


def test_a_change_below_three_points_is_left_alone() -> None:
    assert found(family(more=1.5 * SINCE)) == {}


def test_what_is_put_right_ends_by_itself() -> None:
    until = np.arange(len(MS)) < AT + 20 * 24
    _, one = only(family({"canteen": used("canteen") * np.where(SINCE & until, 2 / 3, 1.0)}))
    assert abs((one.end - from_ms(MS[AT + 20 * 24])).days) <= 1
    assert "又对得上" in DETECTOR.message(one, "zh") and "balances again" in DETECTOR.message(one, "en")


@pytest.mark.parametrize("more", [12.0, -12.0])
def test_what_is_put_right_after_weeks_is_no_second_finding(more: float) -> None:
    """By then most of the weeks before hold the fault, and it is not what is usual."""
    day = np.arange(len(MS)) // 24
    of = family(more=12.0 + more * ((day >= 40) & (day < 110)))
    _, one = only(of)
    assert (one.start, one.end) == (from_ms(MS[40 * 24]), from_ms(MS[110 * 24]))


def test_a_vacation_in_which_hardly_anything_flows_is_no_change() -> None:
    of = family()
    away = np.where(np.arange(len(MS)) >= 100 * 24, 0.2, 1.0)
    parts = tuple((part, hours(MS, series.value * away)) for part, series in of.parts)
    inflow = sum(series.value for _, series in parts) * 1.02 + 3.0
    assert found(Family(of.parent, hours(MS, inflow), parts)) == {}


def test_a_clock_that_was_wrong_from_the_first_day_is_told_though_nothing_usual_is_known() -> None:
    key, one = only(family({"teaching": np.roll(used("teaching"), 8)}))
    assert (key, one.facts["cause"], one.facts["counts"]) == ("teaching", Kind.CLOCK, 8)
    assert all(np.isfinite(fact) for fact in one.facts.values() if isinstance(fact, float))


def test_a_clock_stays_wrong_through_a_vacation_in_which_nothing_flows() -> None:
    busy = np.where((MS[100 * 24] <= MS) & (MS[125 * 24] > MS), 0.0, 1.0)
    of = family({"teaching": late(used("teaching") * busy, 8)})
    parts = tuple((part, hours(MS, series.value * busy)) for part, series in of.parts)
    for days in range(124, 130):  # the first days back, which the vacation still outweighs
        key, one = only_at(Family(of.parent, hours(MS, of.inflow.value * busy), parts), days * 24)
        assert (key, one.facts["cause"]) == ("teaching", Kind.CLOCK)


def test_a_main_meter_that_stands_still_is_told_against_what_usually_flows_in() -> None:
    key, one = only(family(counts=np.where(SINCE, 0.0, 1.0)))
    assert key == "main" and one.facts["now"] < -0.5 and one.per_day is None
    assert "少了" in DETECTOR.message(one, "zh")


def test_what_began_while_readings_were_missing_is_held_against_the_weeks_before_them() -> None:
    day = np.arange(len(MS)) // 24
    of = family(more=12.0 * (day >= 98))
    gap = Family(of.parent, hours(MS, np.where((day >= 60) & (day < 98), np.nan, of.inflow.value)), of.parts)
    key, one = only(gap)
    assert (key, one.facts["cause"]) == ("main", Kind.STEADY) and one.size == pytest.approx(12, rel=0.1)
    assert one.start == from_ms(MS[98 * 24]) and one.end is None


def test_an_amount_is_that_of_days_on_which_something_flows() -> None:
    away = (MS[110 * 24] <= MS) & (MS[135 * 24] > MS)
    of = family(more=12.0 * SINCE)
    parts = tuple((part, hours(MS, np.where(away, 0.0, series.value))) for part, series in of.parts)
    inflow = np.where(away, 0.0, of.inflow.value)
    for days in (120, 136, 137, DAYS):
        key, one = only_at(Family(of.parent, hours(MS, inflow), parts), days * 24)
        assert key == "main" and one.size == pytest.approx(12, rel=0.1)


def test_an_amount_that_creeps_up_at_one_meter_is_left_to_the_drift() -> None:
    slow = 1 - 0.1 * np.clip((np.arange(len(MS)) - 60 * 24) / 720, 0, None)
    assert found(family({"teaching": used("teaching") * slow})) == {}


@settings(max_examples=examples(40), deadline=None)
@given(st.floats(4, 30), st.floats(1.0, 4.0), st.integers(80 * 24, 120 * 24))
def test_a_bigger_loss_is_never_found_less(more: float, times: float, at: int) -> None:
    since = np.arange(len(MS)) >= at
    small, big = found(family(more=more * since)), found(family(more=more * times * since))
    assert set(small) <= set(big)


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(70 * 24, DAYS * 24), st.sampled_from(["more", "part", "clock"]))
def test_what_was_told_earlier_is_told_later(count: int, what: str) -> None:
    of = {
        "more": family(more=12.0 * SINCE),
        "part": family({"canteen": used("canteen") * np.where(SINCE, 0.5, 1.0)}),
        "clock": family({"teaching": late(used("teaching"), 8)}),
    }[what]
    earlier, whole = found(of, count), found(of)
    for key, told in earlier.items():
        assert [f.start for f in told] == [f.start for f in whole[key]][: len(told)]


def test_what_cannot_be_balanced_says_why() -> None:
    of = family()
    partly = Family(of.parent, of.inflow, of.parts[:1])
    silent = Family(of.parent, of.inflow, (*of.parts, (meter("main"), hours(MS, np.full(len(MS), np.nan)))))
    own, known = seen_from("main", of)
    short = seen_from("main", of, 20 * 24)
    cases = {
        "no_family": (own, context("electricity")),
        "partly_metered": (own, replace(known, around=Around(below=partly))),
        "too_little_history": (own, replace(known, around=Around(below=silent))),
    }
    for reason, (series, about) in cases.items():
        verdict = judge(series, about)
        assert isinstance(verdict, NotJudged) and verdict.reason == reason
    assert isinstance(judge(*short), NotJudged)


@pytest.mark.parametrize(
    ("written", "error"), [("0.5S", 0.005), ("2级", 0.02), ("1.0", 0.01), ("", 0.01), ("不详", 0.01)]
)
def test_a_meters_class_is_read_as_it_is_written(written: str, error: float) -> None:
    assert error_of(replace(meter("main"), survey={"accuracy": written})) == error


def test_days_are_summed_over_hours_that_all_meters_know() -> None:
    of = family()
    part, series = of.parts[0]
    gap = np.where(np.arange(len(MS)) // 24 == 5, np.nan, series.value)
    gap[6 * 24 : 6 * 24 + 3] = np.nan
    days = balance(
        Family(of.parent, of.inflow, ((part, hours(MS, gap)), *of.parts[1:])), seen_from("main", of)[1].school
    )
    whole = balance(of, seen_from("main", of)[1].school)
    assert np.isnan(days.rest[5]) and np.isfinite(whole.rest[5])
    assert days.inflow[6] < whole.inflow[6] and days.rest[6] == pytest.approx(whole.rest[6] * 21 / 24, rel=0.1)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sentences_say_where_how_much_and_where_to_look_first(lang: str) -> None:
    cases = [
        family(more=12.0 * SINCE),
        family(counts=np.where(SINCE, 1.1, 1.0)),
        family(counts=np.where(SINCE, 0.9, 1.0)),
        family({"canteen": used("canteen") * np.where(SINCE, 1.5, 1.0)}),
        family({"teaching": late(used("teaching"), 8)}),
    ]
    for of in cases:
        text = DETECTOR.message(only(of)[1], lang)
        assert len(text) < 330 and not any(word in text.lower() for word in NOT_SAID), (len(text), text)
        assert ("先" in text or "请" in text) if lang == "zh" else ("first" in text or "Check" in text)
