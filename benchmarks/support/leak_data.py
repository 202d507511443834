"""The water meters leaks are added to: hourly inflows and buildings, and schools read once a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from analytics.detector import Context, NotJudged
from analytics.detectors import unit_step
from analytics.grain import grain
from analytics.hours import Hours, Numbers
from benchmarks.support.quality_data import DAY, Series, Values, attica, ferrara, greenwich, on_grid
from campus.calendar import midnight
from campus.registry import Arrival, Building, Meter, Register, School
from campus.results import Price
from campus.schema import from_ms, to_ms
from campus.units import QUANTITIES

# What the costs in the table are reckoned with: no price of these meters is known.
PRICE = Price(4.2, "m³", "assumed", assumed=True)
# A folder is known by what lies in it; daily files have numbers for names.
MARKS = {"ferrara": ("inflow.csv", ferrara), "greenwich": ("water.csv", greenwich), "attica": ("[0-9]*.csv", attica)}
WATER = QUANTITIES["water"]


@dataclass(frozen=True, slots=True)
class Watched:
    """A meter as a school would register it: its hours, what its rules are told of it, and its mean flow [m³/h]."""

    name: str
    hours: Hours
    context: Context
    mean_m3_h: float

    @property
    def daily(self) -> bool:
        """Whether it is read once a day."""
        return self.context.meter.interval >= DAY


def watched(data: Path) -> Iterator[Watched]:
    """Yield the water meters of a folder of the shape of the shared data, or of one of its folders.

    Nothing of a meter but its readings and how often they come reaches a rule. Its pulse is what its values are
    multiples of, as its plate would say.
    """
    for name, (mark, read) in MARKS.items():
        folder = next((f for f in (data / name, data) if any(f.glob(mark))), None)
        for series in () if folder is None else read(folder):
            yield registered(_at_the_end(series) if name == "attica" else series)


def _at_the_end(series: Series) -> Series:
    """Return daily values at the day they were used on: a row tells what was used since the row before it, and after
    missing rows nobody knows on which days."""
    days = {from_ms(at).astimezone(series.zone).date(): value for at, value in series.values.items()}
    values: Values = {}
    for day, value in days.items():
        before = day - DAY
        if before in days:
            values[_midnight(before, series)] = value
    return replace(series, values=values)


def _midnight(day: date, series: Series) -> int:
    return to_ms(midnight(day, series.zone))


def registered(series: Series) -> Watched:
    """Return a meter of its own. A day school is empty at night; who sleeps behind an hourly meter nobody wrote down.

    The school's calendar knows weekends only.
    """
    hours = _in_last_unit(on_grid(series.values, series.interval), _context(series))
    pulse = grain(hours.value[np.isfinite(hours.value)] * (24 if series.interval >= DAY else 1))
    context = _context(series, pulse)
    return Watched(series.name, hours, context, float(np.nanmean(hours.value)))


def _context(series: Series, pulse: float | None = None) -> Context:
    daily = series.interval >= DAY
    school = School("s", "学校", "School", "university", series.zone, "GB", "none")
    interval, arrival = (DAY, Arrival.DAILY_FROZEN) if daily else (series.interval, Arrival.LIVE)
    registers = (Register(WATER, "m³"),)
    meter = Meter("m", "水表", "Water meter", "t", "native", registers, interval, arrival, pulse=pulse)
    block = Building("b", "楼", "Block", "other")
    return Context(school, meter, WATER.key, block, price=PRICE, sleepers=0 if daily else None)


def _in_last_unit(hours: Hours, context: Context) -> Hours:
    """Return the hours since the meter's unit last changed, those before unknown, as one would leave them out who had
    been told so by the rule about units."""
    verdict = unit_step.judge(hours, context)
    found = [] if isinstance(verdict, NotJudged) else verdict
    since = max((to_ms(f.end or f.seen_until) if "mix" in f.facts else to_ms(f.start) for f in found), default=None)
    if since is None:
        return hours
    return of_values(hours, np.where(hours.start_ms >= since, hours.value, np.nan))


def of_values(hours: Hours, value: Numbers) -> Hours:
    """Return hours with other values; what is unknown stays so."""
    return Hours(hours.start_ms, value, np.isfinite(value).astype(float), np.zeros(len(value)))


def with_leak(meter: Watched, at: int, rate: Numbers) -> Hours:
    """Return the meter's hours with `rate` (n,) [m³/h] added from hour `at` on, counted in its pulses."""
    value = meter.hours.value.copy()
    added = rate[: len(value) - at]
    pulse = meter.context.meter.pulse
    if pulse and not meter.daily:
        total = np.cumsum(added)
        added = pulse * np.diff(np.floor(total / pulse + 1e-9), prepend=0.0)
    value[at:] += added
    return of_values(meter.hours, value)
