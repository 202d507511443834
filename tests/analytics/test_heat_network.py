"""Heat lost by a network: against its own cold weeks, what is allowed, and what meters can tell at all."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import hours
from made_heat import HEAT_PRICE, HEATED, MS, as_told, at, context, heat, weather

from analytics.around import Around, Family
from analytics.detector import Context, NotJudged
from analytics.detectors.heat_network_loss import DETECTOR, judge
from analytics.hours import Hours
from campus.registry import Meter
from campus.results import Finding
from campus.schema import from_ms
from tests.sizes import examples

ONSET = at(2026, 1, 8)
PARTS = {"h1": 0.5, "h2": 0.3, "h3": 0.2}


def block(key: str) -> Meter:
    return replace(context().meter, key=key, building=key, parent="m")


def below(*parts: tuple[Meter, Hours]) -> Family:
    return Family(context().meter, hours(MS, np.full(len(MS), np.nan)), parts)


def parts() -> tuple[tuple[Meter, Hours], ...]:
    family = network().around.below
    assert family is not None
    return family.parts


def network(seed: int = 1, **more: object) -> Context:
    parts = tuple((block(key), hours(MS, part * 4 * heat(seed))) for key, part in PARTS.items())
    around = Around(temperature=weather(seed), below=below(*parts))
    return context(seed, kind="boiler_room", **{"around": around, "submetered": True, **more})


def sent(
    loss: float = 0.06, more: float = 0.0, begin: int = ONSET, seed: int = 1, until: int | None = None
) -> np.ndarray:
    """Return what the station sends out of which the share `loss` is lost, and `more` in a span."""
    noise = np.random.default_rng(seed).normal(0, 0.005, len(MS) // 24).repeat(24)
    share = loss + noise
    share[begin:until] += more
    return 4 * heat(seed) / (1 - share)


def judged(value: np.ndarray, about: Context | None = None) -> list[Finding]:
    verdict = judge(hours(MS, value), about or network())
    assert isinstance(verdict, list), verdict
    return verdict


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("loss", [0.05, 0.09])
def test_a_network_that_loses_as_it_always_did_has_no_finding(seed: int, loss: float) -> None:
    assert judged(sent(loss, seed=seed), network(seed)) == []


@pytest.mark.parametrize("more", [0.05, 0.15])
def test_a_network_that_loses_more_is_one_finding_with_its_share_and_the_meters_doubt(more: float) -> None:
    value = sent(more=more)
    (finding,) = as_told(judge, value, network(price=HEAT_PRICE), at(2026, 1, 25))  # type: ignore[misc]
    assert abs((finding.start - from_ms(MS[ONSET])).days) <= 2 and finding.end is None
    lost = (value - sent())[ONSET : at(2026, 1, 25)].sum() / 17
    assert finding.per_day == pytest.approx(lost, rel=0.3) and finding.yuan_per_day == pytest.approx(
        90 * finding.per_day
    )
    assert float(finding.facts["now"]) == pytest.approx(0.06 + more, abs=0.01)
    assert 0.03 < float(finding.facts["doubt"]) < 0.04
    zh = DETECTOR.message(finding, "zh")
    assert f"送出的热有{round(100 * (0.06 + more))}%没到楼里（热表误差±3%，平时6%）" in zh and "元" in zh
    assert "usually 6 %" in DETECTOR.message(finding, "en")


def test_one_day_that_makes_a_week_lose_too_much_is_never_money_that_comes_back() -> None:
    value = sent()
    value[ONSET : ONSET + 24] *= 2.5
    (finding,) = as_told(judge, value, network(price=HEAT_PRICE), ONSET + 6 * 24)  # type: ignore[misc]
    week = slice(ONSET - 24, ONSET + 6 * 24)
    lost = (value - sum(part.value for _, part in parts()))[week].sum() / value[week].sum()
    assert finding.per_day == pytest.approx((lost - 0.06) * value[week].sum() / 7, rel=0.1)
    assert finding.yuan_per_day == pytest.approx(90 * finding.per_day)


def test_it_ends_when_a_week_of_cold_days_is_as_before() -> None:
    (finding,) = judged(sent(more=0.1, until=at(2026, 1, 25)))
    assert finding.end is not None and at(2026, 1, 25) <= (finding.end - from_ms(MS[0])).days * 24 <= at(2026, 2, 5)


def test_more_than_is_allowed_from_the_beginning_is_told_once_a_winter() -> None:
    found = judged(sent(0.18))
    assert [f.start.year for f in found] == [2024, 2025]
    told = replace(found[0], end=None)
    assert "规范限10%" in DETECTOR.message(told, "zh") and "allowed 10 %" in DETECTOR.message(told, "en")
    assert judged(sent(0.12)) == []  # within what the meters may make of it


def test_what_is_less_than_the_meters_errors_is_said_to_be_not_resolvable() -> None:
    verdict = judge(hours(MS, sent(0.02)), network())
    assert isinstance(verdict, NotJudged) and verdict.reason == "not_resolvable" and "误差" in verdict.zh


def test_mild_days_are_none_of_it() -> None:
    around = replace(network().around, temperature=hours(MS, np.full(len(MS), 9.0)))
    verdict = judge(hours(MS, sent(more=0.2)), network(around=around))
    assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"
    unknown = replace(network().around, temperature=None)
    assert len(judged(sent(more=0.1), network(around=unknown))) == 1


def test_a_day_on_which_one_building_is_unknown_tells_nothing() -> None:
    (first, one), *others = parts()
    value = one.value.copy()
    value[ONSET : ONSET + 5 * 24] = np.nan
    around = replace(network().around, below=below((first, hours(MS, value)), *others))
    assert judged(sent(), network(around=around)) == []


def test_a_building_that_never_spoke_is_said() -> None:
    never = hours(MS, np.full(len(MS), np.nan))
    missing = replace(network().around, below=below(*parts(), (block("h4"), never)))
    verdict = judge(hours(MS, sent()), network(around=missing))
    assert isinstance(verdict, NotJudged) and verdict.reason == "silent_child"


def test_nothing_is_said_of_a_meter_that_feeds_its_own_building() -> None:
    own = [(replace(part, building=context().meter.building), one) for part, one in parts()]
    around = replace(network().around, below=below(*own))
    assert judged(sent(more=0.2), network(around=around)) == []
    assert judged(sent(more=0.2), network(around=Around())) == []


def test_without_a_season_it_is_not_judged() -> None:
    verdict = judge(hours(MS, sent()), network(school=replace(HEATED, heating=())))
    assert isinstance(verdict, NotJudged) and verdict.reason == "no_season"


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(at(2025, 12, 20), at(2026, 3, 30)), st.integers(1, 4))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    value = sent(more=0.1, seed=seed)
    earlier = as_told(judge, value, network(seed), count)
    assert isinstance(earlier, list)
    assert [f.start for f in earlier] == [f.start for f in judged(value, network(seed))][: len(earlier)]


@settings(max_examples=examples(12), deadline=None)
@given(st.floats(0.01, 0.1), st.floats(1.0, 3.0), st.integers(at(2025, 12, 20), at(2026, 2, 10)))
def test_a_bigger_loss_is_never_found_less(more: float, times: float, begin: int) -> None:
    small, big = judged(sent(more=more, begin=begin)), judged(sent(more=more * times, begin=begin))
    assert bool(big) >= bool(small)
    if small:
        assert big[-1].per_day >= small[-1].per_day - 1e-9
