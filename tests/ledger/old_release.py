"""A ledger's file as the release before versions wrote it: its tables word for word, and rows of each kind."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

SCHEMA = """
CREATE TABLE episode (
    id INTEGER NOT NULL,
    school VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    start_ms BIGINT NOT NULL,
    end_ms BIGINT,
    seen_until_ms BIGINT NOT NULL,
    yuan_per_day FLOAT,
    finding JSON NOT NULL,
    first_found_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX episode_of ON episode (school, rule, subject);
CREATE TABLE episode_history (
    episode INTEGER NOT NULL,
    version INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    state VARCHAR NOT NULL,
    finding JSON NOT NULL,
    PRIMARY KEY (episode, version),
    FOREIGN KEY(episode) REFERENCES episode (id)
);
"""
DAY_MS = 86_400_000
START_MS = 1_790_812_800_000  # 2026-10-01 00:00 UTC
TOLD = {
    "quantity": "water",
    "size": 0.8,
    "size_unit": "m³/h",
    "usual": 0.2,
    "per_day": 19.2,
    "to_date": 57.6,
    "unit": "m³",
    "price": [4.2, "m³", "assumed for the demonstration", True],
    "sure": 0.9,
    "facts": {"place_zh": "3号楼", "kind": "dormitory"},
    "evidence": [[START_MS, START_MS + DAY_MS]],
}
# Each: state, end, and the states of its history.
ROWS = (
    ("open", None, ("open",)),
    ("closed_by_meter", START_MS + 5 * DAY_MS, ("open", "closed_by_meter")),
    ("withdrawn", None, ("open", "withdrawn")),
)


def write(path: Path) -> None:
    """Write the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        for number, (state, end_ms, history) in enumerate(ROWS, start=1):
            when = (START_MS, end_ms, START_MS + 6 * DAY_MS, 80.64, json.dumps(TOLD), START_MS, START_MS + DAY_MS)
            row = (number, "s", "night_flow", f"meter/w-{number}", state, *when, len(history))
            connection.execute(f"INSERT INTO episode VALUES ({','.join('?' * 13)})", row)
            for version, past in enumerate(history, start=1):
                line = (number, version, START_MS + version * DAY_MS, past, json.dumps(TOLD))
                connection.execute("INSERT INTO episode_history VALUES (?,?,?,?,?)", line)
        connection.commit()
