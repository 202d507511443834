"""What a register counts in: its months and years, and the hours to years of its building and school."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from analytics import corrected, series, stored
from analytics.series import Ints, Use
from app.hours import closed_hour
from app.shelf import cut
from app.windows import Window, day_edges, hour_edges, merged, month_edges, year_edges
from campus import calendar
from campus.ports import Store
from campus.registry import Meter, Registry
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIGURE,
    HOUR,
    MONTH,
    REGISTER,
    SCHOOL_SUBJECT,
    YEAR,
    SeriesId,
    building_subject,
    from_ms,
    meter_subject,
    to_ms,
)

# Before the first reading and after the last.
ALL_TIME = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
Registers = Mapping[tuple[str, str], Sequence[Window]]  # windows by meter and quantity
Subject = tuple[str, str]  # a subject and a quantity


def follow(registry: Registry, store: Store, changed: Registers, moved: Collection[tuple[str, str]] = ()) -> None:
    """Compute months and years of changed registers, and hours to years of the school and buildings they count in.

    Those of `moved` may have left a building: every building is computed anew. Each sum is computed once, however
    many of its registers changed.
    """
    own: dict[Subject, list[Window]] = {}
    touched: dict[Subject, list[Window]] = {}
    for (meter, quantity), windows in changed.items():
        for window in windows if _counts(registry, meter, quantity) else ():
            own.setdefault((meter_subject(meter), quantity), []).append(window)
            at = set(registry.buildings) if (meter, quantity) in moved else _buildings(registry, meter, window)
            for subject in (SCHOOL_SUBJECT, *(building_subject(key) for key in sorted(at) if key)):
                touched.setdefault((subject, quantity), []).append(window)
    _read_ahead(registry, store, touched)
    read = Reader(store)
    places = [(subject_of, window) for subject_of, several in sorted(touched.items()) for window in merged(several)]
    for subject_of, window in places:
        _subject(registry, read, subject_of, (window, window[0]))
    _months_and_years(registry, store, [(one, window) for one, several in own.items() for window in several])
    _months_and_years(registry, store, places)


def _counts(registry: Registry, key: str, quantity: str) -> bool:
    """Whether a register counts what is used: a level is in no sum."""
    register = registry.meters[key].register(quantity)
    return register is not None and not register.quantity.gauge


def everything(registry: Registry, store: Store, since: datetime) -> None:
    """Compute anew what is summed of all that is stored: days, months and years everywhere, hours from `since` on.

    Hours of before were summed when they came, and are again whenever late ones do.
    """
    zone, spans = registry.school.timezone, _spans(registry, store)
    _hold(registry, store, spans)
    places, read = list[tuple[Subject, Window]](), Reader(store)
    for quantity in sorted({quantity for _, quantity in spans}):
        own = [span for (_, of), span in spans.items() if of == quantity]
        window = min(start for start, _ in own), max(end for _, end in own)
        hours_from = max(window[0], calendar.midnight(calendar.local_date(since, zone), zone))
        for subject in (SCHOOL_SUBJECT, *map(building_subject, registry.buildings)):
            _subject(registry, read, (subject, quantity), (window, hours_from))
            places.append(((subject, quantity), window))
    meters = [((meter_subject(key), quantity), span) for (key, quantity), span in spans.items()]
    _months_and_years(registry, store, [*meters, *places])


def _hold(registry: Registry, store: Store, registers: Collection[tuple[str, str]]) -> None:
    """Let a store that holds what was read have the sums that stand, of meters and places: most will be the same."""
    places = (SCHOOL_SUBJECT, *map(building_subject, registry.buildings))
    of = [(meter_subject(key), quantity) for key, quantity in registers]
    of += [(place, quantity) for quantity in sorted({quantity for _, quantity in registers}) for place in places]
    store.series([SeriesId(FIGURE, *one, r) for one in of for r in (DAY, MONTH, YEAR)], *ALL_TIME)


def _spans(registry: Registry, store: Store) -> dict[tuple[str, str], Window]:
    """Return the local days of which anything is stored, of each register that has any."""
    registers = [
        (meter.key, register.quantity.key)
        for meter in registry.meters.values()
        for register in meter.registers
        if not register.quantity.gauge
    ]
    days = {SeriesId(FIGURE, meter_subject(key), quantity, DAY): (key, quantity) for key, quantity in registers}
    hours = {SeriesId(CONSUMPTION, key, quantity): (key, quantity) for key, quantity in registers}
    register_of, found = days | hours, dict[tuple[str, str], list[int]]()
    for one, columns in store.series(register_of, *ALL_TIME).items():
        if len(columns):
            found.setdefault(register_of[one], []).extend(columns.time_ms[[0, -1]].tolist())
    zone = registry.school.timezone
    edges_of = {of: day_edges(from_ms(min(t)), from_ms(max(t) + 1), zone) for of, t in found.items()}
    return {of: (from_ms(grid[0]), from_ms(grid[-1])) for of, grid in edges_of.items()}


def _read_ahead(registry: Registry, store: Store, touched: Mapping[Subject, Sequence[Window]]) -> None:
    """Let a store that holds what was read have the hours that are asked for below, in few queries."""
    for (subject, quantity), windows in touched.items():
        if subject == SCHOOL_SUBJECT:
            keys = [key for key, meter in registry.meters.items() if meter.register(quantity) is not None]
            store.latest([SeriesId(REGISTER, key, quantity) for key in keys])
            for window in merged(windows):
                store.series([SeriesId(CONSUMPTION, key, quantity) for key in keys], *window)


def _buildings(registry: Registry, key: str, window: Window) -> set[str]:
    """Return the buildings a meter stands in at any time of a window."""
    meter = registry.meters[key]
    return {meter.at(time).building for time in _instants(registry, window) if meter.in_force(time)}


def _instants(registry: Registry, window: Window) -> list[datetime]:
    return [window[0], *registry.turning_points(*window)]


@dataclass(slots=True)
class Reader:
    """Reads registers' hours once for all the places they count in; not kept longer, since the store goes on."""

    store: Store
    _known: dict[tuple[str, str, int, int], Use] = field(default_factory=dict)

    def closed_hours(self, meter: Meter, quantity: str, hours: Ints) -> Use:
        """Return a register's use in the hours between `hours` (k+1,), whole hours one after the other."""
        name = meter.key, quantity, int(hours[0]), len(hours)
        if name not in self._known:
            self._known[name] = closed_hours(self.store, meter, quantity, hours)
        return self._known[name]


