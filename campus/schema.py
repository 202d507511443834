"""Measurement, tag and field names: the one place where stored names are spelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

REGISTER = "register"
CONSUMPTION = "consumption"
FIGURE = "figure"

TAGS: dict[str, tuple[str, ...]] = {
    REGISTER: ("meter", "quantity"),
    CONSUMPTION: ("meter", "quantity"),
    FIGURE: ("subject", "figure", "resolution"),
}
# Register: `seconds` is the length of an interval reading, 0 for a counter, -1 for a gauge.
# `corrected` is the share of the value that a correction made; absent, as in every row of an older release, is none.
FIELDS: dict[str, tuple[str, ...]] = {
    REGISTER: ("value", "seconds", "quality", "serial"),
    CONSUMPTION: ("value", "coverage", "estimated", "corrected"),
    FIGURE: ("value", "low", "high", "coverage", "estimated", "corrected"),
}
TEXT_FIELDS = frozenset({"quality", "serial"})

# Weather: figures of the school by the hour, means over it; what is forecast stands apart from what was.
WEATHER_TEMPERATURE, WEATHER_IRRADIANCE = "weather/temperature", "weather/irradiance"  # °C, W/m² on the horizontal
WEATHER_HUMIDITY = "weather/humidity"  # %
FORECAST_TEMPERATURE, FORECAST_IRRADIANCE = "forecast/temperature", "forecast/irradiance"
# Degree days of the school by the day and the month [K·d]: HDD18 and CDD26 (`analytics.degree_days`).
DEGREE_DAYS_HEATING, DEGREE_DAYS_COOLING = "degree_days/heating", "degree_days/cooling"

HOUR, DAY, MONTH, YEAR = "hour", "day", "month", "year"
RESOLUTIONS = (HOUR, DAY, MONTH, YEAR)

# What an account pays for besides its use: the highest quarter hour of a day or month [kW], when it began [epoch ms],
# and a month's power factor [1].
DEMAND_MAX, DEMAND_AT = "demand/max", "demand/at"
POWER_FACTOR = "power_factor"

# What a bill came to: an interval from one of its reading dates to the other, of the meter that its use is kept in.
# It is money and no quantity: no register counts it, nothing sums it.
BILLED_YUAN, YUAN = "billed_yuan", "yuan"

# What no sub-meter accounts for, of a quantity: figures of the meter above by the day [%].
BALANCE = "balance/"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class SeriesId(NamedTuple):
    """Which series: its measurement and tag values, in the order of `TAGS`.

    A tuple, since every point is looked up by it and a dataclass hashes and compares in Python, ten times slower.
    `subject` is a meter key for register and consumption; for figures it is `school`, `building/<key>`,
    `meter/<key>` or `virtual/<key>`. `name` is the quantity or figure. `resolution` is empty except for figures.
    """

    measurement: str
    subject: str
    name: str
    resolution: str = ""


class Point(NamedTuple):
    """One row to write: values in the order of `FIELDS[series.measurement]`; None is absent."""

    series: SeriesId
    time_ms: int
    values: tuple[float | str | None, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of one series: `time_ms` (n,) int64, ascending; every field (n,), float64 with NaN for absent
    or object for text. A field that is absent from all rows may be left out of columns to be written."""

    time_ms: NDArray[np.int64]
    fields: dict[str, NDArray[np.float64] | NDArray[np.object_]]

    def __len__(self) -> int:
        return len(self.time_ms)

    @property
    def value(self) -> NDArray[np.float64]:
        """The field `value`."""
        return self.fields["value"]  # type: ignore[return-value]


class Stretch(NamedTuple):
    """What a series is to hold within [start, end): exactly these rows."""

    series: SeriesId
    window: tuple[datetime, datetime]
    columns: Columns


def to_ms(time: datetime) -> int:
    """Return epoch milliseconds of an aware time."""
    return (time - _EPOCH) // _MILLISECOND


def from_ms(time_ms: int) -> datetime:
    """Return the aware UTC time of epoch milliseconds."""
    return _EPOCH + timedelta(milliseconds=int(time_ms))


def empty(measurement: str) -> Columns:
    """Return columns without rows."""
    return Columns(
        np.empty(0, np.int64),
        {f: np.empty(0, object if f in TEXT_FIELDS else np.float64) for f in FIELDS[measurement]},
    )


def validated_name(quantity: str) -> str:
    """Return the figure that keeps what a meter told of a quantity, where a correction lets something else count."""
    return f"validated/{quantity}"


def saving_name(project: str, quantity: str) -> str:
    """Return the figure of the school that tells what a project saved of a quantity, with ± as low and high."""
    return f"saving/{project}/{quantity}"


def saving_error_name(project: str, quantity: str) -> str:
    """Return the figure that tells the ± of that at 90 % confidence [unit of the quantity]."""
    return f"saving_error/{project}/{quantity}"


def saving_yuan_name(project: str, quantity: str) -> str:
    """Return the figure that tells what that was worth [yuan]."""
    return f"saving_yuan/{project}/{quantity}"


def saving_tco2_name(project: str, quantity: str) -> str:
    """Return the figure that tells what that would have emitted [tCO2]."""
    return f"saving_tco2/{project}/{quantity}"


def baseline_name(project: str, quantity: str) -> str:
    """Return the figure that tells what a project's meters would have used of a quantity without it."""
    return f"baseline/{project}/{quantity}"


def after_name(project: str, quantity: str) -> str:
    """Return the figure that tells what a project's meters used of a quantity since, where that can be compared."""
    return f"after/{project}/{quantity}"


def balance_name(quantity: str) -> str:
    """Return the figure of what the meters below one do not account for [% of what flows in]."""
    return f"{BALANCE}{quantity}"


def meter_subject(key: str) -> str:
    """Return the figure subject of a meter."""
    return f"meter/{key}"


def project_subject(key: str, quantity: str) -> str:
    """Return the subject a panel draws a project's days of a quantity for; no figure is stored under it."""
    return f"project/{key}/{quantity}"


def virtual_subject(key: str) -> str:
    """Return the figure subject of a virtual meter; its own, so that nothing takes it for a measured one."""
    return f"virtual/{key}"


def account_subject(key: str) -> str:
    """Return the figure subject of a utility account."""
    return f"account/{key}"


def building_subject(key: str) -> str:
    """Return the figure subject of a building."""
    return f"building/{key}"


SCHOOL_SUBJECT = "school"
