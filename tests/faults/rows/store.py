"""The store is away, refuses some lines or all, or breaks off: InfluxDB's stand-in, and the embedded store.

While it takes nothing, what meters say is journaled and acknowledged; once it does, all of it is there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.contract.influx_standin import ADMIN, Reply, StandIn, Token, standin
from tests.faults import said
from tests.faults.pipe import Pipe, piped, until
from tests.faults.row import Case, Ground, Row

ORG, RAW = "campus", "ours-raw"
RETENTION_DAYS = 400
PER_MESSAGE = 50
POISON = 'serial="POISON'


@contextmanager
def _influx(ground: Ground) -> Iterator[tuple[StandIn, Pipe]]:
    """A pipe into an InfluxDB that has taken its first readings."""
    with standin(ORG, time.time) as server:
        settings = f'[store]\nkind = "influxdb"\nurl = "{server.url}"\norg = "{ORG}"\n'
        with piped(ground, settings=settings, environment={"CAMPUS_INFLUXDB_TOKEN": ADMIN}) as pipe:
            pipe.start()
            pipe.meters.publish(said.mixed(ground, 0, 20))
            pipe.settled()
            yield server, pipe


def _row(server: StandIn, pipe: Pipe, case: str) -> Row:
    store = {"influxdb": server.url, "token": ADMIN, "org": ORG, "bucket": RAW}
    return pipe.row(f"store: {case}", store=store)


def _held_up(
    ground: Ground, case: str, words: str, faults: tuple[Callable[[StandIn], Callable[[], object]], ...]
) -> Row:
    """Let a store take nothing for a while: journaled and acknowledged all the same, alarmed, stored afterwards."""
    with _influx(ground) as (server, pipe):
        mends = [fault(server) for fault in faults]
        pipe.meters.publish(said.mixed(ground, 20, ground.size.messages))
        pipe.come_all()
        until(lambda: pipe.alarmed(words), why=lambda: str(pipe.status("drain")))
        assert not pipe.drained(), "it holds the journal"
        with server.lock:
            for mend in mends:
                mend()
        pipe.settled()
        until(lambda: not pipe.alarmed(words))
        pipe.end_politely()
        return _row(server, pipe, case)


def _fails(status: int, message: str, **headers: str) -> Callable[[StandIn], Callable[[], object]]:
    """Return a fault: writes are answered so, until it is mended."""

    def fault(server: StandIn) -> Callable[[], object]:
        body = json.dumps({"code": "x", "message": message})
        server.failing["/api/v2/write"] = Reply(
            status, body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        return server.failing.clear

    return fault


def _token_gone(server: StandIn) -> Callable[[], object]:
    token = server.tokens.pop(ADMIN)
    return lambda: server.tokens.update({ADMIN: token})


def _may_only_read(server: StandIn) -> Callable[[], object]:
    token = server.tokens[ADMIN]
    server.tokens[ADMIN] = Token(token.id, ADMIN, frozenset(bucket.id for bucket in server.buckets.values()))
    return lambda: server.tokens.update({ADMIN: token})


def _bucket_gone(server: StandIn) -> Callable[[], object]:
    bucket = server.buckets.pop(RAW)
    return lambda: server.buckets.update({RAW: bucket})


def _401(ground: Ground) -> Row:
    return _held_up(ground, "401, the token is not known", "does not know the token", (_token_gone,))


def _403(ground: Ground) -> Row:
    return _held_up(ground, "403, the token may only read", "may not do this", (_may_only_read,))


def _404(ground: Ground) -> Row:
    return _held_up(ground, "404, the bucket is not there", "bucket or organisation is not there", (_bucket_gone,))


def _429(ground: Ground) -> Row:
    return _held_up(ground, "429 with Retry-After", "too busy", (_fails(429, "limit", Retry_After="2"),))


def _503(ground: Ground) -> Row:
    return _held_up(ground, "503", "it is in trouble", (_fails(503, "restarting"),))


def _poisoned(ground: Ground, bad: int, case: str) -> Row:
    """Let some lines of a batch not parse: InfluxDB then stores none of it, and names them."""
    messages = said.plain(ground, 20, ground.size.messages)
    for n in range(bad):
        at = n * len(messages) // bad
        topic, payload = messages[at]
        messages[at] = topic, json.dumps(json.loads(payload) | {"serial": f"POISON{n}"}).encode()
    with _influx(ground) as (server, pipe):
        server.unreadable = POISON
        pipe.meters.publish(messages)
        pipe.settled()
        pipe.end_politely()
        row = _row(server, pipe, case)
    assert row.quarantined == bad + _refused_at_first(ground), row
    return row


def _refused_at_first(ground: Ground) -> int:
    """Return how many of the first messages are no readings."""
    return sum(
        topic == "ours/nobody" or payload.startswith(b"broken") for topic, payload in said.mixed(ground, 0, 20)
    )


def _400_one(ground: Ground) -> Row:
    return _poisoned(ground, 1, "400, one line of a batch does not parse")


def _400_many(ground: Ground) -> Row:
    return _poisoned(ground, ground.size.messages // 4, "400, a quarter of the lines do not parse")


def _413(ground: Ground) -> Row:
    with _influx(ground) as (server, pipe):
        server.most_bytes = 4_000
        pipe.meters.publish(said.mixed(ground, 20, ground.size.messages))
        pipe.settled()
        pipe.end_politely()
        return _row(server, pipe, "413, no more than 4 kB at a time")


def _422(ground: Ground) -> Row:
    """Let a tenth of what is sent lie before the bucket's retention: the server drops it and stores the rest."""
    now_ms, count = int(time.time() * 1000), ground.size.messages // 10
    fresh = [
        (f"ours/m{n % said.METERS}", json.dumps({"time": now_ms - n * said.MINUTE_MS, "register": float(n)}).encode())
        for n in range(9 * count)
    ]
    old = said.plain(ground, 20, count)
    messages = [told for n in range(count) for told in (*fresh[9 * n : 9 * n + 9], old[n])]
    with _influx(ground) as (server, pipe):
        server.buckets[RAW].every_s = RETENTION_DAYS * 86_400
        pipe.meters.publish(messages)
        pipe.settled()
        pipe.end_politely()
        return _row(server, pipe, "422, a tenth of a batch lies before the bucket's retention")


def _cut(ground: Ground) -> Row:
    with _influx(ground) as (server, pipe):
        server.cuts = 1
        pipe.meters.publish(said.mixed(ground, 20, ground.size.messages))
        pipe.settled()
        pipe.end_politely()
        assert server.cuts == 0
        return _row(server, pipe, "connection cut after the write, before its answer")


def _away_long(ground: Ground) -> Row:
    with piped(ground) as pipe:
        pipe.store.mkdir(parents=True)
        pipe.start()
        pipe.meters.publish(said.batches(ground, ground.size.waiting // PER_MESSAGE, PER_MESSAGE))
        pipe.come_all()
        until(lambda: pipe.alarmed("it cannot be opened"))
        pipe.store.rmdir()
        pipe.settled()
        until(lambda: not pipe.alarmed("it cannot be opened"))
        pipe.end_politely()
        return pipe.row(f"store: away for long, {ground.size.waiting:,} readings waiting")


CASES: dict[str, Case] = {
    "away for long": _away_long,
    "400, one line": _400_one,
    "400, many lines": _400_many,
    "401": _401,
    "403": _403,
    "404": _404,
    "413": _413,
    "422": _422,
    "429": _429,
    "503": _503,
    "cut after the write": _cut,
}
