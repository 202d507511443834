"""Meters made for tests: hours of a school whose truth is known."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from analytics.detector import Context
from analytics.hours import Hours
from campus.calendar import local_hours
from campus.registry import Arrival, Building, Meter, Register, School
from campus.results import Price
from campus.schema import to_ms
from campus.units import QUANTITIES

SHANGHAI = ZoneInfo("Asia/Shanghai")
SCHOOL = School("s", "学校", "School", "secondary", SHANGHAI, "CN-SD", "CN")
# Monday 2 March 2026, local midnight; the only public holiday of the weeks after it is Qingming, 4 to 6 April.
START = datetime(2026, 3, 1, 16, tzinfo=UTC)
WATER_PRICE = Price(4.2, "m³", "水价文件")
POWER_PRICE = Price(0.555, "kWh", "电价文件")
HOUR = timedelta(hours=1)


def grid(days: int, start: datetime = START) -> np.ndarray:
    """Return the UTC hours [epoch ms] of so many days."""
    return to_ms(start) + 3_600_000 * np.arange(24 * days, dtype=np.int64)


def hours(start_ms: np.ndarray, value: np.ndarray) -> Hours:
    """Return fully measured hours; NaN is unknown."""
    known = np.isfinite(value).astype(float)
    return Hours(start_ms, value, known, np.zeros(len(value)))


def cut(whole: Hours, count: int) -> Hours:
    """Return the first `count` hours."""
    return Hours(whole.start_ms[:count], whole.value[:count], whole.coverage[:count], whole.estimated[:count])


def local_hour(start_ms: np.ndarray) -> np.ndarray:
    """Return the hour of day in Shanghai."""
    return local_hours(start_ms, SHANGHAI)[1]


def context(quantity: str, kind: str = "teaching", **more: object) -> Context:
    """Return a meter of a building of that class; `more` are further attributes of the context or its meter."""
    of_meter = {key: more.pop(key) for key in ("pulse", "interval", "night_use_m3_h") if key in more}
    interval = of_meter.pop("interval", timedelta(minutes=15))
    register = Register(QUANTITIES[quantity], QUANTITIES[quantity].unit)
    meter = Meter("m", "表", "Meter", "t/m", "native", (register,), interval, Arrival.LIVE, **of_meter)  # type: ignore[arg-type]
    building = Building("b", "3号楼", "Block 3", kind)
    return Context(**{"school": SCHOOL, "meter": meter, "quantity": quantity, "building": building, **more})  # type: ignore[arg-type]


def day_use(start_ms: np.ndarray, busy: float, night: float, seed: int = 1) -> np.ndarray:
    """Return use per hour: `busy` from 8 to 18 local time, `night` otherwise, each with a tenth of noise."""
    hour = local_hour(start_ms)
    noise = np.random.default_rng(seed).normal(1, 0.1, len(start_ms)).clip(0.5, 1.5)
    return np.where((hour >= 8) & (hour < 18), busy, night) * noise
