"""Several nights together: a leak no single night shows is found, one odd night is not, and growth is told."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import context, cut, grid, hours, local_hour

from analytics.detector import NotJudged
from analytics.detectors.night_flow import DETECTOR, judge
from analytics.hours import Hours
from campus.results import Finding
from campus.schema import from_ms

DAYS, ONSET = 100, 70 * 24 + 10
MS = grid(DAYS)
# Nobody wrote down how many sleep here, and the nights are restless.
DISTRICT = context("water", "", sleepers=None)


def district(leak: float = 0.0, at: int = ONSET, scatter: float = 0.06, seed: int = 1) -> Hours:
    """Return hours of a place that never sleeps: 6 m³/h at night, 13 by day, with a scatter of its own each day."""
    random = np.random.default_rng(seed)
    by_day = np.repeat(random.normal(0, scatter, DAYS), 24) + random.normal(0, scatter / 2, len(MS))
    hour = local_hour(MS)
    value = np.where((hour >= 6) & (hour < 23), 13.0, 6.0) + 10 * by_day
    value[at:] += leak
    return hours(MS, value)


def found(series: Hours) -> list[Finding]:
    verdict = judge(series, DISTRICT)
    assert not isinstance(verdict, NotJudged)
    return verdict


def test_a_restless_place_has_at_most_one_finding_of_its_own_a_year() -> None:
    seeds = range(22)
    assert sum(len(found(district(seed=seed))) for seed in seeds) <= len(seeds) * DAYS / 365


@pytest.mark.parametrize(("share", "nights"), [(0.2, 3), (0.1, 7)])
def test_a_share_of_the_mean_flow_is_found_within_nights(share: float, nights: int) -> None:
    leak, told = 10.0 * share, 0
    for seed in range(20):
        verdict = found(cut(district(leak, seed=seed), ONSET + 24 * nights))
        told += any(one.end is None for one in verdict)
    assert told >= 17


def test_its_size_and_its_night_are_told() -> None:
    sizes = []
    for seed in range(10):
        finding = found(district(2.0, scatter=0.02, seed=seed))[-1]
        sizes.append(finding.size)
        assert abs((finding.start - from_ms(MS[ONSET])).total_seconds()) <= 2 * 86_400
        assert finding.end is None and finding.usual == pytest.approx(6.0, rel=0.15)
    assert np.median(sizes) == pytest.approx(2.0, rel=0.2)


def test_one_odd_night_is_no_evidence() -> None:
    series = district(scatter=0.02)
    odd = (np.arange(len(MS)) >= ONSET + 12) & (np.arange(len(MS)) < ONSET + 24)
    assert found(replace(series, value=series.value + np.where(odd, 3.0, 0.0))) == []


def test_a_second_leak_on_top_of_the_first_is_told_as_growth() -> None:
    at, then = 45 * 24, 80 * 24
    value = district(2.0, at, scatter=0.01).value
    value[then:] += 3.0
    (finding,) = found(hours(MS, value))
    assert finding.end is None and str(finding.facts["grown_on"]) >= "2026-05-20"
    assert float(finding.facts["grown_by"]) == pytest.approx(3.0, rel=0.2)
    assert "5月2" in DETECTOR.message(finding, "zh") and "又大了" in DETECTOR.message(finding, "zh")
    assert "grew by" in DETECTOR.message(finding, "en")


@settings(max_examples=15, deadline=None)
@given(st.floats(0.2, 2.0), st.floats(1.0, 4.0), st.integers(50 * 24, 90 * 24), st.integers(0, 1000))
def test_a_bigger_leak_is_never_found_less(leak: float, more: float, at: int, seed: int) -> None:
    small, big = found(district(leak, at, seed=seed)), found(district(leak * more, at, seed=seed))
    if any(one.end is None for one in small):
        assert any(one.end is None for one in big)


@settings(max_examples=15, deadline=None)
@given(st.integers(40 * 24, DAYS * 24), st.integers(0, 100))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    series = district(1.5, 60 * 24, seed=seed)
    earlier, whole = found(cut(series, count)), found(series)
    assert [one.start for one in earlier] == [one.start for one in whole][: len(earlier)]
