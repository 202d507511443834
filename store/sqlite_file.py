"""The SQLite file itself: how it is opened, and what its errors mean for the person in charge."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campus.errors import StoreUnavailable
from campus.schema import FIELDS
from store import sqlite_schema

BUSY_TIMEOUT_S = 10.0
_CACHE_KIB = 16_000
_WAL_LIMIT_BYTES = 64 * 2**20

# Primary result codes, sqlite.org/rescode.html; each with what to do about it.
_REMEDIES = {
    sqlite3.SQLITE_FULL: "the disk is full: free space on it; readings wait in the journal meanwhile",
    sqlite3.SQLITE_BUSY: f"another program held it for more than {BUSY_TIMEOUT_S:.0f} s: "
    "end a backup or SQL session that keeps a transaction open",
    sqlite3.SQLITE_LOCKED: "it is locked: end the SQL session that keeps a transaction open",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check that its folder exists and may be written to",
    sqlite3.SQLITE_READONLY: "it may not be written to: check the owner and mode of the file and its folder",
    sqlite3.SQLITE_PERM: "it may not be opened: check the owner and mode of the file and its folder",
    sqlite3.SQLITE_CORRUPT: "it is damaged: move it away together with its -wal and -shm files, restore a backup "
    "or replay the journal",
    sqlite3.SQLITE_NOTADB: "it is not a SQLite file: check the path in the settings, or move the file away",
    sqlite3.SQLITE_IOERR: "reading or writing it failed: check the disk (dmesg) and its free space; "
    "a network drive will not do",
}


def connect(path: Path) -> sqlite3.Connection:
    """Open the file in WAL mode with its tables made. Raises `StoreUnavailable`.

    synchronous=FULL: the journal's cursor moves once a write has returned, so a write must outlive a power cut.
    """
    with explained(path):
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of SQLite into `StoreUnavailable` with a sentence that says what to do."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a mistake in the program, such as using a closed store
    except sqlite3.DatabaseError as error:
        raise StoreUnavailable(f"store {path}: {_remedy(error)} (SQLite says: {error})") from error


def _remedy(error: sqlite3.DatabaseError) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    return _REMEDIES.get((code or 0) & 0xFF, "it does not answer: check the file and the disk")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _set_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
    ((version,),) = connection.execute("PRAGMA user_version")
    if version > sqlite_schema.VERSION:
        raise StoreUnavailable(f"store {path}: a newer version of this program made it; start that one")
    if version < sqlite_schema.VERSION:
        connection.execute("BEGIN IMMEDIATE")
        for measurement in FIELDS:
            there = [row[1] for row in connection.execute(f"PRAGMA table_info({measurement})")]
            for statement in sqlite_schema.missing_columns(measurement, there):
                connection.execute(statement)
        for statement in sqlite_schema.definitions():
            connection.execute(statement)
        connection.execute("COMMIT")


def _set_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; two processes that switch a new file at once get "locked" without any waiting."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
