"""Advice on moving a load to other hours: the load as said or as a meter counted it, by the account's own prices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

import numpy as np

from analytics.hours import HOURS_PER_DAY, Numbers, day_grid
from analytics.shift import Shift, hours_said, shift
from app.hours import read_hours
from campus import calendar
from campus.ports import Rows
from campus.registry import Account, Registry, School
from campus.said import Said
from campus.schema import CONSUMPTION, SeriesId
from campus.tariff import Tariff

# Days a meter's load is taken from: four weeks, so that every weekday is in it as often.
DAYS = 28
# Hours in which a meter uses less than this share of its highest hour are not the load that could be moved: ours.
RUNS = 0.1


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked about: a meter's own load, or so many kW from a local hour on for some hours; moved `into` how
    many hours; on "all" days or on those of "work"."""

    meter: str | None = None
    kw: float | None = None
    begin: int | None = None
    length: int | None = None
    into: int | None = None
    days: str = "all"


@dataclass(frozen=True, slots=True)
class Told:
    """What is said, and whether anything could be reckoned."""

    lines: tuple[Said, ...]
    reckoned: bool


_UNTIMED = Said(
    "这个户号的电价不分时，挪不挪都一样。", "This account's price has no hours: moving a load changes nothing."
)
_UNPRICED = Said("这个户号没有电价，算不出钱。", "This account has no price: nothing can be reckoned.")
_UNSAID = Said(
    "请说是哪块表（--meter），或多大、几点起、几小时（--kw --from --for）。",
    "Say which meter (--meter), or how large, from when and how long (--kw --from --for).",
)
_NO_HOURS = Said("这块表没有逐小时的用量，算不出来。", "This meter tells no hours: nothing can be reckoned.")


def advice(registry: Registry, rows: Rows, account: Account, asked: tuple[Load, datetime]) -> Told:
    """Return what moving a load saves in each month of the year of `now`, or why that cannot be said."""
    load, now = asked
    today = calendar.local_date(now, registry.school.timezone)
    tariff = registry.billing(account, now)
    prices = None if tariff is None else tariff.at(today)
    if tariff is None or prices is None:
        return Told((_UNPRICED,), reckoned=False)
    if not prices.timed:
        return Told((_UNTIMED,), reckoned=False)
    found = _load(registry, rows, load)
    if isinstance(found, Said):
        return Told((found,), reckoned=False)
    # Every month by the prices of now: what is paid next year nobody knows yet.
    held = replace(tariff, prices=(replace(prices, since=date.min),))
    lines = [_document(held), *_months(held, found, load, (registry.school, today.year))]
    return Told(tuple(lines), reckoned=True)


def _load(registry: Registry, rows: Rows, load: Load) -> Numbers | Said:
    """Return the load by local hour (24,) [kWh a day]."""
    if load.meter is not None:
        return _of_meter(registry, rows, load.meter)
    if load.kw is None or load.begin is None or load.length is None:
        return _UNSAID
    kwh = np.zeros(HOURS_PER_DAY)
    kwh[(load.begin + np.arange(load.length)) % HOURS_PER_DAY] = load.kw
    return kwh


def _of_meter(registry: Registry, rows: Rows, key: str) -> Numbers | Said:
    meter = registry.meters.get(key)
    if meter is None or meter.register("electricity") is None:
        return Said(f"没有电表 {key}。", f"There is no electricity meter {key}.")
    if meter.interval > calendar.HOUR:
        return _NO_HOURS
    grid = day_grid(read_hours(rows, SeriesId(CONSUMPTION, key, "electricity")), registry.school)
    recent = grid.value[-DAYS:]
    known = np.isfinite(recent).all(axis=1)
    if known.sum() < DAYS / 2:
        return _NO_HOURS
    mean = recent[known].mean(axis=0)
    return np.where(mean >= RUNS * mean.max(), mean, 0.0)


def _document(tariff: Tariff) -> Said:
    prices = tariff.prices[0]
    windows = prices.windows
    assert windows is not None
    assumed = ("（假设价）", " (assumed)") if prices.assumed else ("", "")
    return Said(
        f"按 {prices.document}{assumed[0]}，时段按 {windows.document}：",
        f"By {prices.document}{assumed[1]}, hours by {windows.document}:",
    )


def _months(tariff: Tariff, kwh: Numbers, load: Load, of: tuple[School, int]) -> Iterator[Said]:
    """Yield a line for each stretch of months with the same hours."""
    school, year = of
    into = load.into or int((kwh > 0).sum())
    now = hours_said(np.flatnonzero(kwh > 0).tolist())
    found = [shift(tariff, date(year, month, 15), kwh, into) for month in range(1, 13)]
    for best, alike in groupby(range(1, 13), lambda month: found[month - 1]):
        months = list(alike)
        days = sum(_days(school, year, month, load.days) for month in months) / len(months)
        yield _said(f"{months[0]}–{months[-1]}" if len(months) > 1 else f"{months[0]}", best, now, days)


def _said(months: str, found: Shift | None, now: Said, days: float) -> Said:
    if found is None:
        return Said(
            f"{months}月：现在的时段已经便宜，不用挪", f"months {months}: the present hours are cheap already"
        )
    to = hours_said([(found.first + n) % HOURS_PER_DAY for n in range(found.hours)])
    yuan = found.yuan_a_day * days
    return Said(
        f"{months}月：每天{found.kwh:,.0f}度从{now.zh}挪到{to.zh}，每月少付约{yuan:,.0f}元（{days:.3g}天）",
        f"months {months}: {found.kwh:,.0f} kWh a day from {now.en} to {to.en} save about ¥{yuan:,.0f} a month "
        f"({days:.3g} days)",
    )


def _days(school: School, year: int, month: int, which: str) -> int:
    first = date(year, month, 1)
    days = [first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == month]
    return sum(which == "all" or calendar.day_kind(day, school) in calendar.WORKING for day in days)