def _subject(registry: Registry, read: Reader, subject_of: Subject, when: tuple[Window, datetime]) -> None:
    """Compute the days of a window, and its hours from an instant on."""
    (subject, quantity), (window, hours_from) = subject_of, when
    days, store = day_edges(*window, registry.school.timezone), read.store
    periods = [(t, registry.leaves(subject, quantity, t)) for t in _instants(registry, window)]
    if all(meter.interval <= calendar.HOUR for _, leaves in periods for meter in leaves):
        hours = hour_edges(*window)
        use = _hour_sums(read, quantity, periods, hours)
        hourly = SeriesId(FIGURE, subject, quantity, HOUR)
        rows = stored.rows(use, hours, FIGURE)
        store.replace(hourly, (hours_from, window[1]), cut(rows, (to_ms(hours_from), to_ms(window[1]))))
        by_day = series.gather(use, hours, days)
    else:
        by_day = _day_sums(store, quantity, periods, days)
    daily = SeriesId(FIGURE, subject, quantity, DAY)
    store.replace(daily, window, stored.rows(by_day, days, FIGURE))


def _hour_sums(read: Reader, quantity: str, periods: list[tuple[datetime, list[Meter]]], hours: Ints) -> Use:
    total = series.nothing(len(hours) - 1)
    bounds = [*(to_ms(start) for start, _ in periods), int(hours[-1])]
    for (_, leaves), (start, end) in zip(periods, pairwise(bounds), strict=True):
        if not leaves:
            continue
        here = (hours[:-1] >= start) & (hours[:-1] < end)
        use = series.add([read.closed_hours(meter, quantity, hours) for meter in leaves])
        total.put(use, here)
    return total


