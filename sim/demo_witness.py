"""The witness of a demonstration: what became of every reading, from bytes and SQL. It shares no code with the pipe.

Run as a program: `python demo_witness.py JOB.json`; prints one JSON line. The job names: published (the list of
acknowledged identities), journal (folder), store and quarantine (SQLite files), school (its TOML), main (the meter
whose readings close the hours that are compared), begin_ms and mailbox (a Maildir).
"""

from __future__ import annotations

import json
import mailbox
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sim.witness import Identity, fetch, journal_messages, published

HOUR_MS = 3_600_000
Meters = dict[str, tuple[str, str]]  # topic -> meter, its first quantity


def meters_of(school: Path) -> Meters:
    """Return who speaks on which topic, as a school's file says."""
    rows = tomllib.loads(school.read_text(encoding="utf-8"))["meter"]
    return {row["topic"]: (row["key"], row["quantity"]) for row in rows}


def identities(topic: str, payload: bytes, meters: Meters) -> list[Identity]:
    """Return the identity of every reading in a message; an unregistered device has the last word of its topic."""
    body = json.loads(payload)
    if topic.endswith("/events/rpc"):
        meter, quantity = meters[topic.removesuffix("/events/rpc")]
        counters = [part for part in body["params"].values() if isinstance(part, dict)]
        return [(meter, quantity, round(body["params"]["ts"] * 1000))] * len(counters)
    meter, quantity = meters.get(topic, (topic.rpartition("/")[2], "electricity"))
    return [(meter, e.get("quantity", quantity), milliseconds(e["time"])) for e in body.get("readings", [body])]


def milliseconds(text: str) -> int:
    """Return epoch milliseconds of a time with its offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def held_identities(quarantine: Path, meters: Meters) -> Iterator[Identity]:
    """Yield the identities of everything in quarantine; a message of an unknown topic is held whole."""
    for topic, payload, item, reason in fetch(quarantine, "SELECT topic, payload, item, reason FROM quarantine"):
        inside = identities(topic, payload, meters)
        yield from inside if reason == "unknown_topic" or item >= len(inside) else [inside[item]]


def witness(job: dict[str, Any]) -> dict[str, Any]:
    """Return what became of what was published, and the stored energy and carbon."""
    meters = meters_of(Path(job["school"]))
    sent = published(Path(job["published"]))
    messages = journal_messages(Path(job["journal"]))
    journaled = Counter(identity for topic, payload in messages for identity in identities(topic, payload, meters))
    held = set(held_identities(Path(job["quarantine"]), meters))
    kept = set(fetch(Path(job["store"]), "SELECT meter, quantity, time_ms FROM register_view"))
    distinct = set(sent)
    end_ms = max(ms for meter, _, ms in sent if meter == job["main"]) // HOUR_MS * HOUR_MS
    return {
        "published": len(sent),
        "journaled": journaled.total(),
        "stored": len(distinct & kept),
        "quarantined": len(distinct & held),
        "duplicates": journaled.total() - len(journaled),
        "lost": len(distinct - kept - held),
        "end_ms": end_ms,
        "energy_kwh_stored": energy_kwh(Path(job["store"]), (job["begin_ms"], end_ms)),
        "tco2e": carbon_t(Path(job["store"])),
        **mails(Path(job["mailbox"])),
    }


def mails(folder: Path) -> dict[str, int]:
    """Return how many mails were delivered, and how many of them told somebody a second time what they knew."""
    box = [mail for _, mail in mailbox.Maildir(folder, create=False).iteritems()] if folder.is_dir() else []
    told = Counter((mail["Delivered-To"], mail["X-Campus-Episode"], mail["X-Campus-Told"]) for mail in box)
    same = Counter(mail["Message-ID"] for mail in box)
    doubled = max(len(box) - len(told), len(box) - len(same))
    return {"mails": len(box), "mails_doubled": doubled}


def energy_kwh(store: Path, window_ms: tuple[int, int]) -> float:
    """Return the school's stored electricity in [start, end), the sum of its hours [kWh]."""
    sql = (
        "SELECT total(value) FROM figure_view WHERE subject='school' AND figure='electricity' AND resolution='hour' "
        f"AND time_ms>={int(window_ms[0])} AND time_ms<{int(window_ms[1])}"
    )
    return float(fetch(store, sql)[0][0])


def carbon_t(store: Path) -> float | None:
    """Return the school's carbon of the newest month that has a figure [t CO2], None where none has."""
    sql = (
        "SELECT value FROM figure_view WHERE subject='school' AND figure='carbon/total' AND resolution='month' "
        "ORDER BY time_ms DESC LIMIT 1"
    )
    rows = fetch(store, sql)
    return float(rows[0][0]) if rows else None


def main() -> None:
    """Read the job named on the command line and print the result."""
    print(json.dumps(witness(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), allow_nan=False))


if __name__ == "__main__":
    main()
