"""A database under the ledger: one transaction a change, and one sentence where it does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from campus.errors import LedgerUnavailable

# How long a writer waits for another, and for a server to answer at all.
BUSY_S = 10.0
CONNECT_S = 5


def connect(url: str, password: str = "") -> sa.Engine:
    """Return the engine of a URL; nothing is opened yet."""
    where = sa.make_url(url)
    if where.get_backend_name() == "sqlite":
        # Transactions are begun by us: the driver would begin them too late to be IMMEDIATE.
        engine = sa.create_engine(where, connect_args={"timeout": BUSY_S, "isolation_level": None})
        sa.event.listen(engine, "connect", _write_ahead)
        return engine
    waits = {"connect_timeout": CONNECT_S, "options": f"-c lock_timeout={BUSY_S * 1000:.0f}"}
    return sa.create_engine(
        where.set(password=password) if password else where, connect_args=waits, pool_pre_ping=True
    )


def _write_ahead(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection to read by. Raises `LedgerUnavailable`."""
    with _told(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine, lock: str = "") -> Iterator[sa.Connection]:
    """Give a transaction that ends whole or not at all. Raises `LedgerUnavailable`.

    SQLite has one writer; elsewhere writers of one `lock` come one after another.
    """
    with _told(engine), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif lock:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(lock, 0))))
        yield connection
        connection.commit()


@contextmanager
def _told(engine: sa.Engine) -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise unavailable(engine, error) from error


def unavailable(engine: sa.Engine, error: Exception) -> LedgerUnavailable:
    """Return what to say of a database that did not answer or refused."""
    where = engine.url.render_as_string(hide_password=True)
    reason = next(iter(str(getattr(error, "orig", error)).strip().splitlines()), type(error).__name__)
    return LedgerUnavailable(
        f"台账数据库现在用不了，什么都没改：{where} / the ledger's database does not work now, nothing was changed; "
        f"check [ledger] in settings.toml, the server and its password: {reason}"
    )
