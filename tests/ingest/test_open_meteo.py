"""The public weather service: asked as its description says, and every answer that is none becomes a sentence."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from campus.ports import WeatherUnavailable
from campus.registry import Location
from campus.schema import WEATHER_HUMIDITY, WEATHER_IRRADIANCE, WEATHER_TEMPERATURE
from ingest.open_meteo import OpenMeteo
from tests.ingest.open_meteo_standin import Sky, serving

TODAY = date(2026, 3, 10)
JINAN = Location(36.65, 117.0, "open-meteo")


def source(url: str) -> OpenMeteo:
    return OpenMeteo(f"{url}/v1/archive", f"{url}/v1/forecast")


def test_history_is_asked_by_days_in_utc_and_null_is_unknown():
    sky = Sky(TODAY, late_days=4)
    with serving(sky) as url:
        found = source(url).history(JINAN, date(2026, 3, 1), date(2026, 3, 9))
    ((path, given),) = sky.asked
    assert path == "/v1/archive"
    assert given == {
        "latitude": "36.6500",
        "longitude": "117.0000",
        "hourly": "temperature_2m,relative_humidity_2m,shortwave_radiation",
        "timeformat": "unixtime",
        "timezone": "GMT",
        "start_date": "2026-03-01",
        "end_date": "2026-03-09",
    }
    assert len(found.time_ms) == 9 * 24 and set(np.diff(found.time_ms)) == {3_600_000}
    assert set(found.value) == {WEATHER_TEMPERATURE, WEATHER_HUMIDITY, WEATHER_IRRADIANCE}
    known = np.isfinite(found.value[WEATHER_TEMPERATURE])
    assert known[: 5 * 24].all() and not known[5 * 24 :].any()


def test_a_forecast_has_the_days_behind_and_ahead_that_were_asked_for():
    sky = Sky(TODAY)
    with serving(sky) as url:
        found = source(url).forecast(JINAN, 10, 3)
    ((path, given),) = sky.asked
    assert path == "/v1/forecast" and (given["past_days"], given["forecast_days"]) == ("10", "3")
    assert len(found.time_ms) == 13 * 24 and np.isfinite(found.value[WEATHER_IRRADIANCE]).all()


def test_offline_is_said_in_a_sentence_that_names_the_way_without():
    with pytest.raises(WeatherUnavailable, match="campus weather import") as told:
        OpenMeteo("http://127.0.0.1:9/v1/archive", "http://127.0.0.1:9/v1/forecast").forecast(JINAN, 1, 1)
    assert "连不上" in str(told.value)


def _units(**changed: str) -> dict[str, str]:
    return {
        "time": "unixtime",
        "temperature_2m": "°C",
        "relative_humidity_2m": "%",
        "shortwave_radiation": "W/m²",
        **changed,
    }


def _body(units: dict[str, str] | None = None, **hourly: object) -> bytes:
    values = {"time": [0], "temperature_2m": [1], "relative_humidity_2m": [1], "shortwave_radiation": [1], **hourly}
    return json.dumps({"hourly_units": units or _units(), "hourly": values}).encode()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, b'{"error": true, "reason": "Latitude must be in range"}', "400 Latitude must be in range"),
        (429, b'{"error": true, "reason": "Daily API request limit exceeded"}', "429 Daily API request limit"),
        (502, b"<html>", "502"),
        (200, b'{"error": true, "reason": "stopped"}', "stopped"),
        (200, b"<html>sign in to the network", "no JSON"),
        (200, b"[]", "no JSON object"),
        (200, b"{}", "no hourly values"),
        (200, _body(_units(temperature_2m="°F")), "temperature_2m in '°F'"),
        (200, _body(_units(time="iso8601")), "times in 'iso8601'"),
        (200, _body(temperature_2m=[1, 2]), "2 values of temperature_2m at 1 times"),
        (200, _body(temperature_2m=["warm"]), "no list of numbers"),
        (200, _body(time=[None]), "a time without a value"),
    ],
)
def test_an_answer_that_is_no_weather_is_told_with_its_reason(status, body, said):
    sky = Sky(TODAY, status=status, body=body)
    with serving(sky) as url, pytest.raises(WeatherUnavailable) as told:
        source(url).history(JINAN, TODAY, TODAY)
    assert said in str(told.value)
