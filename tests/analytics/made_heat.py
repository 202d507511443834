"""Heated buildings made for tests: winters of Jinan's weather whose use is known."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
from made import SCHOOL, SHANGHAI, cut, grid, hours, local_hour
from made import context as plain

from analytics.around import Around, Family
from analytics.detector import Context
from analytics.hours import Hours
from campus.calendar import WORKING, day_kind, local_hours
from campus.registry import Season, Term
from campus.results import Price
from sim.weather import temperature_c

# From 1 October 2024: two winters and a summer. Local midnights.
BEGIN = datetime(2024, 9, 30, 16, tzinfo=UTC)
DAYS = 600
WINTERS = (Season(date(2024, 11, 15), date(2025, 3, 14)), Season(date(2025, 11, 15), date(2026, 3, 14)))
VACATIONS = tuple(
    Term(first, last, "vacation")
    for first, last in (
        (date(2025, 1, 20), date(2025, 2, 16)),
        (date(2025, 7, 5), date(2025, 8, 31)),
        (date(2026, 1, 24), date(2026, 2, 23)),
    )
)
HEATED = replace(SCHOOL, heating=WINTERS, terms=VACATIONS)
HEAT_PRICE = Price(90.0, "GJ", "热价文件")
GJ_PER_K_H = 0.02  # a building of some 5 000 m²
MS = grid(DAYS, BEGIN)


def at(year: int, month: int, day: int, hour: int = 0) -> int:
    """Return the place of a local hour."""
    local = datetime(year, month, day, hour, tzinfo=SHANGHAI)
    return (local - BEGIN) // timedelta(hours=1)


@cache
def weather(seed: int = 1) -> Hours:
    """Return the outdoor temperature [°C]."""
    return hours(MS, temperature_c(seed, MS))


@cache
def free() -> np.ndarray:
    """Return which hours lie in days on which nobody works."""
    day = local_hours(MS, SHANGHAI)[0]
    kinds = {d: day_kind(date.fromordinal(d), HEATED) not in WORKING for d in np.unique(day).tolist()}
    return np.array([kinds[d] for d in day.tolist()])


@cache
def season() -> np.ndarray:
    """Return which hours lie in a heating season."""
    day = local_hours(MS, SHANGHAI)[0]
    return np.any([(day >= w.first.toordinal()) & (day <= w.last.toordinal()) for w in WINTERS], axis=0)


def heat(seed: int = 1, set_back: float = 0.6, noise: float = 0.05) -> np.ndarray:
    """Return what a building takes per hour [GJ]: by the cold, less at night and on free days; days scatter."""
    need = GJ_PER_K_H * np.maximum(18.0 - weather(seed).value, 0.0)
    night = np.where((local_hour(MS) >= 22) | (local_hour(MS) < 5), 0.8, 1.0)
    days = np.random.default_rng(seed).normal(1, noise, DAYS).clip(0.5, 1.5).repeat(24)
    return need * night * np.where(free(), set_back, 1.0) * days * season()


def context(seed: int = 1, quantity: str = "heat", kind: str = "laboratory", **more: object) -> Context:
    """Return a heated building's meter with its weather; `more` are further attributes of the context."""
    around = Around(temperature=weather(seed))
    return plain(quantity, kind, **{"school": HEATED, "around": around, "interval": timedelta(hours=1), **more})


def until(about: Context, count: int) -> Context:
    """Return the context as it was after so many hours."""
    around = about.around
    temperature = None if around.temperature is None else cut(around.temperature, count)
    beside = tuple(replace(one, hours=cut(one.hours, count)) for one in around.beside)
    below = around.below
    if below is not None:
        parts = tuple((part, cut(one, count)) for part, one in below.parts)
        below = Family(below.parent, cut(below.inflow, count), parts)
    return replace(about, around=replace(around, temperature=temperature, beside=beside, below=below))


Judge = Callable[[Hours, Context], object]


def as_told(judge: Judge, value: np.ndarray, about: Context, count: int) -> object:
    """Return what a rule said after so many hours."""
    return judge(cut(hours(MS, value), count), until(about, count))
