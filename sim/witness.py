"""The witness: says what became of a replay, from the files themselves. It shares no code with the pipe.

Run as a program: `python witness.py JOB.json`. It reads the archives with pandas, the journal, the store and the
quarantine as bytes and SQL, and prints one JSON line per file and one for all.

The job names: mapping (TOML), data (folder), files ([{path, meters: {column: meter}}]), published (folder with one
list of acknowledged identities per file), journal (folder), store and quarantine (SQLite files).
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import struct
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Identity = tuple[str, str, int]
STEP = {"min": "min", "h": "h", "d": "D"}
TOLERANCE = 0.001  # a day is off when it differs by more than 0.1 %
# What a value in a unit is in the unit its quantity is kept in.
SCALE = {"L": 1e-3, "mL": 1e-6, "Wh": 1e-3, "MWh": 1e3, "MJ": 1e-3}
ABSOLUTE = 1e-5  # and by more than the registers' own rounding (six decimals a reading)


def journal_messages(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (topic, payload) of every meter message in the journals."""
    for path in sorted(folder.glob("*/*.seg*")):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        place = 4
        while place + 8 <= len(data):
            (length, _) = struct.unpack_from("<II", data, place)
            _, flags, topic_length = struct.unpack_from("<QBH", data, place + 8)
            body = data[place + 19 : place + 8 + length]
            if not flags & 2:
                yield body[:topic_length].decode(), body[topic_length:]
            place += 8 + length


def identities(topic: str, payload: bytes) -> list[Identity]:
    """Return the identity of every reading in a native message of a replay."""
    body = json.loads(payload)
    entries = body.get("readings", [body])
    meter = topic.rsplit("/", 1)[1]
    times = pd.to_datetime([entry.get("time") or entry["start"] for entry in entries], utc=True, format="ISO8601")
    stamps = times.as_unit("ms").asi8.tolist()
    return [(meter, entry["quantity"], ms) for entry, ms in zip(entries, stamps, strict=True)]


