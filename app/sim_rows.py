"""A simulated school as rows of a store, without a broker: what its devices show, its hours, its weather."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from analytics import consumption, stored
from analytics.series import Ints, resample
from app.windows import HOUR_MS, edges
from campus import calendar
from campus.ports import Rows
from campus.registry import Registry
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIGURE,
    REGISTER,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    Columns,
    Point,
    SeriesId,
    empty,
    from_ms,
    to_ms,
)
from sim.fault import Kind
from sim.registers import Track, registers
from sim.weather import irradiance_w_m2, temperature_c

_WEATHER = {WEATHER_TEMPERATURE: temperature_c, WEATHER_IRRADIANCE: irradiance_w_m2}
_MINUTES = 60_000 * np.array([7.5, 22.5, 37.5, 52.5])  # the middles of an hour's quarters


@dataclass(slots=True)
class SimRows(Rows):
    """The rows that a school laid out would leave in its store, each series reckoned when it is first asked for."""

    track: Track
    registry: Registry
    _known: dict[SeriesId, Columns] = field(default_factory=dict)

    def series(self, ids: Iterable[SeriesId], start: datetime, end: datetime) -> Mapping[SeriesId, Columns]:
        """Return the rows in [start, end) of each id."""
        return {one: _between(self._rows(one), to_ms(start), to_ms(end)) for one in ids}

    def neighbours(self, series: SeriesId, time: datetime, count: int = 1) -> tuple[list[int], list[int]]:
        """Return up to `count` times before and after `time`, both nearest first."""
        times = self._rows(series).time_ms
        before, after = (int(np.searchsorted(times, to_ms(time), side=side)) for side in ("left", "right"))
        return times[max(0, before - count) : before][::-1].tolist(), times[after : after + count].tolist()

    def latest(self, ids: Iterable[SeriesId]) -> Mapping[SeriesId, Point]:
        """Return the last row of each id that has one."""
        found = {one: self._rows(one) for one in ids}
        return {one: _point(one, rows) for one, rows in found.items() if len(rows)}

    def _rows(self, one: SeriesId) -> Columns:
        if one not in self._known:
            self._known[one] = self._made(one)
        return self._known[one]

    def _made(self, one: SeriesId) -> Columns:
        if one.measurement == REGISTER:
            return self._raw(one) if self._has(one) else empty(REGISTER)
        if one.name in _WEATHER:
            return self._weather(one)
        key = one.subject.removeprefix("meter/")
        if not self._has(SeriesId(REGISTER, key, one.name)):
            return empty(one.measurement)
        meter = self.registry.meters[key]
        if one.measurement == CONSUMPTION:
            return empty(CONSUMPTION) if meter.interval > calendar.HOUR else self._use(one, self._hour_edges())
        return self._use(one, self._day_edges()) if one.resolution == DAY else empty(FIGURE)

    def _has(self, one: SeriesId) -> bool:
        meter = self.registry.meters.get(one.subject)
        return meter is not None and meter.register(one.name) is not None

    def _raw(self, one: SeriesId) -> Columns:
        """Return a register's history, without what its gaps swallowed."""
        track, meter = self.track, self.registry.meters[one.subject]
        step = meter.interval // timedelta(milliseconds=1)
        times = np.arange(-(-track.begin_ms // step) * step, track.end_ms + 1, step, dtype=np.int64)
        for gap in (f for f in track.faults if f.meter == meter.key and f.kind is Kind.GAP):
            times = times[[not gap.covers(time) for time in times.tolist()]]
        shown, serials = registers(track, (meter.key, one.name), times)
        plated = serials if meter.format == "native" else [meter.serial] * len(times)
        fields = {
            "value": shown * track.site.meters[meter.key].unit_in_kept,
            "seconds": np.zeros(len(times)),
            "quality": np.full(len(times), "good", object),
            "serial": np.array(plated, object),
        }
        return Columns(times, fields)

    def _use(self, one: SeriesId, grid: Ints) -> Columns:
        key = one.subject.removeprefix("meter/")
        meter = self.registry.meters[key]
        register = meter.register(one.name)
        assert register is not None
        pieces = consumption.read(self._rows(SeriesId(REGISTER, key, one.name)), meter, register).pieces
        return stored.rows(resample(pieces, grid), grid, one.measurement)

    def _hour_edges(self) -> Ints:
        return np.arange(self.track.begin_ms // HOUR_MS * HOUR_MS, self.track.end_ms + 1, HOUR_MS, dtype=np.int64)

    def _day_edges(self) -> Ints:
        zone = self.registry.school.timezone
        whole = edges(calendar.days(from_ms(self.track.begin_ms), from_ms(self.track.end_ms), zone))
        return whole[whole <= self.track.end_ms]

    def _weather(self, one: SeriesId) -> Columns:
        starts = self._hour_edges()[:-1]
        quarters = (starts[:, None] + _MINUTES).astype(np.int64)
        mean = _WEATHER[one.name](self.track.site.seed, quarters.reshape(-1)).reshape(quarters.shape).mean(axis=1)
        absent = np.full(len(starts), np.nan)
        fields = dict.fromkeys(("low", "high", "corrected", "estimated"), absent)
        return Columns(starts, {"value": mean, "coverage": np.ones(len(starts)), **fields})


def _between(rows: Columns, start_ms: int, end_ms: int) -> Columns:
    first, last = np.searchsorted(rows.time_ms, (start_ms, end_ms))
    return replace(
        rows,
        time_ms=rows.time_ms[first:last],
        fields={name: values[first:last] for name, values in rows.fields.items()},
    )


def _point(one: SeriesId, rows: Columns) -> Point:
    values = tuple(column[-1] for column in rows.fields.values())
    return Point(one, int(rows.time_ms[-1]), values)
