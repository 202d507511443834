"""Virtual meters behind the meters they are made of: hours, days, months and years computed anew where an input's
changed, each after those it is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from analytics import stored
from analytics import virtual as sums_of
from analytics.series import Ints, Use, gather, nothing
from app import sums
from app.windows import Window, edges, hour_edges, merged
from campus import calendar
from campus.ports import Store
from campus.registry import Registry
from campus.schema import DAY, FIGURE, HOUR, SeriesId, from_ms, meter_subject, to_ms, virtual_subject
from campus.virtual import Addend, Virtual, every_input, in_order, periods

Changed = Mapping[tuple[str, str], Sequence[Window]]  # windows by meter and quantity
_ALL_TIME = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def follow(registry: Registry, store: Store, changed: Changed, anew: Collection[str] = ()) -> dict[str, list[Window]]:
    """Compute virtual meters where an input changed, those of `anew` everywhere; return the windows of each."""
    done: dict[str, list[Window]] = {}
    for virtual in in_order(registry.virtuals):
        windows = [
            window
            for key, quantity in every_input(registry, virtual)
            for window in (done[key] if key in registry.virtuals else changed.get((key, quantity), ()))
        ]
        windows += _everywhere(registry, store, virtual) if virtual.key in anew else []
        done[virtual.key] = merged(windows)
        for window in done[virtual.key]:
            _compute(registry, store, virtual, window)
    return done


def _everywhere(registry: Registry, store: Store, virtual: Virtual) -> list[Window]:
    """Return the local days from the first to the last that an input, or the virtual meter itself, has a row of."""
    ids = [_days_id(registry, *of) for of in every_input(registry, virtual)]
    ids += [_id(virtual, resolution) for resolution in (HOUR, DAY)]
    found = [columns.time_ms for columns in store.series(ids, *_ALL_TIME).values() if len(columns)]
    if not found:
        return []
    first, last = from_ms(min(times[0] for times in found)), from_ms(max(times[-1] for times in found))
    days = list(calendar.days(first, last + calendar.HOUR, registry.school.timezone))
    return [(days[0][0], days[-1][1])]


def _id(virtual: Virtual, resolution: str) -> SeriesId:
    return SeriesId(FIGURE, virtual_subject(virtual.key), virtual.quantity.key, resolution)


def _days_id(registry: Registry, key: str, quantity: str) -> SeriesId:
    subject = virtual_subject(key) if key in registry.virtuals else meter_subject(key)
    return SeriesId(FIGURE, subject, quantity, DAY)


def tells_hours(registry: Registry, virtual: Virtual) -> bool:
    """Whether a virtual meter has hours: only if each of its inputs has, whenever it was one."""
    return all(
        tells_hours(registry, registry.virtuals[key])
        if key in registry.virtuals
        else registry.meters[key].interval <= calendar.HOUR
        for key, _ in every_input(registry, virtual)
    )


def _compute(registry: Registry, store: Store, virtual: Virtual, window: Window) -> None:
    hours, days = hour_edges(*window), edges(calendar.days(*window, registry.school.timezone))
    if tells_hours(registry, virtual):
        by_hour = _sum(registry, virtual, hours, lambda of: _hours(registry, store, of, hours))
        by_day = gather(by_hour, hours, days)
    else:
        by_hour = nothing(len(hours) - 1)
        by_day = _sum(registry, virtual, days, lambda of: _days(registry, store, of, (hours, days)))
    for resolution, use, grid in ((HOUR, by_hour, hours), (DAY, by_day, days)):
        store.replace(_id(virtual, resolution), window, stored.rows(use, grid, FIGURE))
    sums.months_and_years(registry, store, [(virtual_subject(virtual.key), virtual.quantity.key)], window)


def _sum(registry: Registry, virtual: Virtual, grid: Ints, read: Callable[[Addend], Use]) -> Use:
    """Return the sum over the windows of a grid (k+1,), each by what the meter is made of when the window begins."""
    total = nothing(len(grid) - 1)
    parts = periods(registry, virtual, (from_ms(grid[0]), from_ms(grid[-1])))
    begins = np.array([to_ms(start) for start, _ in parts], np.int64)
    period = np.searchsorted(begins, grid[:-1], side="right") - 1
    for index, (_, addends) in enumerate(parts):
        here = period == index
        if addends and here.any():
            total.put(sums_of.combine([(addend.factor, read(addend)) for addend in addends]), here)
    return total


def _hours(registry: Registry, store: Store, of: Addend, hours: Ints) -> Use:
    if of.key in registry.virtuals:
        return _stored(store, SeriesId(FIGURE, virtual_subject(of.key), of.quantity, HOUR), hours)
    return sums_of.whole(sums.closed_hours(store, registry.meters[of.key], of.quantity, hours))


def _days(registry: Registry, store: Store, of: Addend, grids: tuple[Ints, Ints]) -> Use:
    """Return an input's whole days; one with hours is whole where all of these are."""
    hours, days = grids
    inner = registry.virtuals.get(of.key)
    if (inner and tells_hours(registry, inner)) or (not inner and registry.meters[of.key].interval <= calendar.HOUR):
        return sums_of.whole_days(_hours(registry, store, of, hours), hours, days)
    found = _stored(store, _days_id(registry, of.key, of.quantity), days)
    return found if inner else sums_of.whole(found)


def _stored(store: Store, series: SeriesId, grid: Ints) -> Use:
    return stored.on_grid(store.series([series], from_ms(grid[0]), from_ms(grid[-1]))[series], grid)
