"""Brings a database of an older release to what this program needs; one of a newer release is left alone."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from campus.errors import CampusError
from ledger.database import reading, unavailable, writing

MIGRATIONS = Path(__file__).parent / "migrations"
# The newest of the migrations: known here, so that opening an up-to-date ledger loads none of them.
HEAD = "0003"
_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))


class LedgerTooNew(CampusError):
    """A ledger written by a later release of this program."""

    def __init__(self, where: str, version: str) -> None:
        super().__init__(
            f"台账是更新版本的程序写的（版本 {version}，本程序只到 {HEAD}）：请升级本程序，或改用另一个台账 / "
            f"the ledger {where} is of version {version} and this program knows versions up to {HEAD}: install the "
            "release that wrote it, or name another ledger in settings.toml, [ledger]"
        )
        self.version = version


def migrate(engine: sa.Engine) -> None:
    """Make the tables what they must be, once, whoever else opens the ledger. Raises `LedgerTooNew`."""
    try:
        with reading(engine) as connection:
            if _version(connection) == HEAD:
                return
        with writing(engine, lock="campus ledger migrations") as connection:
            _upgrade(connection)
    except sa.exc.DatabaseError as error:
        # Also a file that is no database, or a role that may not make tables.
        raise unavailable(engine, error) from error


def _version(connection: sa.Connection) -> str:
    """Return the version of a database; "" for an empty one and for those of before there were versions."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return ""
    return str(connection.execute(sa.select(_VERSION.c.version_num)).scalar() or "")


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    version = _version(connection)
    if version and version not in known:
        raise LedgerTooNew(connection.engine.url.render_as_string(hide_password=True), version)
    command.upgrade(config, "head")
