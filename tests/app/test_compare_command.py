"""`campus compare`: a year against the one before, from the days of a store."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from app.settings import load_settings
from app.wiring import install
from campus.calendar import midnight
from campus.schema import DAY, DEGREE_DAYS_HEATING, FIGURE, SCHOOL_SUBJECT, Columns, SeriesId, to_ms
from tests.app.registry_example import SCHOOL, meter

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(731)]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A school that used 500 kWh a day in 2024 and 550 in 2025; HDD 1 a day in both."""
    (tmp_path / "config" / "schools").mkdir(parents=True)
    (tmp_path / "config" / "schools" / "north.toml").write_text(SCHOOL + meter("e"), encoding="utf-8")
    for name, folder in (("CAMPUS_CONFIG", "config"), ("CAMPUS_DATA", "data")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    times = np.array([to_ms(midnight(day, ZONE)) for day in DAYS], np.int64)
    use = np.array([500.0 if day.year == 2024 else 550.0 for day in DAYS])
    whole = {"coverage": np.ones(len(DAYS)), "estimated": np.zeros(len(DAYS))}
    window = midnight(DAYS[0], ZONE), midnight(DAYS[-1] + timedelta(days=1), ZONE)
    environment = {"CAMPUS_CONFIG": str(tmp_path / "config"), "CAMPUS_DATA": str(tmp_path / "data")}
    with closing(install(load_settings(environment)).stores) as stores:
        for name, value in (("electricity", use), (DEGREE_DAYS_HEATING, np.ones(len(DAYS)))):
            series = SeriesId(FIGURE, SCHOOL_SUBJECT, name, DAY)
            stores["north"].replace(series, window, Columns(times, {"value": value, **whole}))


@pytest.mark.usefixtures("installed")
def test_a_year_is_compared_per_like_day_around_spring_festival_and_by_the_calendar():
    result = CliRunner().invoke(main, ["compare", "--year", "2025"])
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert said.startswith("north/school: 用电 Electricity [kWh]")
    assert said.count("+10.0%") == 3  # school days, weekends, holidays
    assert "43,950 对 40,500 kWh，+8.5%" in said  # of 81 days around Spring Festival 69 lie in 2025
    assert "500.0 kWh" in said and "2025-01-29 对 2024-02-10" in said
    assert "HDD18：365 对 366 K·d" in said
    assert "总量（缺的日子按同类日平均）相差 +17,750 kWh" in said


@pytest.mark.usefixtures("installed")
def test_a_year_that_has_not_come_is_not_told_as_the_running_one():
    result = CliRunner().invoke(main, ["compare", "--year", "2198"])
    assert result.exit_code == 2 and "2198 年还没到" in result.stderr


@pytest.mark.usefixtures("installed")
def test_what_cannot_be_compared_says_so_and_ends_with_1():
    result = CliRunner().invoke(main, ["compare", "--year", "2019"])
    assert result.exit_code == 1 and "不能比" in result.output
    result = CliRunner().invoke(main, ["compare", "--subject", "meter/f"])
    assert result.exit_code == 2 and "did you mean 'meter/e'?" in result.output
