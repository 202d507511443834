"""What a finding costs where money is not amount times price: each hour at its own price, of its own day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from analytics.hour_prices import meter_prices
from analytics.hours import HOURS_PER_DAY, Hours, Numbers
from analytics.series import Ints
from campus.calendar import local_date, local_hours, midnight
from campus.registry import Meter, Registry
from campus.results import Finding
from campus.schema import to_ms

_HOUR_MS = 3_600_000
_INSTANT = timedelta(milliseconds=1)


def costed(finding: Finding, hours: Hours, registry: Registry) -> Finding:
    """Return the finding with its yuan reckoned hour by hour, and as it is where one price holds for all of them.

    `hours` are the meter's own. A day's amount runs in the hours the finding names (`by_hour`), evenly without; what
    it came to so far is spread over the known hours since its onset the same way. The price beside is the mean that
    follows. Without a price at one of these hours nothing is known of their money.
    """
    meter = registry.meters.get(finding.subject.removeprefix("meter/"))
    if meter is None or finding.price is None or finding.per_day is None or finding.price.unit != finding.unit:
        return finding
    end = finding.end or finding.seen_until
    if _one_price(registry, meter, (finding.start, end)):
        return finding
    mean = float(np.dot(_profile(finding), _day(registry, meter, end)))
    if np.isnan(mean):
        return replace(finding, price=None, yuan_per_day=None, costed=True)
    return replace(
        finding,
        price=replace(finding.price, yuan=mean),
        yuan_per_day=finding.per_day * mean,
        costed=True,
        yuan_spent=_spent(finding, hours, registry, meter),
    )


def shares(amounts: Numbers, first_hour: int = 0) -> tuple[float, ...]:
    """Return how amounts of days (days, 24) spread over the local hours (24 shares that sum to 1), empty where they
    are nothing; column 0 is `first_hour`, and what is unknown is left out."""
    total = np.roll(np.nansum(amounts, axis=0), first_hour)
    return tuple((total / total.sum()).tolist()) if total.sum() > 0 else ()


def _one_price(registry: Registry, meter: Meter, window: tuple[datetime, datetime]) -> bool:
    """Whether one price holds at every hour of a window: none by date, hour or share, and no other account in it."""
    first, last = (registry.tariffs(meter, time) for time in (window[0], window[1] - _INSTANT))
    moved = any("account" in change.values for change in meter.changes)
    return not moved and first == last and all(tariff.plain for tariff in last)


def _profile(finding: Finding) -> Numbers:
    return np.array(finding.by_hour) if finding.by_hour else np.full(HOURS_PER_DAY, 1 / HOURS_PER_DAY)


def _day(registry: Registry, meter: Meter, end: datetime) -> Numbers:
    """Return the price of each local hour (24,) of the last day a finding is seen on."""
    zone = registry.school.timezone
    begin = to_ms(midnight(local_date(end - _INSTANT, zone), zone))
    return meter_prices(registry, meter, begin + np.arange(HOURS_PER_DAY, dtype=np.int64) * _HOUR_MS)


def _spent(finding: Finding, hours: Hours, registry: Registry, meter: Meter) -> float | None:
    """Return what a finding has cost so far [yuan]."""
    if finding.to_date is None:
        return None
    start, end = to_ms(finding.start), to_ms(finding.end or finding.seen_until)
    known = (hours.start_ms >= start) & (hours.start_ms < end) & np.isfinite(hours.value)
    start_ms: Ints = hours.start_ms[known]
    if not len(start_ms):
        return None
    weight = _profile(finding)[local_hours(start_ms, registry.school.timezone)[1]]
    runs = weight > 0
    yuan = float(np.sum(weight[runs] * meter_prices(registry, meter, start_ms)[runs]))
    total = float(weight.sum())
    return None if np.isnan(yuan) or total == 0 else finding.to_date * yuan / total
