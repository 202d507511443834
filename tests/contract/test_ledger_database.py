"""Every database has the tables the program works with, and one that does not answer is one sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from campus.errors import LedgerUnavailable, StoreUnavailable
from campus.ports import Act, Verb
from ledger import database, open_ledger
from ledger.database import connect
from ledger.tables import METADATA
from tests.contract.ledgers import ADAPTERS, ledger_url
from tests.contract.postgres import DRIVER, fresh_database
from tests.ledger.samples import Clock, at, finding, record


@pytest.fixture(params=ADAPTERS)
def url(request, tmp_path) -> Iterator[str]:
    return ledger_url(request.param, request, tmp_path)


def test_migrated_tables_are_the_tables_the_program_works_with(url):
    open_ledger(url).close()
    engine = connect(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_processes_may_open_an_empty_ledger_at_once(url):
    def opened(_number: int) -> int:
        with closing(open_ledger(url)) as book:
            return len(book.episodes("s"))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened, range(4))) == [0, 0, 0, 0]


def test_a_server_that_is_away_is_a_sentence_without_the_password():
    with pytest.raises(LedgerUnavailable, match=r"什么都没改.*nothing was changed") as error:
        open_ledger("postgresql+psycopg://campus@127.0.0.1:9/campus", password="secret")
    assert "127.0.0.1:9" in str(error.value) and "secret" not in str(error.value)
    # Whoever waits for a store that is away waits for a ledger too.
    assert isinstance(error.value, StoreUnavailable)


@pytest.mark.parametrize("broken", ["no folder", "no database"])
def test_a_file_that_cannot_be_used_is_a_sentence(tmp_path, broken):
    path = tmp_path / "missing" / "ledger.sqlite" if broken == "no folder" else tmp_path / "ledger.sqlite"
    if broken == "no database":
        path.write_bytes(b"Dear logistics office, " * 100)
    with pytest.raises(LedgerUnavailable, match=r"settings\.toml"):
        open_ledger(f"sqlite:///{path}")


def test_a_database_of_postgresql_that_is_missing_is_a_sentence(postgres_url):
    with pytest.raises(LedgerUnavailable, match="does not exist"):
        open_ledger(f"{postgres_url.rpartition('/')[0]}/nowhere")


def test_a_role_that_may_not_make_tables_is_a_sentence(postgres_url):
    url = fresh_database(postgres_url)
    with psycopg.connect(url.replace(DRIVER, "postgresql://"), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN")
    with pytest.raises(LedgerUnavailable, match="permission denied"):
        open_ledger(url.replace("campus@", "guest@"))


def test_a_locked_file_is_a_sentence_and_goes_on_when_it_is_free(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_S", 0.2)
    path = tmp_path / "ledger.sqlite"
    with closing(open_ledger(f"sqlite:///{path}", Clock(at(3)))) as book:
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnavailable, match="locked"):
                record(book, finding(0))
        assert len(record(book, finding(0))) == 1


def test_a_locked_row_of_postgresql_is_a_sentence_and_goes_on_when_it_is_free(postgres_url, monkeypatch):
    monkeypatch.setattr(database, "BUSY_S", 0.2)
    url = fresh_database(postgres_url)
    with closing(open_ledger(url, Clock(at(3)))) as book:
        record(book, finding(0))
        with psycopg.connect(url.replace(DRIVER, "postgresql://")) as other:
            other.execute("SELECT * FROM episode FOR UPDATE")
            with pytest.raises(LedgerUnavailable, match="lock timeout"):
                book.act("s", 1, Act(Verb.ACKNOWLEDGE, "王师傅"))
        assert book.act("s", 1, Act(Verb.ACKNOWLEDGE, "王师傅")).version == 2


def test_a_server_that_restarted_is_spoken_to_again(postgres_url):
    url = fresh_database(postgres_url)
    with closing(open_ledger(url, Clock(at(3)))) as book:
        record(book, finding(0))
        admin = connect(postgres_url)
        with admin.connect() as connection:
            dropped = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
            connection.execute(dropped, {"name": url.rpartition("/")[2]})
        admin.dispose()
        assert len(book.episodes("s")) == 1
