"""The rules of heat on gas-heated buildings nobody here simulated; skipped where the shared data is absent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from analytics.around import Around, on_grid
from analytics.detector import Context, NotJudged, detectors
from analytics.hours import Hours
from benchmarks.support import buildings
from campus.registry import Arrival, Building, Meter, Register, Season
from campus.units import QUANTITIES
from tests.sizes import FULL

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "cambridge"
# English universities heat from October into May: nobody wrote down when.
WINTERS = tuple(Season(date(year, 10, 1), date(year + 1, 5, 31)) for year in range(2016, 2022))
BUILDINGS = ("b0", "b2", "b19", "b101", "b118") if FULL else ("b19", "b118")
AT_MOST_A_YEAR = {"heat_weather": 0.5, "heat_free_days": 0.5, "heat_off_season": 1.0}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data of real meters is not here")


def heated(name: str) -> tuple[Hours, Context]:
    """Return a building's gas as that of a boiler room, with its weather."""
    files = sorted((DATA / name / "gas").glob("*.csv"))
    hours, _ = buildings.in_last_unit(buildings.cleaned(buildings.hours_of(files), "gas"), "gas")
    weather = buildings.hours_of(sorted((DATA / "weather").glob("*.csv")))
    register = Register(QUANTITIES["gas_energy"], "kWh")
    meter = Meter("m", "锅炉", "Boiler", "t", "native", (register,), timedelta(hours=1), Arrival.HOURLY)
    around = Around(temperature=on_grid(weather, hours.start_ms))
    school = replace(buildings.school(range(2016, 2023)), heating=WINTERS)
    place = Building("b", "锅炉房", "Boiler room", "boiler_room")
    return hours, Context(school, meter, "gas_energy", place, around=around)


def test_findings_at_real_boilers_are_rare() -> None:
    known = [heated(name) for name in BUILDINGS]
    years = sum(np.isfinite(hours.value).sum() for hours, _ in known) / 8766
    assert years > 3 * len(BUILDINGS) - 1
    for rule, most in AT_MOST_A_YEAR.items():
        verdicts = [detectors()[rule].judge(hours, about) for hours, about in known]
        found = [one for verdict in verdicts if not isinstance(verdict, NotJudged) for one in verdict]
        assert len(found) <= most * years, [(one.rule, one.start, one.end) for one in found]


def test_a_third_more_heat_than_a_real_building_takes_is_found() -> None:
    hours, about = heated("b19")
    begin = int(np.searchsorted(hours.start_ms, 1_547_510_400_000))  # 15 January 2019
    value = hours.value.copy()
    value[begin : begin + 28 * 24] *= 1.35
    verdict = detectors()["heat_weather"].judge(replace(hours, value=value), about)
    assert not isinstance(verdict, NotJudged)
    assert any(abs(int(one.start.timestamp()) - 1_547_510_400) < 7 * 86_400 for one in verdict)
