"""What is packed of a month: always what its rows say, whoever reads or writes or is killed in between."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.errors import StoreUnavailable
from campus.schema import CONSUMPTION, DAY, FIELDS, FIGURE, HOUR, REGISTER, Columns, Point, SeriesId, from_ms, to_ms
from store import influx_http, influx_months
from store.influx import InfluxStore, open_influx
from store.influx_buckets import ensure_buckets
from store.influx_months import packed, packs, unpacked
from tests.contract.influx_standin import ADMIN, Reply, StandIn, standin

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
START = datetime(2026, 1, 1, tzinfo=UTC)
T0 = to_ms(START)
NOW = datetime(2026, 4, 20, tzinfo=UTC)
LONG = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
# Short windows, which are read row by row, over all that these tests write.
SHORT = [(START + timedelta(days=day), START + timedelta(days=day + 40)) for day in range(0, 160, 40)]
USE = SeriesId(CONSUMPTION, "m1", "electricity")
UNAVAILABLE = Reply(503, '{"code": "unavailable", "message": "restarting"}')

Rows = list[tuple[float, ...]]


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with standin("campus", lambda: NOW.timestamp()) as server:
        link = influx_http.connect(server.url, ADMIN, "campus")
        ensure_buckets(link, "school")
        link.client.close()
        yield server


@pytest.fixture
def opened(server: StandIn) -> Iterator[Callable[..., InfluxStore]]:
    """Give a function that opens the school, at a time of its own."""
    for bucket in server.buckets.values():
        bucket.series.clear()
    stores = []

    def opener(now: datetime = NOW, token: str = ADMIN) -> InfluxStore:
        stores.append(open_influx(server.url, token, "campus", "school", now.timestamp))
        return stores[-1]

    yield opener
    server.planned = []
    for store in stores:
        store.close()


def hours(values: dict[int, float], coverage: float = 1.0) -> Columns:
    """Rows by the hour after `START`."""
    times = np.array([T0 + hour * HOUR_MS for hour in sorted(values)], np.int64)
    value = np.array([values[hour] for hour in sorted(values)])
    fields = {"value": value, "coverage": np.full(len(value), coverage), "estimated": np.zeros(len(value))}
    return Columns(times, fields)


def whole(columns: Columns) -> Columns:
    """The same with the field that is absent from all rows."""
    return Columns(columns.time_ms, {**columns.fields, "corrected": np.full(len(columns), np.nan)})


def told(columns: Columns) -> Rows:
    """Rows as tuples, what is absent as -1."""
    table = [columns.time_ms.astype(float), *(np.nan_to_num(values, nan=-1.0) for values in columns.fields.values())]
    return list(zip(*(column.tolist() for column in table), strict=True))


def by_row(store: InfluxStore, series: SeriesId = USE) -> Rows:
    return [row for window in SHORT for row in told(store.series([series], *window)[series])]


def by_month(store: InfluxStore, series: SeriesId = USE) -> Rows:
    return told(store.series([series], *LONG)[series])


def months_packed(server: StandIn, series: SeriesId = USE) -> list[int]:
    """The months of a series that have rows packed, believed or not."""
    return sorted(
        from_ms(time_ns // 1_000_000).month
        for (name, tags), fields in server.buckets["school"].series.items()
        if name == "packed" and ("meter", series.subject) in tags
        for time_ns in fields.get("rows", {})
    )


def asked(server: StandIn, since: int, measurement: str = CONSUMPTION) -> list[str]:
    """The windows that rows themselves were asked for in, by month."""
    queries = [body for _, path, body in server.requests[since:] if path.startswith("/api/v2/query")]
    own = [body for body in queries if f'_measurement == "{measurement}"' in body]
    bounds = [re.findall(r"st\w+: (\d+-\d+)", body) for body in own]
    return ["/".join(window) for window in bounds]


def test_who_reads_long_packs_the_months_that_are_over_and_the_next_reads_only_the_others(
    server: StandIn, opened: Callable[..., InfluxStore]
) -> None:
    store = opened()
    store.replace(USE, LONG, hours({hour: hour / 3 for hour in range(0, 2600, 5)}))
    rows = by_row(store)
    assert by_month(store) == rows and months_packed(server) == [1, 2, 3]
    since = len(server.requests)
    assert by_month(opened()) == rows
    assert asked(server, since) == ["1971-01/2026-01", "2026-04/2200-01"]
    window = datetime(2026, 1, 20, 7, tzinfo=UTC), datetime(2026, 3, 25, 1, tzinfo=UTC)
    some = told(store.series([USE], *window)[USE])
    assert some == [row for row in rows if to_ms(window[0]) <= row[0] < to_ms(window[1])]


def test_a_month_is_packed_a_day_after_its_end(server: StandIn, opened: Callable[..., InfluxStore]) -> None:
    opened().replace(USE, LONG, hours(dict.fromkeys(range(800), 1.0)))
    by_month(opened(datetime(2026, 2, 1, 23, 59, tzinfo=UTC)))
    assert months_packed(server) == []
    by_month(opened(datetime(2026, 2, 2, tzinfo=UTC)))
    assert months_packed(server) == [1]


CHANGES: dict[str, Callable[[InfluxStore], object]] = {
    "another value": lambda store: store.replace(USE, LONG, hours({0: 1.0, 1: 9.0, 800: 3.0})),
    "a row more": lambda store: store.replace(USE, SHORT[0], hours({0: 1.0, 1: 2.0, 7: 7.0, 800: 3.0})),
    "a row less": lambda store: store.replace(USE, LONG, hours({0: 1.0, 800: 3.0})),
    "every row gone": lambda store: store.replace(USE, LONG, hours({})),
    "a field less": lambda store: store.replace(USE, LONG, hours({0: 1.0, 1: 2.0, 800: 3.0}, np.nan)),
    "a point": lambda store: store.write([Point(USE, T0 + HOUR_MS, (5.0, 1.0, 0.0, 0.0))]),
    "a point with a field less": lambda store: store.write([Point(USE, T0 + HOUR_MS, (2.0, None, 0.0, None))]),
    "one value more and one as much less": lambda store: store.replace(USE, LONG, hours({0: 2.0, 1: 1.0, 800: 3.0})),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_packed_before_a_change_is_not_believed(
    server: StandIn, opened: Callable[..., InfluxStore], change: Callable[[InfluxStore], object]
) -> None:
    store = opened()
    store.replace(USE, LONG, hours({0: 1.0, 1: 2.0, 800: 3.0}))
    before = by_month(store)
    assert months_packed(server) == [1, 2]
    change(opened())
    rows = by_row(store)
    assert before != rows == by_month(store)
    since = len(server.requests)
    assert by_month(store) == rows
    assert asked(server, since) == (["1971-01/2026-01", "2026-03/2200-01"] if rows else ["1971-01/2200-01"])


class Killed(Exception):
    """A writer's process ended."""


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("killed", [1, 2, 3, 4, 5, 99])
def test_who_reads_while_another_writes_or_is_killed_packs_nothing_that_stays_wrong(
    opened: Callable[..., InfluxStore],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[InfluxStore], object],
    killed: int,
) -> None:
    """The other is read beside at each of its requests that change something, and killed at one, with luck."""
    for reading in range(killed + 1) if killed < 99 else range(6):
        writer, reader, requests = opened(), opened(), itertools.count()
        writer.replace(USE, LONG, hours({0: 1.0, 1: 2.0, 800: 3.0}))
        by_month(reader)
        writer.replace(USE, LONG, hours({0: 1.0, 1: 2.0, 3: 3.0, 800: 3.0}))
        writer.replace(USE, LONG, hours({0: 1.0, 1: 2.0, 800: 3.0}))

        def step(
            post: Callable[..., object], writer: InfluxStore, reader: InfluxStore, at: tuple[Iterator[int], int]
        ) -> Callable[..., object]:
            def call(server: influx_http.Server, *rest: object) -> object:
                if server is writer._server:
                    number = next(at[0])
                    if number == at[1]:
                        by_month(reader)
                    if number == killed:
                        raise Killed
                return post(server, *rest)

            return call

        with monkeypatch.context() as patched:
            for name in ("write", "post_json"):
                doing = step(getattr(influx_http, name), writer, reader, (requests, reading))
                patched.setattr(influx_http, name, doing)
            with suppress(Killed):
                change(writer)
        assert by_month(reader) == by_month(reader) == by_row(reader)
        change(opened())
        later = opened(NOW + timedelta(days=2))
        assert by_month(reader) == by_month(later) == by_month(later) == by_row(reader)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("when", ["before it asks for marks", "before it reads rows", "before it packs"])
