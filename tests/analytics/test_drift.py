"""A meter that slowly counts less or more: which, how fast, since when, and what is no drift."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import context, hours
from made_family import DAYS, MS, NAMES, family, in_order, meter, seen_from, used

from analytics.around import Around, Family
from analytics.detector import NotJudged
from analytics.detectors.drift import DETECTOR, judge
from campus.results import Finding
from campus.schema import from_ms
from tests.sizes import examples
from tests.words import NOT_SAID

AT = 40 * 24


def slow(a_month: float, at: int = AT, until: int | None = None) -> np.ndarray:
    """Return the share a meter counts that drifts from `at` on and is put right at `until`."""
    months = np.clip((np.arange(len(MS)) - at) / 720, 0, None)
    months[until:] = 0 if until is not None else months[until:]
    return 1 + a_month * months


def found(of: Family, count: int | None = None) -> dict[str, list[Finding]]:
    verdicts = {key: judge(*seen_from(key, of, count)) for key in NAMES}
    assert not any(isinstance(verdict, NotJudged) for verdict in verdicts.values())
    return {key: verdict for key, verdict in verdicts.items() if verdict}


@pytest.mark.parametrize("seed", range(6))
def test_a_family_in_order_does_not_drift(seed: int) -> None:
    assert found(in_order(seed)) == {}


@pytest.mark.parametrize("name", ["teaching", "canteen"])
@pytest.mark.parametrize("a_month", [-0.05, -0.1, 0.06])
def test_a_sub_meter_that_drifts_is_named_with_its_pace_and_how_far_it_is_off(name: str, a_month: float) -> None:
    ((key, (one,)),) = found(family({name: used(name) * slow(a_month)})).items()
    assert key == name and one.facts["a_month"] == pytest.approx(a_month, rel=0.25)
    assert one.facts["off"] == pytest.approx(a_month * 93 / 30, rel=0.15)
    assert -3 <= (one.start - from_ms(MS[AT])).days <= 21 and one.end is None


def test_a_main_meter_that_drifts_is_told_by_those_below_it() -> None:
    ((key, (one,)),) = found(family(counts=slow(-0.05))).items()
    assert key == "main" and one.facts["a_month"] == pytest.approx(-0.05, rel=0.25)


def test_a_use_that_nobody_counts_and_that_grows_is_no_drift_of_a_meter() -> None:
    assert found(family(more=6 * np.clip((np.arange(len(MS)) - AT) / 720, 0, None))) == {}


def test_a_step_is_no_drift() -> None:
    assert found(family({"teaching": used("teaching") * np.where(np.arange(len(MS)) < 80 * 24, 1.0, 0.7)})) == {}


def test_what_drifts_within_the_class_of_meters_is_left_alone() -> None:
    assert found(family({"teaching": used("teaching") * slow(-0.004)})) == {}


def test_a_meter_that_was_replaced_ends_it() -> None:
    ((_, (one,)),) = found(family({"canteen": used("canteen") * slow(-0.1, until=110 * 24)})).items()
    assert one.end is not None and 0 <= (one.end - from_ms(MS[110 * 24])).days <= 8
    assert "又走准了" in DETECTOR.message(one, "zh")


@settings(max_examples=examples(40), deadline=None)
@given(st.floats(0.02, 0.08), st.floats(1.0, 2.0), st.integers(30 * 24, 60 * 24))
def test_a_faster_drift_is_never_found_less(a_month: float, times: float, at: int) -> None:
    small = found(family({"teaching": used("teaching") * slow(-a_month, at)}))
    big = found(family({"teaching": used("teaching") * slow(-a_month * times, at)}))
    assert set(small) <= set(big)


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(90 * 24, DAYS * 24))
def test_what_was_told_earlier_is_told_later(count: int) -> None:
    of = family({"canteen": used("canteen") * slow(-0.08)})
    earlier, whole = found(of, count), found(of)
    for key, told in earlier.items():
        assert [f.start for f in told] == [f.start for f in whole[key]][: len(told)]


def test_what_cannot_be_judged_says_why() -> None:
    of = family()
    own, known = seen_from("main", of)
    partly = replace(known, around=Around(below=Family(of.parent, of.inflow, of.parts[:1])))
    cases = {
        "no_family": (own, context("electricity")),
        "partly_metered": (own, partly),
        "too_little_history": seen_from("main", of, 20 * 24),
    }
    for reason, (series, about) in cases.items():
        verdict = judge(series, about)
        assert isinstance(verdict, NotJudged) and verdict.reason == reason


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sentences_say_how_fast_since_when_and_whom_to_ask(lang: str) -> None:
    for a_month, word in ((-0.08, ("越走越少", "less")), (0.08, ("越走越多", "more"))):
        ((_, (one,)),) = found(family({"canteen": used("canteen") * slow(a_month)})).items()
        text = DETECTOR.message(one, lang)
        assert word[lang == "en"] in text and len(text) < 250
        assert not any(banned in text.lower() for banned in NOT_SAID), text


def test_meters_that_use_alike_are_both_suspected_and_told_at_the_main_meter() -> None:
    of = family({"teaching": used("teaching") * slow(-0.08)})
    (_, shown), (_, dormitory), _ = of.parts
    # Beside it a block of the very same use instead of the canteen: what one lacks the other might as well.
    twin = used("teaching")
    inflow = of.inflow.value - used("canteen") + twin
    alike = Family(
        of.parent,
        hours(MS, inflow),
        ((meter("teaching"), shown), (meter("canteen"), hours(MS, twin)), (meter("dormitory"), dormitory)),
    )
    told = found(alike)
    assert list(told) == ["main"]
    (one,) = told["main"]
    assert "教学楼表" in str(one.facts["who_zh"]) and "食堂表" in str(one.facts["who_zh"]) and one.sure < 0.6
    assert "分不清" in DETECTOR.message(one, "zh") and "cannot be told which" in DETECTOR.message(one, "en")
