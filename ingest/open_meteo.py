"""Weather from Open-Meteo, or a server of one's own that speaks as it does: hourly history and forecast over HTTP.

Parameters and answers as in its OpenAPI descriptions (openapi/historical-weather.yml and openapi/forecast.yml of
open-meteo/open-meteo): times are UTC with timezone=GMT, temperature and humidity are those of the instant,
shortwave_radiation is the mean of the hour before. Its data are CC BY 4.0: name it where they are shown.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
from numpy.typing import NDArray

from campus.ports import WeatherSamples, WeatherUnavailable
from campus.registry import Location
from campus.schema import WEATHER_HUMIDITY, WEATHER_IRRADIANCE, WEATHER_TEMPERATURE

NAME = "open-meteo"
# Its variables, the figure each is, and the unit it must come in.
VARIABLES = {
    "temperature_2m": (WEATHER_TEMPERATURE, "°C"),
    "relative_humidity_2m": (WEATHER_HUMIDITY, "%"),
    "shortwave_radiation": (WEATHER_IRRADIANCE, "W/m²"),
}
PATIENCE_S = 30.0
# A year of three variables is 0.5 MB: more than this is no answer to what was asked.
MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class OpenMeteo:
    """`campus.ports.WeatherSource` at the addresses of /v1/archive and /v1/forecast."""

    archive_url: str
    forecast_url: str

    def history(self, place: Location, first: date, last: date) -> WeatherSamples:
        """Return what the weather was on the UTC days [first, last]; its newest days come some days late."""
        window = {"start_date": first.isoformat(), "end_date": last.isoformat()}
        return samples(_get(self.archive_url, _asked(place) | window))

    def forecast(self, place: Location, past_days: int, days: int) -> WeatherSamples:
        """Return the weather of the last UTC days and of the coming ones, today being the first of these."""
        window = {"past_days": str(past_days), "forecast_days": str(days)}
        return samples(_get(self.forecast_url, _asked(place) | window))


def _asked(place: Location) -> dict[str, str]:
    return {
        "latitude": f"{place.latitude:.4f}",
        "longitude": f"{place.longitude:.4f}",
        "hourly": ",".join(VARIABLES),
        "timeformat": "unixtime",
        "timezone": "GMT",
    }


def _get(url: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the JSON object an address answers with. Raises `WeatherUnavailable`."""
    request = Request(f"{url}?{urlencode(asked)}", headers={"Accept": "application/json"})
    try:
        with urlopen(request, timeout=PATIENCE_S) as answer:
            body = answer.read(MOST_BYTES)
    except HTTPError as error:
        raise _refused(url, error) from error
    except (URLError, HTTPException, TimeoutError, OSError) as error:
        why = error.reason if isinstance(error, URLError) else error
        raise WeatherUnavailable(
            f"连不上天气服务 {url}（{why}）；联网后会自动补上，或用 campus weather import 导入文件 / {url} cannot be "
            f"reached ({why}); what is missing is fetched when it can be, or import a file: campus weather import"
        ) from error
    return _object(url, body)


def _refused(url: str, error: HTTPError) -> WeatherUnavailable:
    """Return the error of an answer that is none, with the service's own reason (400 and 429 carry one)."""
    try:
        said = json.loads(error.read(MOST_BYTES))
        reason = str(said.get("reason", "")) if isinstance(said, dict) else ""
    except (ValueError, OSError, HTTPException):
        reason = ""
    told = f"{error.code} {reason or error.reason}"
    return WeatherUnavailable(f"天气服务 {url} 拒绝了请求：{told} / {url} refused: {told}")


def _object(url: str, body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise _strange(url, "no JSON") from error
    if not isinstance(found, dict):
        raise _strange(url, "no JSON object")
    if found.get("error"):
        reason = str(found.get("reason", ""))
        raise WeatherUnavailable(f"天气服务 {url} 拒绝了请求：{reason} / {url} refused: {reason}")
    return found


def _strange(url: str, what: str) -> WeatherUnavailable:
    return WeatherUnavailable(f"天气服务 {url} 的回答看不懂（{what}）/ {url} answered what is no weather ({what})")


def samples(answer: Mapping[str, Any]) -> WeatherSamples:
    """Return the samples of an answer; null is unknown. Raises `WeatherUnavailable` for what is no such answer."""
    hourly, units = answer.get("hourly"), answer.get("hourly_units")
    if not isinstance(hourly, dict) or not isinstance(units, dict):
        raise _strange(NAME, "no hourly values")
    if units.get("time") != "unixtime":
        raise _strange(NAME, f"times in {units.get('time')!r}")
    times = _numbers(hourly.get("time"), "time")
    value = {}
    for name, (figure, unit) in VARIABLES.items():
        if units.get(name) != unit:
            raise _strange(NAME, f"{name} in {units.get(name)!r}, not {unit}")
        value[figure] = _numbers(hourly.get(name), name)
        if len(value[figure]) != len(times):
            raise _strange(NAME, f"{len(value[figure])} values of {name} at {len(times)} times")
    if not np.isfinite(times).all():
        raise _strange(NAME, "a time without a value")
    return WeatherSamples((times * 1000).astype(np.int64), value)


def _numbers(found: Any, name: str) -> NDArray[np.float64]:
    if not isinstance(found, list) or not all(one is None or isinstance(one, int | float) for one in found):
        raise _strange(NAME, f"{name} is no list of numbers")
    return np.array([math.nan if one is None else float(one) for one in found], np.float64)
