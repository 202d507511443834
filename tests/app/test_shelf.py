"""A shelf over a store is the store: what is replaced is read back at once, and is stored once it is flushed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.shelf import Shelf
from app.sums import ALL_TIME
from campus.schema import FIGURE, HOUR, Columns, Point, SeriesId, from_ms, to_ms
from store.sqlite import SqliteStore, open_sqlite
from tests.sizes import examples

START = datetime(2026, 1, 1, tzinfo=UTC)
T0 = to_ms(START)
HOUR_MS = 3_600_000
_fresh = count()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_sqlite(tmp_path / "store.db")
    yield store
    store.close()


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def rows(values: dict[int, float]) -> Columns:
    times = np.array([T0 + hour * HOUR_MS for hour in sorted(values)], np.int64)
    return Columns(times, {"value": np.array([values[hour] for hour in sorted(values)], np.float64)})


def held(columns: Columns) -> dict[int, float]:
    return dict(zip(((columns.time_ms - T0) // HOUR_MS).tolist(), columns.value.tolist(), strict=True))


spans = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: tuple(sorted(pair)))
replaces = st.tuples(st.just("replace"), spans, st.dictionaries(st.integers(0, 30), st.floats(0, 9), max_size=8))
reads = st.tuples(st.just("read"), spans, st.none())
others = st.tuples(st.sampled_from(("latest", "flush", "all")), st.none(), st.none())


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.dictionaries(st.integers(0, 30), st.floats(0, 9)), acts=st.lists(replaces | reads | others, max_size=9)
)
def test_law_a_shelf_answers_as_the_store_would_and_leaves_it_so(store: SqliteStore, before, acts) -> None:
    number = next(_fresh)
    ids = [SeriesId(FIGURE, f"{name}{number}", "electricity", HOUR) for name in ("shelved", "direct")]
    for series in ids:
        store.replace(series, (at(0), at(31)), rows(before))
    shelf, (mine, plain) = Shelf(store), ids
    for act, span, values in acts:
        if act == "flush":
            shelf.flush()
        elif act == "latest":
            one, other = shelf.latest([mine]).get(mine), store.latest([plain]).get(plain)
            assert (one and one[1:]) == (other and other[1:])
        elif act == "all":
            assert held(shelf.series([mine], *ALL_TIME)[mine]) == held(store.series([plain], *ALL_TIME)[plain])
        elif act == "read":
            window = at(span[0]), at(span[1])
            assert held(shelf.series([mine], *window)[mine]) == held(store.series([plain], *window)[plain])
        else:
            inside = rows({hour: value for hour, value in values.items() if span[0] <= hour < span[1]})
            shelf.replace(mine, (at(span[0]), at(span[1])), inside)
            store.replace(plain, (at(span[0]), at(span[1])), inside)
    shelf.flush()
    stored = store.series(ids, at(0), at(31))
    assert held(stored[mine]) == held(stored[plain])


def test_what_is_held_is_not_read_again(store: SqliteStore) -> None:
    series = SeriesId(FIGURE, "school", "water", HOUR)
    store.replace(series, (at(0), at(9)), rows(dict.fromkeys(range(9), 1.0)))
    shelf = Shelf(store)
    for _ in range(3):
        assert len(shelf.series([series], at(0), at(9))[series]) == 9
    assert (shelf.spent.rows_read, shelf.spent.rows_written) == (9, 0)


def test_what_is_held_to_be_just_so_is_not_written(store: SqliteStore) -> None:
    series = SeriesId(FIGURE, "school", "water", HOUR)
    store.replace(series, (at(0), at(9)), rows(dict.fromkeys(range(9), 1.0)))
    shelf = Shelf(store)
    shelf.series([series], at(0), at(9))
    shelf.replace(series, (at(2), at(5)), rows(dict.fromkeys(range(2, 5), 1.0)))
    shelf.flush()
    assert shelf.spent.rows_written == 0
    shelf.replace(series, (at(2), at(6)), rows(dict.fromkeys(range(2, 5), 1.0)))  # one hour is unknown now
    shelf.flush()
    assert shelf.spent.rows_written == 3
    assert held(store.series([series], at(0), at(9))[series]).keys() == {0, 1, 2, 3, 4, 6, 7, 8}


def test_the_last_row_of_what_is_held_to_its_end_is_not_asked_for(store: SqliteStore) -> None:
    series = SeriesId(FIGURE, "school", "water", HOUR)
    store.replace(series, (at(0), at(2)), rows({0: 1.0, 1: 2.0}))
    expected = store.latest([series])
    shelf = Shelf(store)
    shelf.series([series], *ALL_TIME)
    store.close()
    assert shelf.latest([series]) == expected


def test_what_is_written_as_a_point_is_read_back(store: SqliteStore) -> None:
    series = SeriesId(FIGURE, "school", "water", HOUR)
    shelf = Shelf(store)
    assert shelf.latest([series]) == {}
    shelf.write([Point(series, T0, (1.0, None, None, 1.0, 0.0, None))])
    assert shelf.latest([series])[series].time_ms == T0
    assert held(shelf.series([series], at(0), at(1))[series]) == {0: 1.0}
    assert from_ms(shelf.neighbours(series, at(1))[0][0]) == START
