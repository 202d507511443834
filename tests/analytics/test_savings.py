"""Verified savings: a designed change is found, its ± holds it, and what cannot be told from zero is called so."""

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_years import ABOUT, SETTING, fitted, year

from analytics.baseline import Baseline, Refused
from analytics.baseline_fit import student_t
from analytics.baseline_hourly import expected_hours, fit_hours
from analytics.savings import Adjustment, Measure, Metered, Project, Saving, Worth, normal_year, saving
from analytics.savings_uncertainty import by_guideline_14, by_months_left_out, half_width
from analytics.savings_words import cautions, verdict, worth
from campus.results import Price
from campus.said import Said

AFTER = year(2)
PROJECT = Project("lamps", "换灯", "Lamps", Measure.LIGHTING, ("m",), date(2024, 3, 1), date(2024, 12, 31))
PERIOD = (date(2024, 12, 31), date(2025, 12, 31))


@cache
def before() -> Baseline:
    return fitted(fit_hours(year(0), SETTING, ABOUT))


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return before()


@pytest.fixture(scope="module")
def metered(baseline: Baseline) -> Metered:
    return Metered(baseline, expected_hours(baseline, AFTER.start_ms, SETTING), AFTER.value)


def less(metered: Metered, share: float) -> Metered:
    return replace(metered, used=metered.used * (1 - share))


def told(found: Saving | Refused) -> Saving:
    assert isinstance(found, Saving), found
    return found


@pytest.mark.parametrize("share", [-0.1, 0.0, 0.05, 0.1, 0.3])
def test_a_designed_saving_is_found_and_its_interval_holds_it(metered: Metered, share: float) -> None:
    found = told(saving(PROJECT, PERIOD, [less(metered, share)]))
    assert found.share == pytest.approx(share, abs=0.01)
    truth = AFTER.value.sum() * share
    assert abs(found.saved.value - truth) <= found.saved.half_90
    assert 0 < found.saved.half_80 < found.saved.half_90
    assert found.saved.half_90 == pytest.approx(half_width(metered.baseline, len(metered.used), 0.9))
    assert found.covered == pytest.approx(1.0) and found.baselines == (metered.baseline.id,)


def test_what_cannot_be_told_from_zero_is_called_so_in_words(metered: Metered) -> None:
    none, some = (told(saving(PROJECT, PERIOD, [less(metered, share)])) for share in (0.0, 0.2))
    assert not none.told_from_zero and some.told_from_zero
    assert "与零无法区分" in verdict(none).zh and "Cannot be told from zero" in verdict(none).en
    assert verdict(some).zh.startswith("节约") and verdict(some).en.startswith("Saved")
    more = told(saving(PROJECT, PERIOD, [less(metered, -0.2)]))
    assert "没有节约" in verdict(more).zh and "Nothing was saved" in verdict(more).en
    assert any("drift" in said.en for said in cautions(none)) and not any("drift" in s.en for s in cautions(some))
    assert some.meets_guideline_14 and not none.meets_guideline_14


def test_hours_unknown_on_either_side_neither_save_nor_waste(metered: Metered) -> None:
    holed = metered.used.copy() * 0.9
    holed[:2000] = np.nan
    found = told(saving(PROJECT, PERIOD, [replace(metered, used=holed)]))
    assert found.covered == pytest.approx(1 - 2000 / len(holed))
    assert found.share == pytest.approx(0.1, abs=0.015)
    assert found.expected == pytest.approx(metered.expected.value[2000:].sum())


def test_an_adjustment_moves_the_saving_by_its_amount_and_is_listed(metered: Metered) -> None:
    wing = Adjustment(-5000.0, Said("西翼停用", "The west wing was closed"))
    plain, adjusted = (told(saving(PROJECT, PERIOD, [metered], adjustments=a)) for a in ((), (wing,)))
    assert adjusted.saved.value == pytest.approx(plain.saved.value - 5000)
    assert any("西翼停用" in said.zh for said in cautions(adjusted))


def test_a_saving_is_worth_what_price_and_factor_say_and_nothing_without(metered: Metered) -> None:
    price = Worth(Price(0.6, "kWh", "电价文件"), kgco2_per_unit=0.5, factor="el")
    found = told(saving(PROJECT, PERIOD, [less(metered, 0.1)], worth=price))
    assert found.yuan is not None and found.tco2 is not None
    assert found.yuan.value == pytest.approx(0.6 * found.saved.value)
    assert found.tco2.half_90 == pytest.approx(0.0005 * found.saved.half_90)
    assert "元" in worth(found).zh and "t CO2" in worth(found).en
    bare = told(saving(PROJECT, PERIOD, [metered], worth=Worth(Price(4.2, "m³", "水价"))))
    assert bare.yuan is None and bare.tco2 is None and "no price set" in worth(bare).en


def test_a_baseline_after_the_works_began_or_too_thin_a_period_is_refused(metered: Metered) -> None:
    early = replace(PROJECT, started=date(2023, 6, 1))
    found = saving(early, (date(2024, 6, 1), PERIOD[1]), [replace(metered, used=np.full(len(metered.used), np.nan))])
    assert isinstance(found, Refused)
    assert [reason.word for reason in found.reasons] == ["baseline", "period", "coverage"]
    assert all(reason.said.zh and reason.said.en for reason in found.reasons)


def test_several_meters_add_up_and_their_errors_in_squares(metered: Metered) -> None:
    one = told(saving(PROJECT, PERIOD, [less(metered, 0.1)]))
    two = told(saving(PROJECT, PERIOD, [less(metered, 0.1)] * 2))
    assert two.saved.value == pytest.approx(2 * one.saved.value)
    assert two.saved.half_90 == pytest.approx(np.sqrt(2) * one.saved.half_90)
    assert two.share == pytest.approx(one.share)


def test_in_a_normal_year_both_baselines_are_compared(metered: Metered) -> None:
    after = fitted(fit_hours(replace(AFTER, value=AFTER.value * 0.8), SETTING, ABOUT))
    typical = year(1).start_ms
    before = replace(metered, expected=expected_hours(metered.baseline, typical, SETTING))
    then = Metered(after, expected_hours(after, typical, SETTING), np.full(len(typical), np.nan))
    found = normal_year([before], [then])
    assert found.value / np.nansum(before.expected.value) == pytest.approx(0.2, abs=0.01)
    assert found.half_90 > half_width(metered.baseline, len(typical), 0.9)


@given(st.integers(200, 8760), st.floats(0.5, 0.95))
def test_more_months_are_surer_in_share_and_more_confidence_is_wider(slots: int, level: float) -> None:
    baseline = before()
    assert half_width(baseline, 2 * slots, level) / (2 * slots) < half_width(baseline, slots, level) / slots
    assert half_width(baseline, slots, level + 0.04) > half_width(baseline, slots, level)
    wider = max(by_guideline_14(baseline, slots, level), by_months_left_out(baseline, slots, level))
    assert half_width(baseline, slots, level) == wider


@pytest.mark.parametrize(
    ("probability", "freedom", "table"), [(0.95, 10, 1.812), (0.9, 12, 1.356), (0.95, 4, 2.132), (0.84, 1000, 0.995)]
)
def test_students_t_is_that_of_the_tables(probability: float, freedom: float, table: float) -> None:
    assert student_t(probability, freedom) == pytest.approx(table, abs=0.002)