def closed_hours(store: Store, meter: Meter, quantity: str, hours: Ints) -> Use:
    """Return a register's use in the hours between `hours` (k+1,), unknown where they are still open."""
    ids = SeriesId(CONSUMPTION, meter.key, quantity)
    use = stored.on_grid(store.series([ids], from_ms(hours[0]), from_ms(hours[-1]))[ids], hours)
    ends = (closed_hour(store, meter.key, quantity), corrected.stated_until(meter, quantity))
    still_open = hours[1:] > max((to_ms(end) for end in ends if end is not None), default=0)
    use.put(series.nothing(len(hours) - 1), still_open)
    return use


def _day_sums(store: Store, quantity: str, periods: list[tuple[datetime, list[Meter]]], days: Ints) -> Use:
    """Sum daily figures by the meters in force when each day begins: a daily meter knows no hour."""
    total = series.nothing(len(days) - 1)
    starts = np.array([to_ms(start) for start, _ in periods], np.int64)
    for index, (_, leaves) in enumerate(periods):
        here = np.searchsorted(starts, days[:-1], side="right") - 1 == index
        if not leaves or not here.any():
            continue
        ids = [SeriesId(FIGURE, meter_subject(meter.key), quantity, DAY) for meter in leaves]
        rows = store.series(ids, from_ms(days[0]), from_ms(days[-1]))
        use = series.add([stored.on_grid(rows[one], days) for one in ids])
        total.put(use, here)
    return total


def _months_and_years(registry: Registry, store: Store, of: Iterable[tuple[Subject, Window]]) -> None:
    """Sum each subject's days by month and year, those of one window together."""
    subjects: dict[Window, list[Subject]] = {}
    for subject_of, window in of:
        subjects.setdefault(window, []).append(subject_of)
    for window, several in subjects.items():
        months_and_years(registry, store, several, window)


def months_and_years(registry: Registry, store: Store, subjects: Sequence[Subject], window: Window) -> None:
    """Sum stored days to the calendar months and years the window touches, whole ones: days outside it count too."""
    zone = registry.school.timezone
    years, months = year_edges(*window, zone), month_edges(*window, zone)
    start, end = from_ms(years[0]), from_ms(years[-1])
    days = day_edges(start, end, zone)
    ids = [SeriesId(FIGURE, *subject_of, DAY) for subject_of in subjects]
    found = store.series(ids, start, end)
    use = series.stacked([stored.on_grid(found[one], days) for one in ids])
    for resolution, coarse in ((MONTH, months), (YEAR, years)):
        span = from_ms(coarse[0]), from_ms(coarse[-1])
        sums = series.rows_of(series.gather(use, days, coarse))
        for subject_of, own in zip(subjects, sums, strict=True):
            store.replace(SeriesId(FIGURE, *subject_of, resolution), span, stored.rows(own, coarse, FIGURE))


def fill_years(registry: Registry, store: Store, window: Window) -> None:
    """Sum the years of the window that have months and no row of their own: a release without years left them."""
    pairs = [(meter_subject(m.key), r.quantity.key) for m in registry.meters.values() for r in m.registers]
    places = (SCHOOL_SUBJECT, *map(building_subject, registry.buildings))
    pairs += [(place, quantity) for place in places for quantity in sorted({q for _, q in pairs})]
    span = year_edges(*window, registry.school.timezone)
    monthly, yearly = ({pair: SeriesId(FIGURE, *pair, r) for pair in pairs} for r in (MONTH, YEAR))
    rows = store.series([*monthly.values(), *yearly.values()], from_ms(span[0]), from_ms(span[-1]))
    missing = list[tuple[Subject, Window]]()
    for pair in pairs:
        known = np.unique(np.searchsorted(span, rows[monthly[pair]].time_ms, side="right") - 1)
        for start in np.setdiff1d(span[known], rows[yearly[pair]].time_ms):
            begin = from_ms(int(start))
            missing.append((pair, (begin, begin + calendar.HOUR)))
    _months_and_years(registry, store, missing)