def test_who_writes_while_another_reads_is_not_forgotten(
    opened: Callable[..., InfluxStore],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[InfluxStore], object],
    when: str,
) -> None:
    writer, reader = opened(), opened()
    writer.replace(USE, LONG, hours({0: 1.0, 1: 2.0, 800: 3.0}))
    steps = {"before it asks for marks": "ask", "before it reads rows": "read"}
    changes = [change]

    def first(step: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            if changes:
                changes.pop()(writer)
            return step(*arguments)

        return call

    months = reader._months
    if when in steps:
        name = steps[when]
        object.__setattr__(months, name, first(getattr(months, name)))
    else:
        monkeypatch.setattr(influx_months, "packed", first(packed))
    by_month(reader)
    assert not changes
    assert by_month(reader) == by_month(reader) == by_row(reader)


@pytest.mark.parametrize("passing", range(6))
def test_a_writer_that_was_killed_leaves_months_open_for_a_day_and_nothing_wrong(
    server: StandIn, opened: Callable[..., InfluxStore], passing: int
) -> None:
    store, new = opened(), hours({0: 10.0, 800: 3.0, 801: 4.0}, np.nan)
    store.replace(USE, LONG, hours({0: 1.0, 1: 2.0, 800: 3.0}))
    by_month(store)
    server.planned = [*[None] * passing, UNAVAILABLE]
    with pytest.raises(StoreUnavailable):
        opened().replace(USE, LONG, new)
    server.planned = []
    assert by_month(store) == by_row(store)
    opened().replace(USE, LONG, new)
    assert by_row(store) == told(whole(new))
    later = opened(NOW + timedelta(days=2))
    assert by_month(store) == by_month(later) == by_month(later) == by_row(store)
    since = len(server.requests)
    by_month(later)
    assert asked(server, since) == ["1971-01/2026-01", "2026-03/2200-01"]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.sampled_from(["replace", "point", "read", "some"]),
            st.integers(0, 100),
            st.lists(st.sampled_from([0.0, 1.5, 2.5]), max_size=6),
        ),
        max_size=12,
    )
)
def test_law_whatever_two_processes_write_and_read_months_say_what_rows_say(
    server: StandIn, steps: list[tuple[int, str, int, list[float]]]
) -> None:
    for bucket in server.buckets.values():
        bucket.series.clear()
    stores = [open_influx(server.url, ADMIN, "campus", "school", NOW.timestamp) for _ in range(2)]
    for who, what, day, values in steps:
        store, start = stores[who], START + timedelta(days=day)
        if what == "replace":
            window = start, start + timedelta(days=31)
            store.replace(USE, window, hours({(day + 5 * at) * 24: value for at, value in enumerate(values)}))
        elif what == "point" and values:
            store.write([Point(USE, to_ms(start), (values[0], None, 0.0, None))])
        elif what == "some":
            window = start, start + timedelta(days=75)
            wanted = [row for row in by_row(store) if to_ms(window[0]) <= row[0] < to_ms(window[1])]
            assert told(store.series([USE], *window)[USE]) == wanted
        else:
            assert by_month(store) == by_row(store)
    assert by_month(stores[0]) == by_month(stores[1]) == by_row(stores[0])
    for store in stores:
        store.close()


