"""What a unit costs at each hour: by the prices of each day, the windows of each month, and each account's share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.hours import HOURS_PER_DAY, Numbers
from analytics.series import Ints
from campus.calendar import local_hours
from campus.registry import Meter, Registry
from campus.schema import from_ms, to_ms
from campus.tariff import Prices, Tariff

_EPOCH_DAY = date(1970, 1, 1).toordinal()


def day_prices(tariff: Tariff, day: date) -> Numbers | None:
    """Return the price [yuan per unit] of each local hour (24,) of a day without tiers, None where none is set."""
    prices = tariff.at(day)
    return None if prices is None or not prices.parts else np.array(prices.by_hour(day.month))


def hour_prices(tariff: Tariff, start_ms: Ints, zone: ZoneInfo) -> Numbers:
    """Return the price [yuan per unit] of each hour (n,) [epoch ms], NaN where none is set; tiers are left out."""
    month, day, hour = _places(start_ms, zone)
    found = np.full(len(day), np.nan)
    for prices in tariff.prices:
        later = day >= prices.since.toordinal()
        found[later] = _table(prices)[month[later], hour[later]]
    return found


def periods(tariff: Tariff, start_ms: Ints, zone: ZoneInfo) -> NDArray[np.str_]:
    """Return the period of each hour (n,), a letter of `campus.tariff.PERIODS`, "" where the price has no hours."""
    month, day, hour = _places(start_ms, zone)
    found = np.full(len(day), "", dtype="<U1")
    for prices in tariff.prices:
        later = day >= prices.since.toordinal()
        months = prices.windows.months if prices.windows is not None and prices.timed else ("",) * 12
        table = np.array([list(hours) or [""] * HOURS_PER_DAY for hours in months])
        found[later] = table[month[later], hour[later]]
    return found


def _places(start_ms: Ints, zone: ZoneInfo) -> tuple[Ints, Ints, Ints]:
    """Return month 0..11, local day (ordinal) and local hour of times (n,)."""
    day, hour = local_hours(start_ms, zone)
    month = (day - _EPOCH_DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return month, day, hour


def _table(prices: Prices) -> Numbers:
    """Return the prices of each month and hour (12, 24), NaN where no unit has one."""
    if not prices.parts:
        return np.full((12, HOURS_PER_DAY), np.nan)
    return np.array([prices.by_hour(month) for month in range(1, 13)])


def shared_prices(tariffs: Sequence[Tariff], start_ms: Ints, zone: ZoneInfo) -> Numbers:
    """Return what a unit costs at each hour (n,) on the accounts it is shared out to; NaN where one has no price."""
    found = np.zeros(len(start_ms)) if tariffs else np.full(len(start_ms), np.nan)
    for tariff in tariffs:
        found += tariff.share * hour_prices(tariff, start_ms, zone)
    return found


def meter_prices(registry: Registry, meter: Meter, start_ms: Ints) -> Numbers:
    """Return what a unit of a meter's use costs at each hour (n,), by the accounts it is billed on at that hour."""
    found = np.full(len(start_ms), np.nan)
    if not len(start_ms):
        return found
    first, last = int(start_ms[0]), int(start_ms[-1])
    begins = [first, *(turn for turn in _turns(registry, meter) if first < turn <= last)]
    for begin, end in zip(begins, [*begins[1:], last + 1], strict=True):
        here = (start_ms >= begin) & (start_ms < end)
        tariffs = registry.tariffs(meter, from_ms(begin))
        found[here] = shared_prices(tariffs, start_ms[here], registry.school.timezone)
    return found


def _turns(registry: Registry, meter: Meter) -> list[int]:
    """Return when [epoch ms] the accounts a meter is billed on may change, ascending."""
    changed = [change.since for change in meter.changes if "account" in change.values]
    edges = [edge for account in registry.accounts.values() for edge in (account.since, account.until)]
    return sorted({to_ms(edge) for edge in (*changed, *edges) if edge is not None})
