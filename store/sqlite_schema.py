"""The tables, views and statements of the SQLite file, spelled from `campus.schema`."""

from __future__ import annotations

from collections.abc import Collection

from campus.schema import FIELDS, REGISTER, TAGS, TEXT_FIELDS

VERSION = 2

_SERIES = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    measurement TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    resolution TEXT NOT NULL,
    UNIQUE (measurement, subject, name, resolution)
)"""

# AUTOINCREMENT: ids only grow, so that "those of this write" are the ids above the highest one before it.
# One row per (identity, old, new): replaying a journal with a conflict in it says the same thing, once.
_CONFLICT = """
CREATE TABLE IF NOT EXISTS conflict (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    series INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    old REAL NOT NULL,
    new REAL NOT NULL,
    UNIQUE (series, time_ms, old, new)
)"""

_CONFLICT_TRIGGER = f"""
CREATE TRIGGER IF NOT EXISTS conflict_seen AFTER UPDATE OF value ON {REGISTER} WHEN old.value <> new.value
BEGIN
    DELETE FROM conflict WHERE series = new.series AND time_ms = new.time_ms AND old = old.value AND new = new.value;
    INSERT INTO conflict (series, time_ms, old, new) VALUES (new.series, new.time_ms, old.value, new.value);
END"""


def _table(measurement: str) -> str:
    fields = ", ".join(f"{name} {_type(name)}" for name in FIELDS[measurement])
    return (
        f"CREATE TABLE IF NOT EXISTS {measurement} (series INTEGER NOT NULL, time_ms INTEGER NOT NULL, {fields}, "
        "PRIMARY KEY (series, time_ms)) WITHOUT ROWID"
    )


def _type(field: str) -> str:
    return "TEXT" if field in TEXT_FIELDS else "REAL"


def _view(measurement: str) -> str:
    columns = ("subject", "name", "resolution")
    tags = ", ".join(f"s.{column} AS {tag}" for column, tag in zip(columns, TAGS[measurement], strict=False))
    fields = ", ".join(f"m.{name}" for name in FIELDS[measurement])
    return (
        f"CREATE VIEW {measurement}_view AS SELECT {tags}, m.time_ms, {fields} "
        f"FROM {measurement} m JOIN series s ON s.id = m.series"
    )


def definitions() -> tuple[str, ...]:
    """Return the statements that make a new file, or, after `missing_columns`, renew an older one's views."""
    return (
        _SERIES,
        _CONFLICT,
        *map(_table, FIELDS),
        *(f"DROP VIEW IF EXISTS {measurement}_view" for measurement in FIELDS),
        *map(_view, FIELDS),
        _CONFLICT_TRIGGER,
        f"PRAGMA user_version = {VERSION}",
    )


def missing_columns(measurement: str, there: Collection[str]) -> list[str]:
    """Return the statements that give an older file's table, with the columns `there`, the fields added since.

    Fields are only ever added at the end: rows are written by position.
    """
    missing = [name for name in FIELDS[measurement] if there and name not in there]
    return [f"ALTER TABLE {measurement} ADD COLUMN {name} {_type(name)}" for name in missing]


def upsert(measurement: str, rows: int = 1) -> str:
    """Return the statement that writes rows (series, time_ms, fields); an equal row costs no page."""
    fields = FIELDS[measurement]
    marks = f"({', '.join('?' * (2 + len(fields)))})"
    new = ", ".join(f"excluded.{name}" for name in fields)
    assignments = ", ".join(f"{name} = excluded.{name}" for name in fields)
    return (
        f"INSERT INTO {measurement} VALUES {', '.join([marks] * rows)} ON CONFLICT (series, time_ms) "
        f"DO UPDATE SET {assignments} WHERE ({', '.join(fields)}) IS NOT ({new})"
    )


def columns_of(measurement: str) -> str:
    """Return the columns that make a row: time_ms and the fields."""
    return ", ".join(("time_ms", *FIELDS[measurement]))