def fetch(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on a SQLite file opened for reading."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def layout_of(mapping: dict[str, Any], columns: set[str]) -> dict[str, Any]:
    """Return the file table whose columns a replayed file has."""
    return next(kind for kind in mapping["file"] if {c["name"] for c in kind["column"]} == columns)


def table(path: Path, layout: dict[str, Any]) -> pd.DataFrame:
    """Return a file's cells as text under a UTC index."""
    frame = pd.read_csv(
        path,
        encoding=layout.get("encoding", "utf-8"),
        skiprows=layout.get("header_line", 1) - 1,
        dtype=str,
        keep_default_na=False,
    )
    names = [frame.columns[int(n[1:]) - 1] if n.startswith("#") else n for n in layout["time"]]
    text = (
        frame[names[0]].str.cat([frame[name] for name in names[1:]], sep=" ") if len(names) > 1 else frame[names[0]]
    )
    naive = pd.DatetimeIndex(pd.to_datetime(text, format=layout["time_format"]))
    frame.index = in_utc(naive, layout["zone"])
    return frame.sort_index(kind="stable")


def in_utc(naive: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """Return local times in UTC; a time that comes twice when summer time ends is winter time when told again."""
    summer, winter = (
        naive.tz_localize(zone, ambiguous=np.full(len(naive), dst), nonexistent=pd.Timedelta("1h")).tz_convert("UTC")
        for dst in (True, False)
    )
    return summer.where(~naive.duplicated(), winter)


def stretches(frame: pd.DataFrame, layout: dict[str, Any], column: dict[str, Any]) -> pd.DataFrame:
    """Return the bookable rows of a column: start, end, value; and the rest with `why`."""
    gap = column.get("gap", layout.get("gap", [""]))
    twice = frame.index.duplicated(keep="last")
    frame, told_before = frame[~twice], frame[twice]
    cells = frame[column["name"]].str.strip()
    for sign in layout.get("grouping", ""):
        cells = cells.str.replace(sign, "", regex=False)
    coded = frame[column["name"]].str.strip().isin(gap)
    value = pd.to_numeric(cells.where(~coded)) * SCALE.get(column["unit"], 1.0)
    number, unit = "".join(filter(str.isdigit, layout["interval"])), layout["interval"].lstrip("0123456789")
    step = pd.Timedelta(int(number), STEP[unit])
    index = frame.index
    if layout.get("label", "start") == "start":
        start, end, why = index, index + step, pd.Series("", index=index)
    else:
        start, end = index[:1].append(index[:-1]), index
        dates = pd.Series(index.tz_convert(layout["zone"]).date, index=index)
        days = pd.to_datetime(dates).diff().dt.days.to_numpy()
        why = pd.Series(np.where(np.isnan(days), "first row: since when is unknown", ""), index=index)
        why[days > step.days] = [
            f"holds the use of {int(n)} days, {int(n) - 1} of them missing" for n in days[days > 1]
        ]
    rows = pd.DataFrame({"start": start, "end": end, "value": value.to_numpy(), "why": why.to_numpy()})
    for rule in column.get("rule", ()):
        meant = rows["value"] >= rule.get("at_least", -np.inf) * SCALE.get(column["unit"], 1.0)
        if "until" in rule:
            meant &= rows["start"] < pd.Timestamp(rule["until"])
        if "since" in rule:
            meant &= rows["start"] >= pd.Timestamp(rule["since"])
        if "doubt" in rule:
            rows.loc[meant & (rows["why"] == ""), "why"] = rule["doubt"]
        else:
            rows.loc[meant, "value"] *= SCALE.get(rule["unit"], 1.0) / SCALE.get(column["unit"], 1.0)
    again = pd.DataFrame({"start": told_before.index, "end": told_before.index, "value": 0.0})
    again["why"] = "told again by a later row of the same time, which counts"
    return pd.concat([rows[~coded.to_numpy()], again]) if len(again) else rows[~coded.to_numpy()]


def closed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows until the last whole hour: what comes after it is still open and in no figure."""
    if rows.empty:
        return rows
    cut = rows["end"].max().floor("h")
    inside = rows[rows["start"] < cut].copy()
    share = ((cut - inside["start"]) / (inside["end"] - inside["start"])).clip(upper=1.0)
    inside["value"] *= share
    inside["end"] = inside["end"].clip(upper=cut)
    return inside


def by_day(rows: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Return value, known seconds and file per local day, each row divided over its days by time."""
    first = pd.DatetimeIndex(rows["start"]).tz_convert(zone).normalize()
    last = (pd.DatetimeIndex(rows["end"]) - pd.Timedelta(1, "ms")).tz_convert(zone).normalize()
    within = np.asarray(first == last)
    whole = rows[within]
    parts = [
        pd.DataFrame(
            {
                "day": first[within],
                "value": whole["value"].to_numpy(),
                "known_s": (whole["end"] - whole["start"]).dt.total_seconds().to_numpy(),
                "file": whole["file"].to_numpy(),
            }
        ),
        pd.DataFrame(divided(rows[~within], zone), columns=["day", "value", "known_s", "file"]),
    ]
    days = pd.concat([part for part in parts if len(part)]) if len(rows) else parts[0]
    return days.groupby("day").agg({"value": "sum", "known_s": "sum", "file": "min"})


def divided(rows: pd.DataFrame, zone: str) -> list[tuple[pd.Timestamp, float, float, int]]:
    """Return the parts of rows that reach over midnight."""
    parts = []
    for start, end, value, file in zip(rows["start"], rows["end"], rows["value"], rows["file"], strict=True):
        here = start
        while here < end:
            day = here.tz_convert(zone).normalize()
            stop = min(end, (day + pd.DateOffset(days=1)).tz_convert("UTC"))
            parts.append((day, value * ((stop - here) / (end - start)), (stop - here).total_seconds(), file))
            here = stop
    return parts


def compare(expected: pd.DataFrame, stored: dict[int, tuple[float, float]], zone: str) -> pd.DataFrame:
    """Return each day from the file's first to its last: file, store, difference, whether it is off or invented."""
    every = pd.date_range(expected.index.min(), expected.index.max(), freq="D", tz=zone) if len(expected) else []
    days = expected.reindex(every)
    days["file"] = days["file"].ffill()
    starts = pd.DatetimeIndex(days.index)
    ms = starts.tz_convert("UTC").as_unit("ms").asi8
    length = np.array([(day + pd.DateOffset(days=1) - day).total_seconds() for day in starts])
    days["store"] = [stored.get(int(t), (np.nan, 0.0))[0] for t in ms]
    coverage = np.array([stored.get(int(t), (np.nan, 0.0))[1] for t in ms])
    days["known"] = days["value"].notna()
    days["difference"] = (days["store"] - days["value"]).abs()
    near = days["difference"] <= np.maximum(TOLERANCE * days["value"].abs(), ABSOLUTE)
    covered = np.abs(coverage - days["known_s"].fillna(0) / length) <= TOLERANCE
    days["off"] = days["known"] & ~(near & covered)
    days["invented"] = ~days["known"] & days["store"].notna()
    return days


def explain(days: pd.DataFrame, unbooked: pd.DataFrame) -> dict[str, Any] | None:
    """Return the largest difference between file and store, with what explains it, and the rows not booked."""
    known = days[days["known"]]
    if known.empty:
        return None
    # A day the store does not have at all differs by more than any number does.
    top = known.iloc[int(known["difference"].fillna(np.inf).argmax())]
    return {
        "meter": top["meter"],
        "day": f"{top['day']:%F}",
        "file": top["value"],
        "store": None if np.isnan(top["store"]) else top["store"],
        "difference": None if np.isnan(top["difference"]) else top["difference"],
        "explanation": "not explained" if top["off"] else "rounding of sums",
        "rows_not_booked": unbooked_rows(unbooked),
    }


def unbooked_rows(rows: pd.DataFrame) -> dict[str, Any]:
    """Return what stands in the file and belongs to no known time: how many rows, how much, the largest and why."""
    if rows.empty:
        return {"rows": 0}
    top = rows.iloc[int(rows["value"].argmax())]
    largest, at = float(top["value"]), f"{top['end']:%FT%TZ}"
    return {"rows": len(rows), "sum": float(rows["value"].sum()), "largest": largest, "at": at, "why": top["why"]}


def held_identities(quarantine: Path) -> set[Identity]:
    """Return the identities of everything in quarantine; a message of an unknown topic is held whole."""
    held: set[Identity] = set()
    for topic, payload, item, reason in fetch(quarantine, "SELECT topic, payload, item, reason FROM quarantine"):
        inside = identities(topic, payload)
        held.update(inside if reason == "unknown_topic" or item >= len(inside) else [inside[item]])
    return held


def stored_days(store: Path) -> dict[tuple[str, str], dict[int, tuple[float, float]]]:
    """Return value and coverage of every stored day: (subject, quantity) -> {start [epoch ms]: ...}."""
    days: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
    sql = "SELECT subject, figure, time_ms, value, coverage FROM figure_view WHERE resolution='day'"
    for subject, figure, ms, value, coverage in fetch(store, sql):
        days.setdefault((subject, figure), {})[ms] = (value, coverage)
    return days


def witness(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one result per file."""
    mapping = tomllib.loads(Path(job["mapping"]).read_text(encoding="utf-8"))
    messages = journal_messages(Path(job["journal"]))
    journaled = Counter(identity for topic, payload in messages for identity in identities(topic, payload))
    held = held_identities(Path(job["quarantine"]))
    kept = set(fetch(Path(job["store"]), "SELECT meter, quantity, time_ms FROM register_view"))
    days, unbooked, counts = compared(job, mapping)
    lines = []
    for number, file in enumerate(job["files"]):
        sent = published(Path(file["published"]))
        seen = {identity: journaled[identity] for identity in sent}
        mine = days[days["file"] == number]
        lines.append(
            {
                "file": file["name"],
                "rows": counts[number],
                "published": len(sent),
                "journaled": sum(seen.values()),
                "stored": sum(identity in kept for identity in seen),
                "quarantined": sum(identity in held for identity in seen),
                "duplicates": sum(seen.values()) - sum(count > 0 for count in seen.values()),
                "lost": sum(identity not in kept and identity not in held for identity in seen),
                "days_compared": int(mine["known"].sum()),
                "days_off_by_more_than_0.1_pct": int(mine["off"].sum()),
                "days_unknown": int((~mine["known"]).sum()),
                "unknown_days_with_a_value": int(mine["invented"].sum()),
                "largest_difference": explain(mine, unbooked[unbooked["file"] == number]),
            }
        )
    return lines


def published(path: Path) -> list[Identity]:
    """Return the identities the broker acknowledged to the publisher, one per reading sent."""
    with path.open(encoding="utf-8") as lines:
        cells = (line.rstrip("\n").split("\t") for line in lines)
        return [(meter, quantity, int(ms)) for meter, quantity, ms in cells]


def compared(job: dict[str, Any], mapping: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame, list[int]]:
    """Return the days of all meters, the rows not booked, and how many rows each file has."""
    zone = mapping["school"]["timezone"]
    stored = stored_days(Path(job["store"]))
    rows: dict[tuple[str, str], list[pd.DataFrame]] = {}
    counts = []
    for number, file in enumerate(job["files"]):
        layout = layout_of(mapping, set(file["meters"]))
        frame = table(Path(file["path"]), layout)
        counts.append(len(frame))
        for column in layout["column"]:
            meter = file["meters"][column["name"]], column["quantity"]
            rows.setdefault(meter, []).append(stretches(frame, layout, column).assign(file=number))
    days, unbooked = [], []
    for (key, quantity), parts in rows.items():
        whole = pd.concat(parts)
        unbooked.append(whole[whole["why"] != ""])
        expected = by_day(closed(whole[whole["why"] == ""]), zone)
        result = compare(expected, stored.get((f"meter/{key}", quantity), {}), zone)
        days.append(result.assign(meter=key, day=result.index))
    return pd.concat(days), pd.concat(unbooked), counts


def main() -> None:
    """Read the job named on the command line and print the results."""
    for line in witness(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))):
        print(json.dumps(line, ensure_ascii=False, allow_nan=False))


if __name__ == "__main__":
    main()
