"""Queries nobody can break out of, and CSV read in one pass."""

from __future__ import annotations

import csv
from functools import partial
from io import StringIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.errors import StoreUnavailable
from campus.schema import CONSUMPTION, DAY, FIGURE, REGISTER, SeriesId
from store import flux
from store.lineprotocol import tags_of
from tests.contract.influx_flux import STAGES
from tests.contract.influx_flux import Table as StandInTable

RANGE = "2026-01-01T00:00:00Z,2026-01-02T00:00:00Z"
ANSWER = (
    ",result,table,_start,_stop,_time,_value,_field,_measurement,meter,quantity\r\n"
    f',_result,0,{RANGE},2026-01-01T00:00:00Z,0.5,coverage,consumption,"a,b",water\r\n'
    f',_result,1,{RANGE},2026-01-01T00:00:00Z,1,value,consumption,"a,b",water\r\n'
    f',_result,1,{RANGE},2026-01-01T01:00:00.5Z,2.25,value,consumption,"a,b",water\r\n'
    "\r\n"
    ",result,table,_start,_stop,_time,_value,_field,_measurement,meter,quantity\r\n"
    f",_result,2,{RANGE},2026-01-01T02:00:00.123456789Z,3,value,consumption,二号,gas\r\n"
    "\r\n"
)
T0 = 1_767_225_600_000


def test_fields_with_different_times_are_put_side_by_side() -> None:
    found = flux.columns(flux.tables(ANSWER))
    series = SeriesId(CONSUMPTION, "a,b", "water")
    assert set(found) == {series, SeriesId(CONSUMPTION, "二号", "gas")}
    assert found[series].time_ms.tolist() == [T0, T0 + 3_600_500]
    assert found[series].value.tolist() == [1.0, 2.25]
    np.testing.assert_array_equal(found[series].fields["coverage"], [0.5, np.nan])
    np.testing.assert_array_equal(found[series].fields["estimated"], [np.nan, np.nan])


_name = st.text('ab,"二 ', min_size=1, max_size=4)
_rows = st.lists(st.tuples(st.integers(0, 9_999), st.floats(-1e9, 1e9)), max_size=5)


@settings(deadline=None)
@given(told=st.lists(st.tuples(st.integers(1, 3), _name, _rows), max_size=6))
def test_law_whatever_the_names_and_numbers_of_tables_every_row_is_read(told) -> None:  # type: ignore[no-untyped-def]
    header = [
        "",
        "result",
        "table",
        "_start",
        "_stop",
        "_time",
        "_value",
        "_field",
        "_measurement",
        "meter",
        "quantity",
    ]
    out, number, expected = StringIO(newline=""), 0, []
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for skipped, name, rows in told:
        number += skipped
        for second, value in rows:
            time = f"2026-01-01T00:00:00.{second:04d}Z"
            writer.writerow(
                ["", "_result", number, *RANGE.split(","), time, repr(value), "value", "c", name, "water"]
            )
        if rows:
            times = [f"2026-01-01T00:00:00.{second:04d}Z" for second, _ in rows]
            expected.append((name, times, [repr(value) for _, value in rows]))
    found = flux.tables(out.getvalue() + "\r\n")
    assert [(table.tags["meter"], table.times, table.values) for table in found] == expected


def test_times_finer_than_a_millisecond_fall_into_theirs() -> None:
    assert flux.milliseconds(["2026-01-01T00:00:00.123456789Z"]).tolist() == [T0 + 123]


def test_an_answer_without_rows_has_no_tables() -> None:
    assert list(flux.tables("\r\n")) == []


def test_a_query_broken_off_after_rows_is_no_short_answer() -> None:
    broken = ANSWER + ",error,reference\r\n,memory allocation limit reached,897\r\n"
    with pytest.raises(StoreUnavailable, match="memory allocation limit reached"):
        list(flux.tables(broken))


def test_a_query_names_measurement_and_tags() -> None:
    where = flux.of_series([SeriesId(REGISTER, "m1", "water")], ("value",))
    expected = 'r._measurement == "register" and r.meter == "m1" and r.quantity == "water" and r._field == "value"'
    assert where == expected
    assert flux.rows("school-raw", (T0, T0 + 1), where) == (
        'from(bucket: "school-raw") |> range(start: 2026-01-01T00:00:00.000Z, stop: 2026-01-01T00:00:00.001Z)'
        f' |> filter(fn: (r) => {expected}) |> drop(columns: ["_start", "_stop"])'
    )


IDS = st.builds(partial(SeriesId, FIGURE), *(st.sampled_from([f"{tag}{n}" for n in range(4)]) for tag in "snr"))


@given(st.sets(IDS, min_size=1))
def test_law_the_condition_holds_for_the_series_asked_for_and_no_other(asked: set[SeriesId]) -> None:
    where = flux.of_series(sorted(asked))
    every = {SeriesId(FIGURE, f"s{a}", f"n{b}", f"r{c}") for a in range(4) for b in range(4) for c in range(4)}
    assert {one for one in every if holds(where, one)} == asked


def holds(where: str, one: SeriesId) -> bool:
    """Whether a condition holds for a series, as the stand-in reads it."""
    row = {"_measurement": one.measurement} | tags_of(one)
    return bool(STAGES["filter"]([StandInTable(row, [])], f"fn: (r) => {where}"))


def test_what_occurs_with_the_same_others_is_asked_for_together() -> None:
    places, kinds = ("school", "meter/m1", "meter/m2"), ("water", "heat")
    where = flux.of_series([SeriesId(FIGURE, place, kind, DAY) for kind in kinds for place in places])
    assert where.count("==") == 1 + len(places) + len(kinds) + 1


@pytest.mark.parametrize("name, literal", [('a"b', '"a\\"b"'), ("a\\", '"a\\\\"'), ("${x}", '"\\${x}"')])
def test_a_name_cannot_end_its_literal_or_begin_an_expression(name: str, literal: str) -> None:
    assert f"r.subject == {literal}" in flux.of_series([SeriesId(FIGURE, name, "water", DAY)])
