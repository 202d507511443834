"""The witness of the fault matrix: what became of every message a publisher got acknowledged.

It shares no code with the pipe: it reads journal, store and quarantine as bytes, SQL and HTTP. Run as a program:
`python witness.py JOB.json` prints one JSON line. The job names `published` (a line [topic, payload in base64] per
acknowledgement), `journal` (folder), `quarantine` (SQLite file), `store` ({"sqlite": file}, or {"influxdb": url,
"token", "org", "bucket"}), and, where the broker itself may have lost some, `kept`: like `published`, what it gave to
another session that was away just as long. `energy` asks for the hours too (SQLite).

What is counted is items: a reading, or a message that holds none. An item is (topic, payload, its number in it).
"""

from __future__ import annotations

import base64
import csv
import gzip
import json
import sqlite3
import struct
import sys
import urllib.request
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

Told = tuple[str, bytes]
Item = tuple[str, bytes, int]
Identity = tuple[str, int]  # meter, time [epoch ms]
HOUR_MS = 3_600_000
NEAR = 1e-6  # of a register's value: what a store may round


def told(path: Path) -> Iterator[Told]:
    """Yield the messages of a list."""
    for line in path.read_text(encoding="utf-8").splitlines():
        topic, payload = json.loads(line)
        yield topic, base64.b64decode(payload)


def journaled(folder: Path) -> list[Told]:
    """Return the messages of all journals in order of arrival; a torn end is no message, any other fault is one."""
    found: list[tuple[int, Told]] = []
    for path in sorted(folder.glob("*/*.seg*")):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        place = 4
        while place + 8 <= len(data):
            length, checksum = struct.unpack_from("<II", data, place)
            body = data[place + 8 : place + 8 + length]
            if len(body) < length:
                break
            if zlib.crc32(body) != checksum:
                raise SystemExit(f"{path}: wrong checksum at byte {place}")
            arrived_ms, flags, topic_length = struct.unpack_from("<QBH", body)
            if not flags & 2:
                found.append((arrived_ms, (body[11 : 11 + topic_length].decode(), body[11 + topic_length :])))
            place += 8 + length
    return [message for _, message in sorted(found, key=lambda one: one[0])]


def readings(payload: bytes) -> list[tuple[int, float] | None]:
    """Return (time [epoch ms], register) of each entry of a message; None for an entry that is no such thing."""
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return [None]
    listed = body.get("readings", [body]) if isinstance(body, dict) else None
    entries = listed if isinstance(listed, list) and listed else [None]
    return [
        (entry["time"], float(entry["register"]))
        if isinstance(entry, dict) and type(entry.get("time")) is int and type(entry.get("register")) in (int, float)
        else None
        for entry in entries
    ]


def items(messages: Iterator[Told] | list[Told]) -> Iterator[tuple[Item, tuple[Identity, float] | None]]:
    """Yield each item of messages, and whose reading it is if it is one."""
    for topic, payload in messages:
        for number, read in enumerate(readings(payload)):
            meter = topic.rsplit("/", 1)[-1]
            yield (topic, payload, number), None if read is None else ((meter, read[0]), read[1])


