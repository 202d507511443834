"""What was looked at of series before a morning, as marks by the day: which of them have changed there since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from analytics.around import unexplained
from analytics.hours import HOURS_PER_DAY, Hours
from app.hours import Span, read_hours
from app.windows import DAY_MS, HOUR_MS
from campus.ports import Rows
from campus.schema import CONSUMPTION, REGISTER, Columns, SeriesId, to_ms

# Of raw rows that a rule reads itself, so much before the morning is held against what it was; what comes for a time
# before that is taken for something else.
TAIL = timedelta(days=3)
# Of weather so much: a service corrects what is days old. What somebody brings for a time before that is taken up by
# the next morning, when everything is judged anew, or by `campus analyse`.
WEATHER_TAIL = timedelta(days=35)
_DAY, _MOMENT = timedelta(days=1), timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Looked:
    """Hours before `until_ms` as they were when somebody looked.

    `marks` holds 8 bytes for each UTC day from `first_day` [days since 1970] on, zeros where no hour was known. Equal
    hours have equal marks in this process; that two different days share one happens once in 10^19.
    """

    until_ms: int
    first_day: int
    marks: bytes

    def differs(self, hours: Hours, since: datetime) -> bool:
        """Whether hours before `until_ms` are other ones than those looked at, on the UTC days from `since` on.

        `hours` are all that is known from the beginning of that day on, and perhaps more.
        """
        first = to_ms(since) // DAY_MS
        return _looked(hours, self.until_ms).known_from(first) != self.known_from(first)

    def known_from(self, day: int) -> dict[int, int]:
        """Return the marks of the days that have any, from a day on."""
        skipped = max(0, day - self.first_day)
        marks = np.frombuffer(self.marks, np.int64)[skipped:].tolist()
        return {self.first_day + skipped + n: mark for n, mark in enumerate(marks) if mark}


@dataclass(frozen=True, slots=True)
class View:
    """What was there before a morning: hours by their marks, the last of weather and raw rows by one."""

    morning: datetime
    hours: Mapping[SeriesId, Looked]
    weather: Mapping[SeriesId, int]
    raw: Mapping[SeriesId, int]


def view(rows: Rows, morning: datetime, hourly: Iterable[SeriesId], raw: Iterable[SeriesId]) -> View:
    """Return what is there before a morning."""
    listed = list(hourly)
    counted = {one: _look(rows, one, morning) for one in listed if one.measurement == CONSUMPTION}
    weather = _weather(rows, [one for one in listed if one.measurement != CONSUMPTION], morning)
    return View(morning, counted, weather, {one: _tail(rows, one, morning) for one in raw})


def renewed(rows: Rows, before: View, late: Collection[SeriesId], raw: Iterable[SeriesId]) -> View:
    """Return what is there now, of which only `late` series are other than they were."""
    morning = before.morning
    counted = {one: _look(rows, one, morning) for one in late if one.measurement == CONSUMPTION}
    weather = _weather(rows, [one for one in late if one in before.weather], morning)
    tails = {o: before.raw[o] if o in before.raw and o not in late else _tail(rows, o, morning) for o in raw}
    return View(morning, {**before.hours, **counted}, {**before.weather, **weather}, tails)


def late(rows: Rows, before: View, touched: Mapping[tuple[str, str], datetime]) -> set[SeriesId]:
    """Return the series that are other ones now than those viewed, before their morning.

    `touched` says from when on the hours, and raw rows, of registers may be others. Weather may be anywhere.
    """
    since = {register: _day_before(start) for register, start in touched.items() if start < before.morning}
    for first in set(since.values()):
        # One query for all, which the rows then hold.
        asked = [SeriesId(CONSUMPTION, *register) for register, start in since.items() if start == first]
        rows.series(asked, first, before.morning)
    found = {
        SeriesId(CONSUMPTION, *register) for register, first in since.items() if _moved(rows, before, register, first)
    }
    for register, first in since.items():
        raw = SeriesId(REGISTER, *register)
        if raw in before.raw and (
            first < before.morning - TAIL or before.raw[raw] != _tail(rows, raw, before.morning)
        ):
            found.add(raw)
    weather = _weather(rows, before.weather, before.morning)
    return found | {one for one, mark in weather.items() if mark != before.weather[one]}


def _moved(rows: Rows, before: View, register: tuple[str, str], since: datetime) -> bool:
    """Whether a register's hours from the UTC day `since` on are not as they were.

    Where an hour is unexplained the raw rows around it tell more than the hours: there nothing is taken as known.
    """
    series = SeriesId(CONSUMPTION, *register)
    hours = read_hours(rows, series, Span(since, before.morning))
    known = before.hours.get(series)
    return known is None or known.differs(hours, since) or bool(unexplained(hours))


def _day_before(start: datetime) -> datetime:
    """Return the beginning of the UTC day before the one of `start`: a window's first hour has a neighbour."""
    return start.replace(hour=0, minute=0, second=0, microsecond=0) - _DAY


def _look(rows: Rows, series: SeriesId, morning: datetime) -> Looked:
    return looked(read_hours(rows, series, Span(until=morning)), morning)


def _tail(rows: Rows, series: SeriesId, morning: datetime) -> int:
    """Return a mark of the raw rows before a morning, the one at its very end among them."""
    return _mark(rows.series([series], morning - TAIL, morning + _MOMENT)[series])


def _weather(rows: Rows, series: Iterable[SeriesId], morning: datetime) -> dict[SeriesId, int]:
    """Return a mark of what each series holds in the `WEATHER_TAIL` before a morning."""
    return {one: _mark(found) for one, found in rows.series(series, morning - WEATHER_TAIL, morning).items()}


def _mark(found: Columns) -> int:
    """Return a mark of rows, equal where they are; of texts by their words, of numbers by their bits."""
    columns = [tuple(v.tolist()) if v.dtype == object else v.tobytes() for v in found.fields.values()]
    return hash((found.time_ms.tobytes(), *columns))


def looked(hours: Hours, until: datetime) -> Looked:
    """Return what was seen of hours before `until`."""
    return _looked(hours, to_ms(until))


def _looked(hours: Hours, until_ms: int) -> Looked:
    inside = (hours.start_ms < until_ms) & np.isfinite(hours.value)
    if not inside.any():
        return Looked(until_ms, 0, b"")
    times = hours.start_ms[inside]
    first_day, last_day = int(times[0]) // DAY_MS, int(times[-1]) // DAY_MS
    table = np.full(((last_day - first_day + 1) * HOURS_PER_DAY, 3), np.nan)
    table[(times - first_day * DAY_MS) // HOUR_MS] = np.stack(
        [hours.value[inside], hours.coverage[inside], hours.estimated[inside]], axis=1
    )
    days = table.reshape(last_day - first_day + 1, -1)
    marks = np.zeros(len(days), np.int64)
    for day in np.flatnonzero(~np.isnan(days).all(axis=1)):
        marks[day] = hash(days[day].tobytes()) or 1
    return Looked(until_ms, first_day, marks.tobytes())
