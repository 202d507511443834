"""Verified savings: a designed change is found, its ± holds it, and what cannot be told from zero is called so."""

from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_years import ABOUT, SETTING, fitted, year

from analytics.baseline import Baseline, Refused
from analytics.baseline_fit import student_t
from analytics.baseline_hourly import expected_hours, fit_hours
from analytics.savings import Adjustment, Metered, Saving, adjusted, normal_year, of_slots, saving, within
from analytics.savings_uncertainty import by_guideline_14, by_months_left_out, half_width
from analytics.savings_words import cautions, of_project, sources, verdict, worth
from analytics.savings_worth import UNKNOWN, Worth, mean_emitted
from analytics.slot_prices import Grounds
from campus.calendar import local_hours
from campus.projects import Measure, NonRoutine, Project
from campus.results import Price
from campus.said import Said

AFTER = year(2)
METERS = (("m", "electricity"),)
PROJECT = Project("lamps", "换灯", "Lamps", Measure.LIGHTING, METERS, date(2024, 3, 1), date(2024, 12, 31))
PERIOD = (date(2024, 12, 31), date(2025, 12, 31))


@cache
def before() -> Baseline:
    return fitted(fit_hours(year(0), SETTING, ABOUT))


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return before()


@pytest.fixture(scope="module")
def metered(baseline: Baseline) -> Metered:
    return of(baseline, AFTER.start_ms, AFTER.value)


def of(baseline: Baseline, start_ms: np.ndarray, used: np.ndarray) -> Metered:
    day, _ = local_hours(start_ms, SETTING.school.timezone)
    return Metered(baseline, expected_hours(baseline, start_ms, SETTING), used, day, np.zeros(len(used)))


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
    assert some.meets_guideline_14 and not none.meets_guideline_14


def test_a_saving_no_larger_than_what_meters_drift_by_is_not_called_the_projects(metered: Metered) -> None:
    little, much = (told(saving(PROJECT, PERIOD, [less(metered, share)])) for share in (0.06, 0.12))
    assert little.told_from_zero and not little.beyond_drift and much.beyond_drift
    assert "单凭表说不准" in verdict(little).zh and "the meter alone cannot say" in verdict(little).en


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
    price = Worth(0.6, Grounds((Price(0.6, "kWh", "电价文件"),)), kgco2_per_unit=0.5, factors=("el@2023",))
    found = told(saving(PROJECT, PERIOD, [less(metered, 0.1)], worth=price))
    assert found.yuan is not None and found.tco2 is not None
    assert found.yuan.value == pytest.approx(0.6 * found.saved.value)
    assert found.tco2.half_90 == pytest.approx(0.0005 * found.saved.half_90)
    assert "元" in worth(found).zh and "t CO2" in worth(found).en
    assert "电价文件" in sources(found)[0].zh and "el@2023" in sources(found)[1].en
    bare = told(saving(PROJECT, PERIOD, [metered], worth=of_slots([metered])))
    assert bare.yuan is None and bare.tco2 is None and "no price set" in worth(bare).en


def test_what_a_unit_emits_is_the_mean_by_use_and_unknown_where_a_part_of_it_is() -> None:
    old, new = (Worth(kgco2_per_unit=kg, factors=(f"{kg}",)) for kg in (0.5, 0.7))
    both = mean_emitted([(3.0, old), (1.0, new), (0.0, UNKNOWN)])
    assert both.kgco2_per_unit == pytest.approx(0.55) and both.factors == ("0.5", "0.7")
    assert mean_emitted([(3.0, old), (1.0, UNKNOWN)]).kgco2_per_unit is None


def test_a_daily_change_counts_on_the_days_it_lasted_and_can_be_compared(metered: Metered) -> None:
    rooms = NonRoutine("electricity", date(2025, 3, 1), date(2025, 3, 11), 24.0, Said("新教室", "new rooms"), "王")
    (whole,) = adjusted([rooms], PERIOD, [metered])
    assert whole.amount == pytest.approx(240) and whole.by == "王"
    assert adjusted([rooms], (PERIOD[0], date(2025, 3, 1)), [metered]) == []
    holed = metered.used.copy()
    holed[(metered.day >= date(2025, 3, 6).toordinal()) & (metered.day < date(2025, 3, 11).toordinal())] = np.nan
    (half,) = adjusted([rooms], PERIOD, [replace(metered, used=holed)])
    assert half.amount == pytest.approx(120)


def test_the_months_of_a_period_add_up_to_it(metered: Metered) -> None:
    whole = told(saving(PROJECT, PERIOD, [metered]))
    edges = [PERIOD[0], *(date(2025, month, 1) for month in range(2, 13)), PERIOD[1]]
    parts = [told(saving(PROJECT, span, [within(metered, span)])) for span in pairwise(edges)]
    assert sum(part.saved.value for part in parts) == pytest.approx(whole.saved.value)
    assert all(part.saved.half_90 / part.expected > whole.saved.half_90 / whole.expected for part in parts)


def test_of_a_roof_it_is_said_that_less_was_bought() -> None:
    assert of_project(PROJECT) == ()
    assert "少买" in of_project(replace(PROJECT, measure=Measure.PV))[0].zh


def test_works_that_go_on_have_no_saving_yet(metered: Metered) -> None:
    found = saving(replace(PROJECT, finished=None), PERIOD, [metered])
    assert isinstance(found, Refused) and [reason.word for reason in found.reasons] == ["works"]


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
    nothing = np.full(len(typical), np.nan)
    before, then = (of(baseline, typical, nothing) for baseline in (metered.baseline, after))
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