def fetch(path: str, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def stored(where: dict[str, str]) -> list[tuple[Identity, float]]:
    """Return every register the store holds."""
    if "sqlite" in where:
        rows = fetch(where["sqlite"], "SELECT meter, time_ms, value FROM register_view")
        return [((meter, time_ms), value) for meter, time_ms, value in rows]
    wanted = 'filter(fn: (r) => r._measurement == "register" and r._field == "value")'
    flux = f'from(bucket: "{where["bucket"]}") |> range(start: 0, stop: 4102444800) |> {wanted}'
    headers = {"Authorization": f"Token {where['token']}", "Content-Type": "application/vnd.flux"}
    url = f"{where['influxdb']}/api/v2/query?org={where['org']}"
    request = urllib.request.Request(url, flux.encode(), headers | {"Accept": "application/csv"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        text = answer.read().decode()
    found, header = [], None
    for row in csv.reader(text.splitlines()):
        if len(row) < 2:
            header = None
        elif header is None:
            header = row
        else:
            cells = dict(zip(header, row, strict=True))
            found.append(((cells["meter"], milliseconds(cells["_time"])), float(cells["_value"])))
    return found


def milliseconds(text: str) -> int:
    """Return epoch milliseconds of a UTC time as InfluxDB writes it."""
    ((found,),) = sqlite3.connect(":memory:").execute("SELECT strftime('%s', ?)", (text[:19],)).fetchall()
    fraction = text[19:].removeprefix(".").removesuffix("Z")
    return int(found) * 1000 + int((fraction + "000")[:3])


def witness(job: dict[str, Any]) -> dict[str, int]:
    """Return the counts of a row."""
    sent = list(items(told(Path(job["published"]))))
    arrived, meant = list(items(journaled(Path(job["journal"])))), dict(sent)
    last = {identity: value for _, read in arrived if read is not None for identity, value in (read,)}
    rows = stored(job["store"])
    there = dict(rows)
    held_rows = fetch(job["quarantine"], "SELECT topic, payload, item, reason, detail FROM quarantine")
    held = {(topic, payload, number) for topic, payload, number, _, _ in held_rows}
    kept = told(Path(job["kept"])) if "kept" in job else iter(())
    come = {item for item, _ in arrived} | {item for item, _ in items(kept)}
    fates = {item: fate(item, read, (held, there, last)) for item, read in meant.items()}
    counts = Counter(fates.values())
    missing = [item for item, end in fates.items() if end == "missing"]
    by_broker = sum(item not in come for item in missing) if "kept" in job else 0
    known = {read for read in meant.values() if read is not None}
    wrong = energy(job["store"]["sqlite"]) if job.get("energy") else 0
    return {
        "sent": len(sent),
        "stored": counts["stored"],
        "duplicate": len(arrived) - len({item for item, _ in arrived}),
        "conflict": counts["conflict"],
        "quarantined": counts["held"],
        "lost_by_broker": by_broker,
        "lost": len(missing) - by_broker,
        "counted_twice": len(rows) - len(there) + counts["both"] + wrong,
        "invented": sum(not near(identity, value, known) for identity, value in rows) + len(unsent(held, meant)),
        "quarantined_without_reason": sum(not (reason and detail) for _, _, _, reason, detail in held_rows),
    }


def fate(item: Item, read: tuple[Identity, float] | None, found: tuple[set[Item], dict, dict]) -> str:
    """Return what became of an item: held, stored, conflict (a later value stands), both, or missing."""
    held, there, last = found
    # A message without a reading, or of nobody's meter, is held whole.
    is_held = item in held or ((*item[:2], 0) in held and (read is None or read[0] not in there))
    if read is None:
        return "held" if is_held else "missing"
    identity, value = read
    stands = there.get(identity)
    is_stored = stands is not None and abs(stands - value) <= NEAR * max(1.0, abs(value))
    if is_held:
        return "both" if is_stored and value == last.get(identity) else "held"
    if is_stored:
        return "stored"
    return "conflict" if stands is not None and stands == last.get(identity) else "missing"


def near(identity: Identity, value: float, known: set[tuple[Identity, float]]) -> bool:
    """Whether somebody sent what the store holds."""
    return (identity, value) in known or any(
        one == identity and abs(value - said) <= NEAR * max(1.0, abs(said)) for one, said in known
    )


def unsent(held: set[Item], meant: dict[Item, Any]) -> set[Told]:
    """Return what is in quarantine and nobody sent."""
    return {item[:2] for item in held} - {item[:2] for item in meant}


def energy(store: str) -> int:
    """Return how many meters have other hours than their registers say, by the whole hours both know."""
    wrong = 0
    for (meter,) in fetch(store, "SELECT DISTINCT meter FROM register_view"):
        registers = dict(fetch(store, f"SELECT time_ms, value FROM register_view WHERE meter = '{meter}'"))
        whole = sorted(time_ms for time_ms in registers if time_ms % HOUR_MS == 0)
        hours = fetch(
            store,
            f"SELECT value FROM consumption_view WHERE meter = '{meter}' AND time_ms >= {whole[0]} "
            f"AND time_ms < {whole[-1]}",
        )
        used = registers[whole[-1]] - registers[whole[0]]
        wrong += abs(sum(value for (value,) in hours) - used) > NEAR * max(1.0, used)
    return wrong


if __name__ == "__main__":
    print(json.dumps(witness(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
