"""The InfluxDB 2 store: registers in `<school>-raw`, results in `<school>`, tags are identity and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby

from campus.errors import StoreUnavailable
from campus.ports import Conflict, Refused, Written
from campus.schema import DAY, MONTH, REGISTER, YEAR, Columns, Point, SeriesId, Stretch, empty, to_ms
from store import flux, influx_conflicts, influx_http, influx_stored, rows
from store.check import EARLIEST_MS, LATEST_MS, series_fault, sift
from store.influx_buckets import raw_bucket, result_bucket
from store.influx_months import FEW, LONG_MS, MANY, Months, packs
from store.lineprotocol import key, line, lines, tags_of
from store.refusals import deliver

BATCH = 5_000  # lines per request (InfluxData, "Optimize writes to InfluxDB", v2)
_SELDOM = frozenset({DAY, MONTH, YEAR})
_EVER_MS = (EARLIEST_MS, LATEST_MS)
_DAY_MS = 86_400_000
# How far a search for rows reaches back beyond one, until it finds enough; most readings are a day apart or less.
_LOOK_BACK_MS = (_DAY_MS, 16 * _DAY_MS, 256 * _DAY_MS, LATEST_MS)


class InfluxStore:
    """`campus.ports.Store` on an InfluxDB 2 server, for one school."""

    def __init__(self, server: influx_http.Server, school: str, clock: Callable[[], float]) -> None:
        self._server = server
        self._raw, self._results = raw_bucket(school), result_bucket(school)
        self._clock = clock
        self._seen_ms = 0
        self._months = Months(server, self._results, clock, self._ask, self._columns)

    def write(self, points: Sequence[Point]) -> Written:
        """Write points in batches of `BATCH`; what an error leaves written may be written again."""
        parts = [self._write_batch(points[first : first + BATCH]) for first in range(0, len(points), BATCH)]
        refused = tuple(one for part in parts for one in part.refused)
        return Written(refused, tuple(one for part in parts for one in part.conflicts))

    def replace(self, series: SeriesId, window: tuple[datetime, datetime], columns: Columns) -> None:
        """Make [start, end) hold exactly `columns`: write, then delete what must go; killed between, run it again.

        A row that loses a field is deleted and written anew, since an upsert cannot unset a field.
        """
        self.replace_all([Stretch(series, window, columns)])

    def replace_all(self, stretches: Sequence[Stretch]) -> None:
        """The same for many series: what stands there is read in few queries, and only what differs is written."""
        for series, window, columns in stretches:
            rows.in_window(columns, *map(to_ms, window))
            if why := series_fault(series):
                raise ValueError(why)
        for part in _together(stretches):
            self._replace(part)

    def _replace(self, part: Sequence[Stretch]) -> None:
        """Replace stretches of one window."""
        window_ms = (to_ms(part[0].window[0]), to_ms(part[0].window[1]))
        there = self._columns([series for series, _, _ in part], window_ms)
        written, anew = list[str](), list[str]()
        doomed = list[tuple[SeriesId, int, int]]()
        touched = list[tuple[SeriesId, Sequence[int]]]()
        for series, _, columns in part:
            new, stale = rows.changes(series.measurement, there[series], columns)
            losing, gone = influx_stored.anew(series.measurement, there[series], new), set(stale)
            gone |= set(losing[:, 0].tolist())
            times = sorted({*there[series].time_ms.tolist(), *columns.time_ms.tolist()}) if gone else []
            doomed += [(series, *run) for run in influx_stored.runs(times, gone)]
            touched.append((series, [*new[:, 0].tolist(), *stale]))
            written += lines(series, new)
            anew += lines(series, losing)
        bucket = self._bucket(part[0].series.measurement)
        self._months.mark("open", touched)
        self._put(bucket, written)
        for series, first_ms, last_ms in doomed:
            self._delete(series, first_ms, last_ms)
        self._put(bucket, anew)
        self._months.mark("done", touched)

    def series(self, ids: Iterable[SeriesId], start: datetime, end: datetime) -> Mapping[SeriesId, Columns]:
        """Return the rows of each id in [start, end)."""
        listed, window_ms = list(ids), (to_ms(start), to_ms(end))
        if window_ms[1] - window_ms[0] < LONG_MS:
            return self._columns(listed, window_ms)
        hourly = [one for one in listed if packs(one)]
        return self._columns([one for one in listed if not packs(one)], window_ms) | self._months.series(
            hourly, window_ms
        )

    def neighbours(self, series: SeriesId, time: datetime, count: int = 1) -> tuple[list[int], list[int]]:
        """Return up to `count` times [epoch ms] before and after `time`, both nearest first."""
        at_ms = to_ms(time)
        before = self._times(series, (max(EARLIEST_MS, at_ms - _DAY_MS), at_ms), f" |> tail(n: {count})")
        # Where little is near, whether there is more at all is known soonest from the last of it.
        last = [] if len(before) >= count else self._times(series, (EARLIEST_MS, at_ms - _DAY_MS), " |> last()")
        for back_ms in _LOOK_BACK_MS if last else ():
            before = self._times(series, (max(EARLIEST_MS, last[-1] - back_ms), at_ms), f" |> tail(n: {count})")
            if len(before) >= count:
                break
        after = self._times(series, (at_ms + 1, LATEST_MS), f" |> limit(n: {count})")
        return before[::-1][:count], after[:count]

    def latest(self, ids: Iterable[SeriesId]) -> Mapping[SeriesId, Point]:
        """Return the last row of each id that has one."""
        found = self._columns(list(ids), _EVER_MS, MANY, " |> last()")
        last = ((series, row) for series, columns in found.items() for row in _last_row(series, columns))
        return {series: Point(series, row[0], row[1:]) for series, row in last}

    def ids(self, measurement: str) -> list[SeriesId]:
        """Return every series of a measurement that holds a row, sorted."""
        found = self._ask(self._bucket(measurement), _EVER_MS, flux.of_measurement(measurement), " |> last()")
        return sorted({flux.series_of(table) for table in found})

    def conflicts(self, limit: int = 100) -> list[Conflict]:
        """Return the latest conflicts seen, newest first."""
        where = flux.of_measurement(influx_conflicts.MEASUREMENT)
        return influx_conflicts.read(self._ask(self._raw, _EVER_MS, where, f" |> tail(n: {limit})"))[:limit]

    def close(self) -> None:
        """Let go of the connections."""
        self._server.client.close()

    def _write_batch(self, points: Sequence[Point]) -> Written:
        good, refused = sift(points)
        stored = self._stored([point for point in good if influx_stored.must_read_before(point)])
        conflicts = influx_conflicts.among(good, {where: values[0] for where, values in stored.items()})
        self._note(conflicts)
        final = {(point.series, point.time_ms): point for point in good}
        times: dict[SeriesId, list[int]] = {}
        for series, time_ms in final:
            times.setdefault(series, []).append(time_ms)
        self._months.mark("open", list(times.items()))
        for (series, time_ms), values in stored.items():
            if influx_stored.loses_a_field(values, final[series, time_ms].values):
                self._delete(series, time_ms, time_ms)
        refused += self._send(list(final.values()))
        self._months.mark("done", list(times.items()))
        return Written(refused, tuple(conflicts))

    def _stored(self, points: Sequence[Point]) -> dict[tuple[SeriesId, int], influx_stored.Values]:
        """Return the rows that stand where points will be written; only `value` where no field can get lost."""
        asked = {(point.series, point.time_ms) for point in points}
        stored: dict[tuple[SeriesId, int], influx_stored.Values] = {}
        for part in influx_stored.clusters(points):
            fields = () if any(None in point.values for point in part) else ("value",)
            window_ms = (part[0].time_ms, part[-1].time_ms + 1)
            for series, columns in self._columns(sorted({p.series for p in part}), window_ms, fields=fields).items():
                found = rows.to_rows(series.measurement, columns)
                stored |= {(series, row[0]): row[1:] for row in found if (series, row[0]) in asked}
        return stored

    def _note(self, conflicts: Sequence[Conflict]) -> None:
        """Keep conflicts, before the write that would hide them if it were the last thing done."""
        if conflicts:
            first_ms = max(self._seen_ms + 1, int(self._clock() * 1000))
            self._seen_ms = first_ms + len(conflicts) - 1
            deliver(influx_conflicts.lines(conflicts, first_ms), partial(influx_http.write, self._server, self._raw))

    def _send(self, points: Sequence[Point]) -> tuple[Refused, ...]:
        refused: list[Refused] = []
        for bucket in (self._raw, self._results):
            own = [point for point in points if self._bucket(point.series.measurement) == bucket]
            keys = {series: key(series) for series in {point.series for point in own}}
            for first in range(0, len(own), BATCH):
                told = [line(keys[point.series], point) for point in own[first : first + BATCH]]
                bad = deliver(told, partial(influx_http.write, self._server, bucket))
                refused += [Refused(own[first + index], why) for index, why in sorted(bad.items())]
        return tuple(refused)

    def _put(self, bucket: str, told: Sequence[str]) -> None:
        bad: dict[str, str] = {}
        for first in range(0, len(told), BATCH):
            part = told[first : first + BATCH]
            why = deliver(part, partial(influx_http.write, self._server, bucket))
            bad |= {part[index]: reason for index, reason in why.items()}
        if bad:
            one, why_not = next(iter(bad.items()))
            raise StoreUnavailable(f"InfluxDB refused {len(bad)} of {len(told)} rows, {one.split(' ')[0]}: {why_not}")

    def _delete(self, series: SeriesId, first_ms: int, last_ms: int) -> None:
        """Delete a series' rows from the first to the last time, both included.

        The server takes `stop` in; a nanosecond before the next millisecond is right either way.
        """
        named = {"_measurement": series.measurement} | tags_of(series)
        body = {
            "start": flux.instant(first_ms),
            "stop": flux.instant(last_ms).replace("Z", "999999Z"),
            "predicate": " AND ".join(f'{name}="{value}"' for name, value in named.items()),
        }
        params = {"org": self._server.org, "bucket": self._bucket(series.measurement)}
        influx_http.post_json(self._server, "/api/v2/delete", params, body)

    def _columns(
        self,
        ids: Sequence[SeriesId],
        window_ms: tuple[int, int],
        at_a_time: int | None = None,
        rest: str = "",
        fields: Sequence[str] = (),
    ) -> dict[SeriesId, Columns]:
        """Return the rows of each id, asked for so many at a time, or as many as an answer may well hold."""
        found = {series: empty(series.measurement) for series in ids}
        long = window_ms[1] - window_ms[0] >= LONG_MS
        for (measurement, seldom), group in groupby(sorted(found, key=_kind), _kind):
            own, step = list(group), at_a_time or (FEW if long and not seldom else MANY)
            for first in range(0, len(own), step):
                where = flux.of_series(own[first : first + step], fields)
                found |= flux.columns(self._ask(self._bucket(measurement), window_ms, where, rest))
        return found

    def _times(self, series: SeriesId, window_ms: tuple[int, int], rest: str) -> list[int]:
        found = self._ask(self._bucket(series.measurement), window_ms, flux.of_series([series]), rest)
        return sorted({time_ms for table in found for time_ms in flux.milliseconds(table.times).tolist()})

    def _ask(self, bucket: str, window_ms: tuple[int, int], where: str, rest: str = "") -> list[flux.Table]:
        if window_ms[0] >= window_ms[1]:
            return []  # the server refuses an empty range
        return list(flux.tables(influx_http.query(self._server, flux.rows(bucket, window_ms, where, rest))))

    def _bucket(self, measurement: str) -> str:
        return self._raw if measurement == REGISTER else self._results


def open_influx(url: str, token: str, org: str, school: str, clock: Callable[[], float] = time.time) -> InfluxStore:
    """Open a school's store on a server, asking it nothing yet; `ensure_buckets` makes what is missing."""
    return InfluxStore(influx_http.connect(url, token, org), school, clock)


def _kind(series: SeriesId) -> tuple[str, bool]:
    """Return the measurement of a series, and whether it has no row more often than once a day."""
    return series.measurement, series.resolution in _SELDOM


def _together(stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """Yield stretches of one window and measurement, no more than a query asks for at a time."""
    ordered = sorted(stretches, key=lambda stretch: (stretch.window, stretch.series))
    for _, group in groupby(ordered, lambda stretch: (stretch.window, stretch.series.measurement)):
        own = list(group)
        yield from (own[first : first + MANY] for first in range(0, len(own), MANY))


def _last_row(series: SeriesId, columns: Columns) -> list[rows.Row]:
    return rows.to_rows(series.measurement, columns)[-1:]
