"""What a finding emits: its amounts by the factor of its region and year, or nothing that is told."""

from dataclasses import replace

import pytest

from analytics.finding_carbon import with_carbon
from campus.factors import shipped
from campus.results import Finding
from tests.alerts.made import finding

POWER = replace(finding("out_of_hours"), quantity="electricity", unit="kWh", per_day=200.0, to_date=1000.0)


def test_electricity_emits_by_the_nearest_level_and_names_the_row():
    told = with_carbon(POWER, "CN-SD", shipped())
    assert told.co2_factor == "el.sd.avg@2023"
    assert told.kgco2_per_day == pytest.approx(200 * 0.6191)
    assert told.kgco2_to_date == pytest.approx(1000 * 0.6191)


def test_pv_that_is_lost_is_bought_from_the_grid():
    told = with_carbon(replace(POWER, quantity="generation"), "CN-SD", shipped())
    assert told.kgco2_per_day == pytest.approx(200 * 0.6191)


@pytest.mark.parametrize(
    "silent",
    [
        replace(POWER, quantity="water", unit="m³"),
        replace(POWER, per_day=None),
        replace(POWER, unit="kW"),
        replace(POWER, quantity="gas"),
    ],
    ids=["water", "no amount", "another unit", "another quantity's unit"],
)
def test_what_has_no_factor_or_amount_is_left_as_it_is(silent: Finding):
    assert with_carbon(silent, "CN-SD", shipped()) == silent
    assert silent.kgco2_per_day is None


def test_a_region_without_a_row_gets_none():
    assert with_carbon(POWER, "FR", shipped()).kgco2_per_unit is None
