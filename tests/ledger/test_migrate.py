"""A ledger of an older release is brought up to date with every row; one of a newer release says what is needed."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from campus.ports import Act, State, Verb
from campus.schema import from_ms
from ledger import open_ledger
from ledger.migrate import HEAD, MIGRATIONS, LedgerTooNew
from tests.ledger import old_release
from tests.ledger.old_release import DAY_MS, START_MS
from tests.ledger.samples import Clock, at


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "ledger.sqlite"
    old_release.write(path)
    return path


def test_the_newest_migration_is_the_one_the_program_knows():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_an_older_ledger_keeps_every_row(old):
    with closing(open_ledger(f"sqlite:///{old}", Clock(at(9)))) as book:
        lasting, closed = book.episodes("s")
        assert (lasting.id, lasting.state, closed.id, closed.state) == (1, State.NEW, 2, State.CLOSED_BY_METER)
        histories = [[entry.state for entry in book.history("s", number)] for number in (1, 2, 3)]
        ended = book.history("s", 2)
    assert histories == [[State.NEW], [State.NEW, State.CLOSED_BY_METER], [State.NEW, State.WITHDRAWN]]
    assert [entry.finding.end for entry in ended] == [None, from_ms(START_MS + 5 * DAY_MS)]
    finding = lasting.finding
    assert (finding.rule, finding.subject, finding.start, finding.end) == ("night_flow", "meter/w-1", at(0), None)
    assert (finding.seen_until, finding.yuan_per_day, finding.size) == (at(6), 80.64, 0.8)
    assert (lasting.first_found, lasting.updated, lasting.version) == (at(0), at(1), 1)
    assert (lasting.round, lasting.owner, lasting.deadline, lasting.repaired) == (1, "", None, None)


def test_an_older_ledger_is_worked_with_and_opened_again(old):
    for verb in (Verb.ACKNOWLEDGE, Verb.REPAIR):
        with closing(open_ledger(f"sqlite:///{old}", Clock(at(9)))) as book:
            book.act("s", 1, Act(verb, "王师傅"))
    with closing(open_ledger(f"sqlite:///{old}")) as book:
        assert book.episodes("s")[0].state is State.REPAIRED


def test_a_newer_ledger_says_which_release_is_needed_and_is_left_alone(tmp_path):
    path = tmp_path / "ledger.sqlite"
    open_ledger(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(LedgerTooNew, match=rf"0099.*\n?.*{HEAD}.*install the release") as error:
        open_ledger(f"sqlite:///{path}")
    assert "升级" in str(error.value)
    assert path.read_bytes() == before


def open_once(url: str) -> int:
    """Open a ledger in a process of its own; return how many episodes it has."""
    with closing(open_ledger(url)) as book:
        return len(book.episodes("s"))


def test_processes_that_open_an_older_ledger_at_once_migrate_it_once(old):
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert list(pool.map(open_once, [f"sqlite:///{old}"] * 2)) == [2, 2]