def test_series_that_begin_apart_and_one_without_rows_cost_few_queries(
    server: StandIn, opened: Callable[..., InfluxStore]
) -> None:
    store = opened()
    late, never = SeriesId(CONSUMPTION, "m2", "water"), SeriesId(CONSUMPTION, "m3", "water")
    store.replace(USE, LONG, hours(dict.fromkeys(range(0, 2600, 24), 1.0)))
    store.replace(late, LONG, hours(dict.fromkeys(range(1500, 2600, 24), 2.0)))
    first = store.series([USE, late, never], *LONG)
    assert months_packed(server, late) == [1, 2, 3] and months_packed(server, never) == []
    since = len(server.requests)
    again = store.series([USE, late, never], *LONG)
    assert {one: told(columns) for one, columns in again.items()} == {o: told(c) for o, c in first.items()}
    assert asked(server, since) == ["1971-01/2026-01", "2026-01/2026-04", "2026-04/2200-01"]


def test_hours_of_figures_are_packed_and_days_and_registers_are_not(
    server: StandIn, opened: Callable[..., InfluxStore]
) -> None:
    store = opened()
    by_hour, by_day = (SeriesId(FIGURE, "school", "heat", resolution) for resolution in (HOUR, DAY))
    counter = SeriesId(REGISTER, "m1", "heat")
    assert packs(by_hour) and not packs(by_day) and not packs(counter)
    for one in (by_hour, by_day):
        store.replace(one, LONG, hours({0: 1.0, 900: 2.0}))
    store.write([Point(counter, T0, (1.0, 0.0, "good", "s"))])
    for _ in range(2):
        found = store.series([by_hour, by_day, counter], *LONG)
        assert [len(found[one]) for one in (by_hour, by_day, counter)] == [2, 2, 1]
    kept = [tags for name, tags in server.buckets["school"].series if name == "packed"]
    assert kept == [(("figure", "heat"), ("of", "figure"), ("resolution", "hour"), ("subject", "school"))]


