"""What every adapter of the store port must do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campus.ports import Conflict, Store
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIELDS,
    FIGURE,
    REGISTER,
    Columns,
    Point,
    SeriesId,
    Stretch,
    from_ms,
    to_ms,
)
from tests.contract.adapters import ADAPTERS, REAL, Open, real_server

T0 = to_ms(datetime(2026, 1, 1, tzinfo=UTC))
HOUR_MS = 3_600_000
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
# One store serves all examples of a law: each uses series of its own.
LAW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_fresh = count()


@pytest.fixture(params=ADAPTERS)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    with ADAPTERS[request.param](tmp_path) as opener:
        yield opener


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()


def test_the_suite_runs_on_a_real_influxdb_too() -> None:
    if not real_server():
        pytest.skip(f"no real InfluxDB: set {', '.join(REAL)}")
    assert "influxdb" in ADAPTERS


def register(meter: str = "m1", quantity: str = "electricity") -> SeriesId:
    return SeriesId(REGISTER, meter, quantity)


def reading(hour: float, value: float, series: SeriesId | None = None) -> Point:
    return Point(series or register(), T0 + round(hour * HOUR_MS), (value, 0.0, "good", "S1"))


def hours(hours_and_values: dict[int, float]) -> Columns:
    times = np.array([T0 + hour * HOUR_MS for hour in sorted(hours_and_values)], np.int64)
    values = np.array([hours_and_values[hour] for hour in sorted(hours_and_values)], np.float64)
    return Columns(times, {"value": values, "coverage": np.ones(len(times)), "estimated": np.zeros(len(times))})


def read(store: Store, series: SeriesId, window: tuple[datetime, datetime] = YEAR) -> Columns:
    return store.series([series], *window)[series]


def values_by_hour(columns: Columns) -> dict[float, float]:
    return dict(zip(((columns.time_ms - T0) / HOUR_MS).tolist(), columns.value.tolist(), strict=True))


def test_what_is_written_is_read_back(store: Store) -> None:
    assert store.write([reading(0, 10.5), reading(1, 11.25)]).refused == ()
    columns = read(store, register())
    assert columns.time_ms.dtype == np.int64
    assert columns.time_ms.tolist() == [T0, T0 + HOUR_MS]
    assert columns.value.tolist() == [10.5, 11.25]
    assert columns.fields["seconds"].tolist() == [0.0, 0.0]
    assert columns.fields["quality"].tolist() == ["good", "good"]
    assert columns.fields["serial"].tolist() == ["S1", "S1"]


@pytest.mark.parametrize("value", [0.0, -1.5, 1e-9, 123456789.123, 1e15, 2.0**53, 1 / 3, 1e300])
def test_a_number_comes_back_bit_for_bit(store: Store, value: float) -> None:
    store.write([reading(0, value)])
    assert read(store, register()).value.tolist() == [value]


def test_milliseconds_are_kept(store: Store) -> None:
    store.write(
        [Point(register(), T0 + 1, (1.0, 0.0, "good", "")), Point(register(), T0 + 999, (2.0, 0.0, "good", ""))]
    )
    assert read(store, register()).time_ms.tolist() == [T0 + 1, T0 + 999]
    assert read(store, register(), (from_ms(T0 + 1), from_ms(T0 + 999))).time_ms.tolist() == [T0 + 1]


def test_text_is_kept_as_it_is(store: Store) -> None:
    serial = '一号 楼,"A" = b\\c #1'
    store.write(
        [Point(register(), T0, (1.0, 0.0, "manual", serial)), Point(register(), T0 + 1, (1.0, 0.0, "good", ""))]
    )
    assert read(store, register()).fields["serial"].tolist() == [serial, ""]


@pytest.mark.parametrize("name", ["一号楼", "a b", "a,b=c", "a'b", "${x}", "#m", "m1/2"])
def test_a_name_may_hold_what_people_write(store: Store, name: str) -> None:
    series = SeriesId(FIGURE, f"meter/{name}", name, DAY)
    store.write([Point(series, T0, (1.0, None, None, 1.0, 0.0, None))])
    assert read(store, series).value.tolist() == [1.0]
    assert store.ids(FIGURE) == [series]
    assert store.latest([series])[series].time_ms == T0


def test_an_absent_field_is_nan(store: Store) -> None:
    series = SeriesId(FIGURE, "school", "electricity", DAY)
    store.write(
        [
            Point(series, T0, (None, 1.0, None, 0.25, 0.0, None)),
            Point(series, T0 + 1, (2.0, None, None, None, None, None)),
        ]
    )
    fields = read(store, series).fields
    np.testing.assert_array_equal(fields["value"], [np.nan, 2.0])
    np.testing.assert_array_equal(fields["low"], [1.0, np.nan])
    np.testing.assert_array_equal(fields["high"], [np.nan, np.nan])
    np.testing.assert_array_equal(fields["coverage"], [0.25, np.nan])


def test_a_corrected_share_is_kept_and_gone_once_the_correction_is_withdrawn(store: Store) -> None:
    series = SeriesId(CONSUMPTION, "m1", "electricity")
    plain = hours({0: 1.0, 1: 2.0, 2: 3.0})
    marked = Columns(plain.time_ms, {**plain.fields, "corrected": np.array([np.nan, 0.5, 1.0])})
    store.replace(series, YEAR, marked)
    np.testing.assert_array_equal(read(store, series).fields["corrected"], [np.nan, 0.5, 1.0])
    assert read(store, series).value.tolist() == [1.0, 2.0, 3.0]
    store.replace(series, YEAR, plain)
    np.testing.assert_array_equal(read(store, series).fields["corrected"], [np.nan] * 3)
    assert read(store, series).value.tolist() == [1.0, 2.0, 3.0]


def test_the_window_holds_its_start_and_not_its_end(store: Store) -> None:
    store.write([reading(hour, hour) for hour in range(4)])
    window = (from_ms(T0 + HOUR_MS), from_ms(T0 + 3 * HOUR_MS))
    assert values_by_hour(read(store, register(), window)) == {1: 1, 2: 2}
    assert len(read(store, register(), (window[0], window[0]))) == 0


@pytest.mark.parametrize("measurement", FIELDS)
def test_an_id_without_rows_has_empty_columns(store: Store, measurement: str) -> None:
    series = SeriesId(measurement, "nobody", "nothing", DAY if measurement == FIGURE else "")
    columns = read(store, series)
    assert len(columns) == 0
    assert tuple(columns.fields) == FIELDS[measurement]
    assert store.ids(measurement) == []
    assert store.latest([series]) == {}
    assert store.neighbours(series, YEAR[0]) == ([], [])


def test_many_series_are_read_at_once_and_kept_apart(store: Store) -> None:
    ids = [register(f"m{n}", quantity) for n in range(70) for quantity in ("electricity", "water")]
    ids.append(SeriesId(CONSUMPTION, "m1", "electricity"))
    points = [reading(0, n, series) for n, series in enumerate(ids[:-1])]
    store.write([*points, Point(ids[-1], T0, (99.0, 1.0, 0.0, None))])
    found = store.series(ids, *YEAR)
    assert [found[series].value.tolist() for series in ids] == [[float(n)] for n in range(140)] + [[99.0]]


@pytest.mark.parametrize("window", [YEAR, (YEAR[0], YEAR[0] + timedelta(days=2))])
def test_only_the_series_asked_for_are_given_whatever_shares_their_tags(
    store: Store, window: tuple[datetime, datetime]
) -> None:
    asked = {SeriesId(CONSUMPTION, "m1", "water"): 1.0, SeriesId(CONSUMPTION, "m2", "gas"): 2.0}
    others = {SeriesId(CONSUMPTION, "m1", "gas"): 3.0, SeriesId(CONSUMPTION, "m2", "water"): 4.0}
    for series, value in {**asked, **others}.items():
        store.replace(series, YEAR, hours({5: value}))
    found = store.series(asked, *window)
    assert {series: columns.value.tolist() for series, columns in found.items()} == {s: [v] for s, v in asked.items()}
    latest = {series: point.values[0] for series, point in store.latest(asked).items()}
    assert latest == asked


def test_a_later_arrival_wins_and_the_conflict_is_told(store: Store) -> None:
    store.write([reading(0, 10), reading(1, 11)])
    written = store.write([reading(0, 10), reading(1, 12)])
    expected = Conflict(register(), T0 + HOUR_MS, 11.0, 12.0)
    assert written.conflicts == (expected,)
    assert store.conflicts() == [expected]
    assert values_by_hour(read(store, register())) == {0: 10, 1: 12}


def test_the_same_again_is_no_conflict(store: Store) -> None:
    points = [reading(hour, hour) for hour in range(50)]
    store.write(points)
    assert store.write(points[::-1]).conflicts == ()
    assert len(read(store, register())) == 50
    assert store.conflicts() == []


def test_two_values_for_one_identity_in_one_write_are_a_conflict(store: Store) -> None:
    written = store.write([reading(0, 1), reading(1, 5), reading(0, 2)])
    assert written.conflicts == (Conflict(register(), T0, 1.0, 2.0),)
    assert values_by_hour(read(store, register())) == {0: 2, 1: 5}


def test_conflicts_are_listed_newest_first(store: Store) -> None:
    store.write([reading(hour, 0) for hour in range(3)])
    for hour in (1, 0, 2):
        store.write([reading(hour, 7)])
    assert [(c.time_ms - T0) // HOUR_MS for c in store.conflicts()] == [2, 0, 1]
    assert len(store.conflicts(limit=2)) == 2


def test_a_field_left_out_the_second_time_is_gone(store: Store) -> None:
    series = SeriesId(FIGURE, "school", "electricity", DAY)
    store.write([Point(series, T0, (1.0, 0.5, 1.5, 1.0, 0.0, None))])
    store.write([Point(series, T0, (2.0, None, None, 1.0, 0.0, None))])
    fields = read(store, series).fields
    assert fields["value"].tolist() == [2.0]
    assert np.isnan(fields["low"]).all() and np.isnan(fields["high"]).all()


BAD = {
    "not a number": reading(1, float("nan")),
    "endless": reading(1, float("inf")),
    "text for a number": reading(1, "12"),  # type: ignore[arg-type]
    "true for a number": reading(1, True),
    "number for a text": Point(register(), T0, (1.0, 0.0, 1.0, "")),
    "two lines of text": Point(register(), T0, (1.0, 0.0, "good", "a\nb")),
    "a value too few": Point(register(), T0, (1.0, 0.0, "good")),
    "nothing at all": Point(register(), T0, (None, None, None, None)),
    "before 1970": Point(register(), -1, (1.0, 0.0, "good", "")),
    "in nanoseconds": Point(register(), T0 * 1_000_000, (1.0, 0.0, "good", "")),
    "unknown measurement": Point(SeriesId("weather", "m1", "t"), T0, (1.0,)),
    "no meter": reading(1, 1, register("")),
    "a line break in a name": reading(1, 1, register("a\nb")),
    "a quote in a name": reading(1, 1, register('a"b')),
    "a backslash in a name": reading(1, 1, register("a\\")),
    "a register with a resolution": reading(1, 1, SeriesId(REGISTER, "m1", "water", DAY)),
    "a figure without one": Point(SeriesId(FIGURE, "school", "water"), T0, (1.0, None, None, None, None, None)),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_point_is_refused_with_a_reason_and_its_neighbours_are_stored(store: Store, bad: Point) -> None:
    written = store.write([reading(0, 1), bad, reading(2, 3)])
    (refused,) = written.refused
    assert refused.point is bad
    assert refused.reason
    assert values_by_hour(read(store, register())) == {0: 1, 2: 3}


def test_numbers_of_numpy_and_whole_numbers_are_numbers(store: Store) -> None:
    odd = Point(register(), np.int64(T0), (np.float64(1.5), 0, "good", ""))  # type: ignore[arg-type]
    assert store.write([odd]).refused == ()
    assert read(store, register()).value.tolist() == [1.5]


def test_writing_nothing_does_nothing(store: Store) -> None:
    assert store.write([]).refused == ()
    assert store.ids(REGISTER) == []


def test_a_write_of_many_slices_is_whole(store: Store) -> None:
    ids = [register(f"m{n}") for n in range(7)]
    points = [reading(n // 7, n, ids[n % 7]) for n in range(12_000)]
    assert store.write(points).refused == ()
    window = (YEAR[0], YEAR[1] + timedelta(days=365))
    assert sum(len(columns) for columns in store.series(ids, *window).values()) == 12_000


def test_replace_makes_the_window_hold_exactly_the_new_rows(store: Store) -> None:
    series, other = SeriesId(CONSUMPTION, "m1", "electricity"), SeriesId(CONSUMPTION, "m1", "water")
    for one in (series, other):
        store.replace(one, YEAR, hours({hour: hour for hour in range(10)}))
    window = (from_ms(T0 + 2 * HOUR_MS), from_ms(T0 + 8 * HOUR_MS))
    store.replace(series, window, hours({3: 33, 4: 4, 7: 77}))
    assert values_by_hour(read(store, series)) == {0: 0, 1: 1, 3: 33, 4: 4, 7: 77, 8: 8, 9: 9}
    assert len(read(store, other)) == 10


def test_replace_by_nothing_empties_the_window_alone(store: Store) -> None:
    series = SeriesId(CONSUMPTION, "m1", "electricity")
    store.replace(series, YEAR, hours({0: 1, 1: 2, 2: 3}))
    store.replace(series, (from_ms(T0 + HOUR_MS), from_ms(T0 + 2 * HOUR_MS)), hours({}))
    assert values_by_hour(read(store, series)) == {0: 1, 2: 3}
    store.replace(series, YEAR, hours({}))
    assert store.ids(CONSUMPTION) == []


def test_replace_unsets_a_field_that_is_absent_now(store: Store) -> None:
    series = SeriesId(CONSUMPTION, "m1", "electricity")
    store.replace(series, YEAR, hours({0: 1, 1: 2}))
    columns = hours({0: 1, 1: np.nan})
    columns.fields["coverage"][0] = np.nan
    store.replace(series, YEAR, columns)
    found = read(store, series)
    np.testing.assert_array_equal(found.value, [1, np.nan])
    np.testing.assert_array_equal(found.fields["coverage"], [np.nan, 1])


def test_many_stretches_are_replaced_at_once_each_in_its_own_window(store: Store) -> None:
    ids = [SeriesId(CONSUMPTION, f"m{n}", "electricity") for n in range(120)]
    day, later = (YEAR[0], from_ms(T0 + 24 * HOUR_MS)), (from_ms(T0 + 24 * HOUR_MS), YEAR[1])
    store.replace_all([Stretch(series, YEAR, hours({0: n, 30: n})) for n, series in enumerate(ids)])
    store.replace_all(
        [
            *(Stretch(series, day, hours({0: n, 5: 2 * n})) for n, series in enumerate(ids)),
            *(Stretch(series, later, hours({40: 1})) for series in ids[::2]),
        ]
    )
    for n, series in enumerate(ids):
        assert values_by_hour(read(store, series)) == {0: n, 5: 2 * n} | ({40: 1} if n % 2 == 0 else {30: n})


def test_one_bad_stretch_among_many_leaves_all_as_they_were(store: Store) -> None:
    ids = [SeriesId(CONSUMPTION, name, "electricity") for name in ("m1", "m2")]
    with pytest.raises(ValueError):
        store.replace_all([Stretch(ids[0], YEAR, hours({0: 1})), Stretch(ids[1], YEAR, hours({-1: 1}))])
    assert store.ids(CONSUMPTION) == []


def test_a_corrected_register_is_replaced_text_and_all(store: Store) -> None:
    store.write([reading(hour, hour) for hour in range(3)])
    there = read(store, register())
    there.fields["serial"][1] = "S2"
    store.replace(register(), YEAR, Columns(there.time_ms[:2], {k: v[:2] for k, v in there.fields.items()}))
    assert read(store, register()).fields["serial"].tolist() == ["S1", "S2"]


def test_replace_leaves_out_a_row_of_which_every_field_is_absent(store: Store) -> None:
    series = SeriesId(CONSUMPTION, "m1", "electricity")
    columns = hours({0: 1, 1: 2, 2: 3})
    for values in columns.fields.values():
        values[1] = np.nan
    store.replace(series, YEAR, hours({1: 5}))
    store.replace(series, YEAR, columns)
    assert values_by_hour(read(store, series)) == {0: 1, 2: 3}


@pytest.mark.parametrize("wrong", [{-1: 1.0}, {8760: 1.0}, {0: np.inf}])
def test_replace_refuses_rows_outside_its_window_and_endless_numbers(store: Store, wrong: dict[int, float]) -> None:
    series = SeriesId(CONSUMPTION, "m1", "electricity")
    with pytest.raises(ValueError):
        store.replace(series, YEAR, hours(wrong))
    assert store.ids(CONSUMPTION) == []


def test_neighbours_are_the_nearest_on_both_sides_and_not_the_time_itself(store: Store) -> None:
    store.write([reading(hour, hour) for hour in (0, 1, 2, 3, 5)])
    at = from_ms(T0 + 2 * HOUR_MS)
    before, after = store.neighbours(register(), at, count=2)
    assert [(t - T0) // HOUR_MS for t in before] == [1, 0]
    assert [(t - T0) // HOUR_MS for t in after] == [3, 5]
    assert store.neighbours(register(), at) == ([T0 + HOUR_MS], [T0 + 3 * HOUR_MS])
    assert store.neighbours(register(), from_ms(T0)) == ([], [T0 + HOUR_MS])


def test_neighbours_are_found_however_far_they_are(store: Store) -> None:
    far = T0 - 5 * 366 * 24 * HOUR_MS
    store.write([Point(register(), time_ms, (1.0, 0.0, "good", "")) for time_ms in (far, far + HOUR_MS, T0)])
    assert store.neighbours(register(), from_ms(T0), count=3) == ([far + HOUR_MS, far], [])
    assert store.neighbours(register(), from_ms(far + HOUR_MS), count=3) == ([far], [T0])


def test_a_neighbour_is_any_row_whichever_fields_it_has(store: Store) -> None:
    series = SeriesId(FIGURE, "school", "electricity", DAY)
    store.write(
        [
            Point(series, T0, (None, None, None, 0.1, 0.0, None)),
            Point(series, T0 + 1, (1.0, None, None, 1.0, 0.0, None)),
        ]
    )
    assert store.neighbours(series, from_ms(T0 + 2), count=2) == ([T0 + 1, T0], [])


def test_latest_is_the_last_row_with_the_fields_of_that_row_alone(store: Store) -> None:
    series = SeriesId(FIGURE, "school", "electricity", DAY)
    store.write(
        [
            Point(series, T0, (1.0, 0.5, 1.5, 1.0, 0.0, None)),
            Point(series, T0 + 5, (None, None, None, 0.5, None, None)),
        ]
    )
    store.write([reading(0, 1), reading(2, 3), reading(1, 2)])
    assert store.latest([series, register(), register("nobody")]) == {
        series: Point(series, T0 + 5, (None, None, None, 0.5, None, None)),
        register(): reading(2, 3),
    }


def test_ids_are_the_series_that_hold_rows(store: Store) -> None:
    ids = [register("m2"), register("m1", "water"), register("m1")]
    store.write([reading(0, 1, series) for series in ids])
    assert store.ids(REGISTER) == sorted(ids)
    assert store.ids(FIGURE) == []


def test_what_one_opener_wrote_another_sees(open_store: Open) -> None:
    writer, reader = open_store(), open_store()
    assert len(read(reader, register())) == 0
    writer.write([reading(0, 1)])
    assert values_by_hour(read(reader, register())) == {0: 1}
    reader.write([reading(0, 2)])
    assert values_by_hour(read(writer, register())) == {0: 2}
    assert len(writer.conflicts()) == 1


_values = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


@LAW
@given(rows=st.lists(st.tuples(st.integers(0, 20), _values), max_size=30), data=st.data())
def test_law_the_last_value_of_each_identity_stands_and_writing_again_changes_nothing(
    store: Store, rows: list[tuple[int, float]], data: st.DataObject
) -> None:
    series = register(f"law{next(_fresh)}")
    cut = data.draw(st.integers(0, len(rows)))
    points = [reading(hour, value, series) for hour, value in rows]
    for part in (points[:cut], points[cut:]):
        store.write(part)
    assert values_by_hour(read(store, series)) == dict(rows)
    last = [reading(hour, value, series) for hour, value in dict(rows).items()]
    assert store.write(last).conflicts == ()
    assert values_by_hour(read(store, series)) == dict(rows)


_series_of_hours = st.dictionaries(st.integers(0, 30), _values, max_size=12)


@LAW
@given(before=_series_of_hours, after=_series_of_hours, bounds=st.tuples(st.integers(0, 30), st.integers(0, 30)))
def test_law_replace_is_exact_inside_and_touches_nothing_outside(
    store: Store, before: dict[int, float], after: dict[int, float], bounds: tuple[int, int]
) -> None:
    series = SeriesId(CONSUMPTION, f"law{next(_fresh)}", "water")
    start, end = sorted(bounds)
    inside = {hour: value for hour, value in after.items() if start <= hour < end}
    outside = {hour: value for hour, value in before.items() if not start <= hour < end}
    store.replace(series, YEAR, hours(before))
    for _ in range(2):
        store.replace(series, (from_ms(T0 + start * HOUR_MS), from_ms(T0 + end * HOUR_MS)), hours(inside))
        assert values_by_hour(read(store, series)) == outside | inside
