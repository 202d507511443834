"""InfluxDB in particular: buckets, tags, deletes, what it refuses, and what is said when it cannot."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from campus.errors import StoreUnavailable
from campus.schema import CONSUMPTION, DAY, FIGURE, REGISTER, Columns, Point, SeriesId, from_ms, to_ms
from store import influx_buckets, influx_http
from store.influx import InfluxStore, open_influx
from store.influx_buckets import ensure_buckets
from store.refusals import deliver
from tests.contract.influx_standin import ADMIN, Reply, StandIn, Token, standin

HOUR_MS = 3_600_000
T0 = to_ms(datetime(2026, 1, 1, tzinfo=UTC))
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
METER = SeriesId(REGISTER, "m1", "electricity")
USE = SeriesId(CONSUMPTION, "m1", "electricity")


@pytest.fixture
def server() -> Iterator[StandIn]:
    with standin("campus", time.time) as server:
        link = influx_http.connect(server.url, ADMIN, "campus")
        assert ensure_buckets(link, "school") == ["school-raw", "school"]
        link.client.close()
        yield server


@pytest.fixture
def store(server: StandIn) -> Iterator[InfluxStore]:
    store = open_influx(server.url, ADMIN, "campus", "school")
    yield store
    store.close()


def use(hour: int, value: float, coverage: float | None = 1.0) -> Point:
    return Point(USE, T0 + hour * HOUR_MS, (value, coverage, 0.0, 0.0))


def hours(values: dict[int, float]) -> Columns:
    times = np.array([T0 + hour * HOUR_MS for hour in values], np.int64)
    return Columns(times, {n: np.array(list(values.values()), float) for n in ("value", "coverage", "estimated")})


def read(store: InfluxStore, series: SeriesId = USE) -> dict[float, float]:
    columns = store.series([series], *YEAR)[series]
    return dict(zip(((columns.time_ms - T0) / HOUR_MS).tolist(), columns.value.tolist(), strict=True))


def sent(server: StandIn, path: str) -> list[str]:
    return [body for _, url, body in server.requests if url.startswith(path)]


def raw(server: StandIn, bucket: str, *lines: str) -> None:
    """Write lines as some other program would."""
    link = influx_http.connect(server.url, ADMIN, "campus")
    assert influx_http.write(link, bucket, list(lines)) is None
    link.client.close()


def test_buckets_keep_for_ever_in_shards_of_a_month_and_of_a_year(server: StandIn) -> None:
    rules = {name: (bucket.every_s, bucket.shard_s) for name, bucket in server.buckets.items()}
    assert rules == {"school-raw": (0, 30 * 86_400), "school": (0, 365 * 86_400)}


def test_buckets_that_are_there_are_left_alone(server: StandIn) -> None:
    link = influx_http.connect(server.url, ADMIN, "campus")
    server.buckets["school"].shard_s = 604_800
    assert ensure_buckets(link, "school") == []
    assert server.buckets["school"].shard_s == 604_800
    link.client.close()


def test_a_bucket_another_process_made_meanwhile_is_as_good_as_ours(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, looked = influx_http.connect(server.url, ADMIN, "campus"), influx_buckets._exists
    seen: list[str] = []

    def not_yet(of: influx_http.Server, name: str) -> bool:
        seen.append(name)
        return seen.count(name) > 1 and looked(of, name)

    monkeypatch.setattr(influx_buckets, "_exists", not_yet)
    ensure_buckets(link, "school")
    assert set(server.buckets) == {"school-raw", "school"} and len(seen) == 4
    link.client.close()


def test_an_unknown_organisation_is_said_so(server: StandIn) -> None:
    link = influx_http.connect(server.url, ADMIN, "nope")
    with pytest.raises(StoreUnavailable, match="no organisation 'nope': correct it in the settings"):
        ensure_buckets(link, "other")
    link.client.close()


def test_tags_are_identity_and_nothing_else_and_numbers_are_floats(server: StandIn, store: InfluxStore) -> None:
    store.write([Point(METER, T0, (1, 0.0, "good", 'S "1"'))])  # type: ignore[arg-type]
    store.write([Point(SeriesId(FIGURE, "meter/a b", "tco2e", DAY), T0, (1e-9, None, None, 1.0, 0.0, None))])
    assert sent(server, "/api/v2/write") == [
        f'register,meter=m1,quantity=electricity value=1.0,seconds=0.0,quality="good",serial="S \\"1\\"" {T0}',
        f"figure,figure=tco2e,resolution=day,subject=meter/a\\ b value=1e-09,coverage=1.0,estimated=0.0 {T0}",
    ]
    assert list(server.buckets["school-raw"].series) == [("register", (("meter", "m1"), ("quantity", "electricity")))]


def test_replace_deletes_each_stretch_of_stale_rows_with_one_request_and_nothing_where_none_is(
    server: StandIn, store: InfluxStore
) -> None:
    store.replace(USE, YEAR, hours({hour: hour for hour in range(10)}))
    assert sent(server, "/api/v2/delete") == []
    store.replace(USE, YEAR, hours({0: 0, 3: 3, 9: 9}))
    assert read(store) == {0: 0, 3: 3, 9: 9}
    deletes = [json.loads(body) for body in sent(server, "/api/v2/delete")]
    assert [(body["start"][11:], body["stop"][11:]) for body in deletes] == [
        ("01:00:00.000Z", "02:00:00.000999999Z"),
        ("04:00:00.000Z", "08:00:00.000999999Z"),
    ]
    assert {body["predicate"] for body in deletes} == {
        '_measurement="consumption" AND meter="m1" AND quantity="electricity"'
    }


def test_a_delete_stops_before_the_next_millisecond(store: InfluxStore) -> None:
    times = np.array([T0, T0 + 1, T0 + 2], np.int64)
    fields = {name: np.ones(3) for name in ("value", "coverage", "estimated")}
    store.replace(USE, YEAR, Columns(times, fields))
    store.replace(USE, YEAR, Columns(times[[0, 2]], {name: values[[0, 2]] for name, values in fields.items()}))
    assert store.series([USE], *YEAR)[USE].time_ms.tolist() == [T0, T0 + 2]


@pytest.mark.parametrize("passing", range(5))
def test_replace_broken_off_anywhere_is_put_right_by_running_it_again(
    server: StandIn, store: InfluxStore, passing: int
) -> None:
    store.replace(USE, YEAR, hours({0: 1, 1: 2, 2: 3}))
    new = hours({0: 10, 1: 20})
    new.fields["coverage"][0] = np.nan
    server.planned = [*[None] * passing, Reply(503, '{"code": "unavailable", "message": "restarting"}')]
    with pytest.raises(StoreUnavailable, match="restarting"):
        store.replace(USE, YEAR, new)
    store.replace(USE, YEAR, new)
    assert read(store) == {0: 10, 1: 20}
    np.testing.assert_array_equal(store.series([USE], *YEAR)[USE].fields["coverage"], [np.nan, 20])


def test_a_field_of_another_type_is_refused_and_the_good_lines_are_stored(
    server: StandIn, store: InfluxStore
) -> None:
    raw(server, "school", f'consumption,meter=other,quantity=x coverage="high" {T0}')
    written = store.write([use(0, 1, None), use(1, 2), use(2, 3, None), use(3, 4), use(4, 5, None)])
    assert [refused.point for refused in written.refused] == [use(1, 2), use(3, 4)]
    assert all("already exists as type string" in refused.reason for refused in written.refused)
    assert read(store) == {0: 1, 2: 3, 4: 5}


def test_rows_that_replace_cannot_write_are_an_error_and_not_left_out_in_silence(
    server: StandIn, store: InfluxStore
) -> None:
    raw(server, "school", f'consumption,meter=other,quantity=x coverage="high" {T0}')
    told = "refused 1 of 1 rows, consumption,meter=m1,quantity=electricity: .*type string"
    with pytest.raises(StoreUnavailable, match=told):
        store.replace(USE, YEAR, hours({0: 1}))


def test_points_beyond_the_retention_are_refused_at_little_cost(server: StandIn, store: InfluxStore) -> None:
    server.buckets["school"].every_s = 400 * 86_400
    old = [Point(USE, to_ms(datetime(2020, 1, 1, tzinfo=UTC)) + n, (1.0, 1.0, 0.0, 0.0)) for n in range(500)]
    now_ms = int(time.time() * 1000)
    written = store.write([*old, *(Point(USE, now_ms + n, (2.0, 1.0, 0.0, 0.0)) for n in range(500))])
    assert [refused.point for refused in written.refused] == old
    assert "outside retention policy" in written.refused[0].reason
    assert len(store.series([USE], from_ms(now_ms), from_ms(now_ms + 1_000))[USE]) == 500
    assert sum(not body.startswith("packed") for body in sent(server, "/api/v2/write")) <= 3


@pytest.mark.parametrize("names", [True, False])
def test_lines_that_do_not_parse_are_found_whether_named_or_not(server: StandIn, names: bool) -> None:
    server.names_bad_lines = names
    link = influx_http.connect(server.url, ADMIN, "campus")
    lines = [f"consumption,meter=m1,quantity=water value={n}.0 {T0 + n}" for n in range(20)]
    lines[3] = f"consumption,meter=m1,quantity=water value= {T0}"
    lines[17] = "not line protocol at all"
    refused = deliver(lines, lambda part: influx_http.write(link, "school", part))
    assert set(refused) == {3, 17}
    assert ("missing field value" in refused[3]) is names
    ((_, fields),) = server.buckets["school"].series.items()
    assert len(fields["value"]) == 18
    link.client.close()


def test_too_large_a_batch_is_split(server: StandIn, store: InfluxStore) -> None:
    server.most_bytes = 1_000
    assert store.write([use(hour, hour) for hour in range(100)]).refused == ()
    assert len(read(store)) == 100


UNAVAILABLE = {
    401: ("unauthorized access", "set a valid one in CAMPUS_INFLUXDB_TOKEN"),
    403: ("insufficient permissions for write", "give it read and write permission"),
    404: ('bucket "school" not found', "create it, or correct its name"),
    429: ("too many requests", "asked again later"),
    500: ("internal error", "look at its log"),
    503: ("restarting", "look at its log"),
}


@pytest.mark.parametrize("status", UNAVAILABLE)
def test_an_answer_about_the_server_holds_the_write_and_says_what_to_do(
    server: StandIn, store: InfluxStore, status: int
) -> None:
    message, remedy = UNAVAILABLE[status]
    server.planned = [Reply(status, json.dumps({"code": "x", "message": message}))]
    with pytest.raises(StoreUnavailable) as caught:
        store.write([use(0, 1)])
    assert message in str(caught.value) and remedy in str(caught.value) and server.url in str(caught.value)
    assert caught.value.retry_after_s is None
    assert store.write([use(0, 1)]).refused == ()


def test_an_empty_answer_of_a_proxy_is_understood(server: StandIn, store: InfluxStore) -> None:
    server.planned = [Reply(502, "", "text/html")]
    with pytest.raises(StoreUnavailable, match="502"):
        store.write([use(0, 1)])


def test_how_long_to_wait_is_handed_on(server: StandIn, store: InfluxStore) -> None:
    server.planned = [Reply(429, "{}", headers={"Retry-After": "30"})]
    with pytest.raises(StoreUnavailable) as caught:
        store.write([use(0, 1)])
    assert caught.value.retry_after_s == 30


@pytest.mark.parametrize("call", ["write", "series", "replace", "latest", "neighbours", "ids", "conflicts"])
def test_a_server_that_is_not_there_is_said_so_by_every_call(call: str) -> None:
    store = open_influx("http://127.0.0.1:9", ADMIN, "campus", "school")
    calls = {
        "write": lambda: store.write([use(0, 1)]),
        "series": lambda: store.series([USE], *YEAR),
        "replace": lambda: store.replace(USE, YEAR, hours({0: 1})),
        "latest": lambda: store.latest([USE]),
        "neighbours": lambda: store.neighbours(USE, YEAR[0]),
        "ids": lambda: store.ids(CONSUMPTION),
        "conflicts": lambda: store.conflicts(),
    }
    with pytest.raises(
        StoreUnavailable, match=r"127\.0\.0\.1:9: no answer: start it, or correct its address"
    ) as told:
        calls[call]()
    assert "object at" not in str(told.value) and "refused" in str(told.value)
    store.close()


def test_a_wrong_token_reads_nothing_and_says_so(server: StandIn) -> None:
    store = open_influx(server.url, "wrong", "campus", "school")
    with pytest.raises(StoreUnavailable, match="does not know the token"):
        store.latest([USE])
    store.close()


def test_a_token_that_may_only_read_cannot_write(server: StandIn) -> None:
    server.tokens["reader"] = Token("1", "reader", frozenset({server.buckets["school"].id}))
    store = open_influx(server.url, "reader", "campus", "school")
    assert store.latest([USE]) == {}
    with pytest.raises(StoreUnavailable, match="permission"):
        store.write([use(0, 1)])
    store.close()


def test_one_late_reading_in_a_batch_does_not_read_the_year_between(server: StandIn, store: InfluxStore) -> None:
    readings = [Point(METER, T0 + day * 86_400_000 + n, (1.0, 0.0, "good", "")) for day in (0, 300) for n in range(3)]
    store.write(readings)
    ranges = [re.findall(r"(?:start|stop): (\S{24})", flux) for flux in sent(server, "/api/v2/query")]
    spans = [datetime.fromisoformat(stop) - datetime.fromisoformat(start) for start, stop in ranges]
    assert spans == [timedelta(milliseconds=3)] * 2


def test_a_month_of_readings_by_hand_on_school_days_costs_one_query_and_not_one_each(
    server: StandIn, store: InfluxStore
) -> None:
    days = [day for day in range(30) if day % 7 < 5]
    times = [T0 + day * 86_400_000 + day % 3 * 3_600_000 for day in days]
    store.write([Point(METER, time_ms, (1.0, 0.0, "good", "")) for time_ms in times])
    assert len(sent(server, "/api/v2/query")) == 1


def test_what_need_not_be_read_before_a_write_is_not(server: StandIn, store: InfluxStore) -> None:
    store.write([use(hour, hour) for hour in range(100)])
    assert sent(server, "/api/v2/query") == []


def test_conflicts_of_one_moment_do_not_hide_one_another(server: StandIn) -> None:
    store = open_influx(server.url, ADMIN, "campus", "school", clock=lambda: 1_800_000_000.0)
    for value in (1.0, 2.0, 3.0):
        store.write([Point(METER, T0, (value, 0.0, "good", ""))])
    assert [(conflict.old, conflict.new) for conflict in store.conflicts()] == [(2.0, 3.0), (1.0, 2.0)]
    store.close()


def test_conflicts_are_no_readings(store: InfluxStore) -> None:
    for value in (1.0, 2.0):
        store.write([Point(METER, T0, (value, 0.0, "good", ""))])
    assert store.ids(REGISTER) == [METER]
    assert read(store, METER) == {0: 2}