def test_hours_of_meters_and_of_figures_read_together_are_both_read_packed(
    server: StandIn, opened: Callable[..., InfluxStore]
) -> None:
    store, place = opened(), SeriesId(FIGURE, "school", "electricity", HOUR)
    for one in (USE, place):
        store.replace(one, LONG, hours(dict.fromkeys(range(0, 2600, 24), 1.0)))
    first, since = store.series([USE, place], *LONG), len(server.requests)
    again = store.series([USE, place], *LONG)
    assert {one: told(columns) for one, columns in again.items()} == {o: told(c) for o, c in first.items()}
    outside = ["1971-01/2026-01", "2026-04/2200-01"]
    assert asked(server, since) == asked(server, since, FIGURE) == outside


def test_who_may_only_read_reads_row_by_row(server: StandIn, opened: Callable[..., InfluxStore]) -> None:
    opened().replace(USE, LONG, hours({0: 1.0, 800: 3.0}))
    server.failing["/api/v2/write"] = Reply(403, '{"code": "forbidden", "message": "insufficient permissions"}')
    reader = opened()
    assert len(by_month(reader)) == 2 and months_packed(server) == []
    server.failing.clear()


def test_a_month_of_more_than_a_text_holds_stays_as_it_is(
    server: StandIn, opened: Callable[..., InfluxStore]
) -> None:
    rng = np.random.default_rng(1)
    times = T0 + np.cumsum(rng.integers(1, 500_000, 8_000))
    many = Columns(times, {"value": rng.random(8_000), "coverage": rng.random(8_000), "estimated": rng.random(8_000)})
    store = opened()
    store.replace(USE, LONG, many)
    assert by_month(store) == by_month(store) == by_row(store)
    assert months_packed(server) == []


def test_what_another_release_packed_with_other_fields_is_not_believed() -> None:
    text = packed(CONSUMPTION, whole(hours({0: 1.0})), "m")
    assert unpacked(CONSUMPTION, text, "m") is not None
    assert unpacked(CONSUMPTION, text, "n") is None
    assert unpacked(FIGURE, text, "m") is None


@given(
    st.dictionaries(
        st.integers(0, to_ms(datetime(2200, 1, 1, tzinfo=UTC)) - 1),
        st.lists(st.floats(width=64, allow_nan=True), min_size=6, max_size=6),
        max_size=30,
    )
)
def test_every_bit_is_kept(rows: dict[int, list[float]]) -> None:
    times = np.array(sorted(rows), np.int64)
    table = np.array([rows[time] for time in sorted(rows)], float).reshape(-1, 6)
    columns = Columns(times, {name: table[:, at] for at, name in enumerate(FIELDS[FIGURE])})
    text = packed(FIGURE, columns, "done-1-a")
    assert text.isascii() and text.isprintable() and not set('",\\') & set(text)
    back = unpacked(FIGURE, text, "done-1-a")
    assert back is not None and back.time_ms.tolist() == times.tolist() and back.time_ms.dtype == np.int64
    for name, values in columns.fields.items():
        assert back.fields[name].tobytes() == np.ascontiguousarray(values).tobytes()
        assert back.fields[name].dtype == np.float64
