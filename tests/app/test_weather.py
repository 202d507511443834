"""Weather into the store: from files as services export them, and from a source where one is named, never else."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from click.testing import CliRunner

from app import weather_fetch, weather_follow, weather_store
from app.cli import main
from app.settings import load_settings
from app.weather_fetch import fetch
from app.weather_import import doubtful, take_in, understand
from app.wiring import install
from campus.calendar import midnight
from campus.ports import Store
from campus.registry import Location, School
from campus.schema import (
    DAY,
    DEGREE_DAYS_COOLING,
    DEGREE_DAYS_HEATING,
    FIGURE,
    FORECAST_IRRADIANCE,
    FORECAST_TEMPERATURE,
    MONTH,
    SCHOOL_SUBJECT,
    WEATHER_HUMIDITY,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    SeriesId,
    from_ms,
)
from ingest.open_meteo import OpenMeteo
from ingest.weather_file import Options, WeatherRefused
from store.sqlite import open_sqlite
from tests.app.registry_example import SCHOOL as SCHOOL_TOML
from tests.app.registry_example import only
from tests.ingest.open_meteo_standin import Sky, serving

ZONE = ZoneInfo("Asia/Shanghai")
JINAN = Location(36.65, 117.0, "open-meteo")
SCHOOL = School("s", "学校", "School", "primary", ZONE, "CN-SD", "CN", location=JINAN)
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "cambridge" / "weather"
NOW = datetime(2026, 3, 10, 7, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _a_month_to_begin_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weather_fetch, "FIRST_DAYS", 30)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_sqlite(tmp_path / "store.sqlite")) as opened:
        yield opened


def written(folder: Path, text: str, name: str = "weather.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def days_of(name: str, resolution: str, store: Store) -> dict[date, float]:
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, name, resolution)
    rows = store.series([series], from_ms(0), datetime(2100, 1, 1, tzinfo=UTC))[series]
    return {from_ms(t).astimezone(ZONE).date(): v for t, v in zip(rows.time_ms, rows.value.tolist(), strict=True)}


def table(first: str, hours: int, *values: float) -> str:
    start = datetime.fromisoformat(first)
    return "".join(
        f"{start + timedelta(hours=n):%Y-%m-%dT%H:%M},{','.join(map(str, values))}\n" for n in range(hours)
    )


OPEN_METEO = (
    "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n"
    "36.66,117.0,30.0,28800,Asia/Shanghai,GMT+8\n\n"
    "time,temperature_2m (°C),relative_humidity_2m (%),shortwave_radiation (W/m²)\n"
)


def test_an_export_of_open_meteo_says_by_itself_all_that_is_needed(tmp_path, store):
    path = written(tmp_path, OPEN_METEO + table("2026-01-01T00:00", 31 * 24 + 1, 3, 40, 0))
    found = understand(path, SCHOOL, (Options(), None))
    assert [column.figure for column in found.file.columns] == [
        WEATHER_TEMPERATURE,
        WEATHER_HUMIDITY,
        WEATHER_IRRADIANCE,
    ]
    assert take_in(found, store, SCHOOL) == 3 * 31 * 24 + 1
    assert weather_store.span(store, WEATHER_TEMPERATURE) == (
        midnight(date(2026, 1, 1), ZONE),
        midnight(date(2026, 2, 1), ZONE),
    )
    assert days_of(DEGREE_DAYS_HEATING, DAY, store)[date(2026, 1, 5)] == 15.0
    assert days_of(DEGREE_DAYS_HEATING, MONTH, store) == {date(2026, 1, 1): 465.0}
    assert days_of(DEGREE_DAYS_COOLING, MONTH, store) == {date(2026, 1, 1): 0.0}


def test_days_below_the_hours_of_the_same_file_are_not_taken_for_hours(tmp_path):
    text = OPEN_METEO + table("2026-01-01T00:00", 48, 3, 40, 0) + "\ntime,temperature_2m_max (°C)\n2026-01-01,30\n"
    assert len(understand(written(tmp_path, text), SCHOOL, (Options(), None)).file.time_ms) == 48


HEAD = "时间,气温（℃）,总辐射（MJ/m²）\n"


def test_other_units_are_turned_into_ours_and_an_amount_into_a_mean(tmp_path):
    path = written(tmp_path, HEAD + table("2026-07-01T00:00", 25, 27, 1.8))
    found = understand(path, SCHOOL, (Options(zone=ZONE), None))
    assert np.nanmax(found.hours[WEATHER_IRRADIANCE].value) == pytest.approx(500.0)
    path = written(tmp_path, "time (UTC),temp [°F]\n" + table("2026-07-01T00:00", 25, 50))
    found = understand(path, SCHOOL, (Options(), None))
    assert found.hours[WEATHER_TEMPERATURE].value[0] == pytest.approx(10.0) and found.file.clock == "UTC"


@pytest.mark.parametrize(
    ("heading", "figure", "unit"),
    [
        ("temperature °C", WEATHER_TEMPERATURE, "°C"),
        ("气温℃", WEATHER_TEMPERATURE, "°C"),
        ("temp °F", WEATHER_TEMPERATURE, "°F"),
        ("湿度%", WEATHER_HUMIDITY, "%"),
        ("总辐射 W/m²", WEATHER_IRRADIANCE, "W/m2"),
        ("ghi kWh/m2", WEATHER_IRRADIANCE, "kWh/m2"),
    ],
)
def test_a_unit_without_brackets_is_read_where_its_signs_leave_no_doubt(tmp_path, heading, figure, unit):
    path = written(tmp_path, f"time,{heading}\n" + table("2026-07-01T00:00", 25, 50))
    (column,) = understand(path, SCHOOL, (Options(zone=ZONE), None)).file.columns
    assert (column.figure, column.unit) == (figure, unit)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,temperature_2m (°C)\n2026-01-01 00:00,3\n", "--timezone"),
        ("time (UTC),temperature\n2026-01-01 00:00,3\n", "--unit temperature="),
        ("time (UTC),temp c\n2026-01-01 00:00,3\n", "--unit temperature="),
        ("time (UTC),temperature [K°]\n2026-01-01 00:00,3\n", "unknown unit 'K°'"),
        ("time (UTC),rainfall (mm)\n2026-01-01 00:00,3\n", "no heading of weather"),
        ("time (UTC),temp (°C)\n01/02/2026 00:00,3\n02/02/2026 00:00,3\n", "--dates"),
        ("date (UTC),temp (°C)\n2026-01-01,3\n2026-01-02,4\n2026-01-03,4\n", "hourly weather is needed"),
    ],
    ids=["clock", "no unit", "no sign", "unit", "heading", "order", "days"],
)
def test_what_a_file_does_not_say_is_asked_for_and_never_guessed(tmp_path, text, said):
    with pytest.raises(WeatherRefused) as told:
        understand(written(tmp_path, text), SCHOOL, (Options(), None))
    assert said in str(told.value)


def test_all_that_a_file_does_not_say_is_asked_at_once_with_a_command_to_paste(tmp_path, monkeypatch):
    for name, value in installed(tmp_path, WHERE).items():
        monkeypatch.setenv(name, value)
    path = written(tmp_path, "time,temperature,humidity,ghi\n01/02/2026 00:00,3,50,0\n01/02/2026 01:00,3,50,0\n")
    run = CliRunner().invoke
    asked = run(main, ["weather", "import", "--dry-run", "--unit", "humidity=%", str(path)])
    assert asked.exit_code == 1 and asked.stderr.count("says no unit") == 2
    for option in ("--unit temperature=UNIT (°c, °f, k)", "--unit irradiance=", "--timezone", "--dates"):
        assert option in asked.stderr
    (line,) = [line for line in asked.stderr.splitlines() if "campus weather import" in line]
    words = shlex.split(line)
    assert words[words.index("--timezone") + 1] == "Asia/Shanghai"
    answered = run(main, words[1:])
    assert answered.exit_code == 0, answered.output
    assert "temperature → 气温" in answered.output and "ghi → 总辐射" in answered.output


def test_a_row_that_cannot_be_read_is_named_and_the_rest_goes_in(tmp_path):
    text = "time (UTC),temp (°C)\n2026-01-01 00:00,3\n2026-01-01 01:00,\nyesterday,4\n2026-01-01 02:00,99\n"
    found = understand(written(tmp_path, text), SCHOOL, (Options(), None))
    assert [number for number, _ in found.file.left_out] == [4, 5]
    assert found.file.value[WEATHER_TEMPERATURE].tolist()[:1] == [3.0]


@pytest.mark.parametrize(("zone", "off"), [("Asia/Shanghai", False), ("UTC", True)])
def test_a_wrong_clock_shows_by_where_the_sun_stands(tmp_path, zone, off):
    start = datetime(2026, 6, 1)
    rows = "".join(
        f"{start + timedelta(hours=n):%Y-%m-%d %H:%M},{max(0, 600 - 100 * abs(n % 24 - 12.5))}\n" for n in range(96)
    )
    found = understand(
        written(tmp_path, "时间,总辐射（W/m²）\n" + rows), SCHOOL, (Options(zone=ZoneInfo(zone)), None)
    )
    assert doubtful(found) is off


@pytest.mark.skipif(not REAL.is_dir(), reason="needs ../shared/data/cambridge/weather")
def test_a_real_year_of_a_weather_station_goes_in_whole_and_its_sun_stands_right(store):
    cambridge = replace(SCHOOL, timezone=ZoneInfo("Europe/London"), location=Location(52.2, 0.12))
    found = understand(REAL / "2018.csv", cambridge, (Options(zone=ZoneInfo("UTC")), None))
    assert not found.file.left_out and not found.impossible and not doubtful(found)
    take_in(found, store, cambridge)
    heating = days_of(DEGREE_DAYS_HEATING, MONTH, store)
    assert len(heating) == 12 and sum(heating.values()) == pytest.approx(2749, abs=2)


def sources(url: str) -> OpenMeteo:
    return OpenMeteo(f"{url}/v1/archive", f"{url}/v1/forecast")


def test_a_fetch_fills_up_to_now_with_the_forecasts_past_and_keeps_what_is_to_come_apart(store):
    sky = Sky(NOW.date())
    with serving(sky) as url:
        found = fetch(sources(url), JINAN, SCHOOL, (store, NOW))
    assert found.last == date(2026, 3, 9) and found.first == date(2026, 3, 10) - timedelta(days=30)
    assert weather_store.span(store, WEATHER_TEMPERATURE)[1] == datetime(2026, 3, 10, 7, tzinfo=UTC)
    ahead = weather_store.span(store, FORECAST_TEMPERATURE)
    assert ahead == (datetime(2026, 3, 10, 7, tzinfo=UTC), datetime(2026, 3, 12, 23, tzinfo=UTC))
    # Irradiance is the mean of the hour before its time: the hour from 04:00 to 05:00 has what is said of 05:00.
    sun = weather_store.read(store, FORECAST_IRRADIANCE, (ahead[0], ahead[1]))
    assert sun.value[from_hour(sun.start_ms, 4)] == 600.0


def from_hour(start_ms: np.ndarray, hour: int) -> int:
    return int(np.flatnonzero(start_ms // 3_600_000 % 24 == hour)[0])


def test_a_second_fetch_asks_for_no_more_than_the_days_that_come_late(store):
    sky = Sky(NOW.date())
    with serving(sky) as url:
        fetch(sources(url), JINAN, SCHOOL, (store, NOW))
        sky.today, sky.asked = date(2026, 3, 11), []
        found = fetch(sources(url), JINAN, SCHOOL, (store, NOW + timedelta(days=1)))
    assert found.first == date(2026, 2, 28)
    assert weather_store.span(store, FORECAST_TEMPERATURE)[0] == datetime(2026, 3, 11, 7, tzinfo=UTC)


def installed(folder: Path, more: str, settings: str = "") -> dict[str, str]:
    """Return the environment of an installation of one school."""
    (folder / "config" / "schools").mkdir(parents=True)
    (folder / "config" / "settings.toml").write_text(settings, encoding="utf-8")
    (folder / "config" / "schools" / "north.toml").write_text(SCHOOL_TOML + more, encoding="utf-8")
    return {"CAMPUS_CONFIG": str(folder / "config"), "CAMPUS_DATA": str(folder / "data")}


MISTAKES = [
    ("[weather]\nlatitude = 136.65\nlongitude = 117\n", "latitude", "must lie between -90 and 90"),
    ("[weather]\nlatitude = 36.65\n", "[weather]", "has no 'longitude': add it"),
    ('[weather]\nlatitude = 36.65\nlongitude = 117\nsource = "openmeteo"\n', "source", "mean 'open-meteo'?"),
    ("[[weather]]\nlatitude = 36.65\nlongitude = 117\n", "[[weather]]", "write it as a table, once: [weather]"),
]


@pytest.mark.parametrize(("text", "part", "said"), MISTAKES)
def test_a_mistake_in_where_the_school_lies_is_told_at_its_line(text, part, said):
    assert said in only(SCHOOL_TOML + text, part)


WHERE = "\n[weather]\nlatitude = 36.65\nlongitude = 117.0\n"


def test_without_a_source_in_the_schools_file_nobody_is_asked(tmp_path):
    sky = Sky(NOW.date())
    with serving(sky) as url:
        addresses = f'[weather]\narchive_url = "{url}/v1/archive"\nforecast_url = "{url}/v1/forecast"\n'
        installation = install(load_settings(installed(tmp_path, WHERE, addresses)))
        weather_follow.rounds(installation, lambda *_, **__: None, NOW)
    assert sky.asked == []


def test_with_a_source_it_is_asked_once_a_day_and_an_hour_after_it_could_not_be_reached(tmp_path):
    sky = Sky(NOW.date(), status=503)
    with serving(sky) as url:
        addresses = f'[weather]\narchive_url = "{url}/v1/archive"\nforecast_url = "{url}/v1/forecast"\n'
        environment = installed(tmp_path, f'{WHERE}source = "open-meteo"\n', addresses)
        installation = install(load_settings(environment))
        for minutes, status, asked in ((0, 503, 1), (30, 0, 1), (61, 0, 3), (200, 0, 3), (61 + 24 * 60, 0, 5)):
            sky.status, sky.today = status, (NOW + timedelta(minutes=minutes)).date()
            weather_follow.rounds(installation, lambda *_, **__: None, NOW + timedelta(minutes=minutes))
            assert len(sky.asked) == asked
        noted = weather_follow.last(installation.settings, "north")
        installation.stores.close()
    assert noted.came and noted.at == NOW + timedelta(minutes=61 + 24 * 60)


def test_the_thread_beside_the_deriving_fetches_and_ends_when_it_is_stopped(tmp_path):
    sky = Sky(datetime.now(UTC).date())
    stop, told = threading.Event(), threading.Event()
    with serving(sky) as url:
        addresses = f'[weather]\narchive_url = "{url}/v1/archive"\nforecast_url = "{url}/v1/forecast"\n'
        settings = load_settings(installed(tmp_path, f'{WHERE}source = "open-meteo"\n', addresses))
        thread = weather_follow.beside(settings, lambda *_, **__: told.set(), stop)
        assert told.wait(30)
        stop.set()
        thread.join(30)
    assert not thread.is_alive() and weather_follow.last(settings, "north").came


def test_the_commands_say_what_they_did_and_what_there_is(tmp_path, monkeypatch):
    for name, value in installed(tmp_path, WHERE).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "data" / "journal").mkdir(parents=True)
    run = CliRunner().invoke
    assert run(main, ["weather", "list"]).exit_code == 1
    path = written(tmp_path, OPEN_METEO + table("2026-01-01T00:00", 31 * 24 + 1, 3, 40, 0))
    dry = run(main, ["weather", "import", "--dry-run", str(path)])
    assert dry.exit_code == 0 and run(main, ["weather", "list"]).exit_code == 1
    took = run(main, ["weather", "import", str(path)])
    assert took.exit_code == 0 and "已写入 written: 2233" in took.output
    listed = run(main, ["weather", "list"])
    assert listed.exit_code == 0 and "2026-01-01 00:00" in listed.output
    shown = run(main, ["weather", "show"])
    assert shown.exit_code == 0 and "HDD18" in shown.output and "465" in shown.output
    refused = run(main, ["weather", "import", str(written(tmp_path, "time,气温\n2026-01-01 00:00,3\n", "b.csv"))])
    assert refused.exit_code == 1 and "--unit temperature=" in refused.output
    assert run(main, ["weather", "import", "--unit", "temperature=°X", str(path)]).exit_code == 2
    assert run(main, ["weather", "fetch"]).exit_code == 2
