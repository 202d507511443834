"""What people do with episodes, what was judged, and the outbox; a finding's JSON says all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_EPISODE = sa.table(
    "episode",
    sa.column("id", sa.Integer),
    sa.column("rule", sa.String),
    sa.column("subject", sa.String),
    sa.column("state", sa.String),
    sa.column("start_ms", sa.BigInteger),
    sa.column("end_ms", sa.BigInteger),
    sa.column("seen_until_ms", sa.BigInteger),
    sa.column("yuan_per_day", sa.Float),
    sa.column("finding", sa.JSON),
)
_HISTORY = sa.table(
    "episode_history",
    sa.column("episode", sa.Integer),
    sa.column("version", sa.Integer),
    sa.column("state", sa.String),
    sa.column("finding", sa.JSON),
)


def upgrade() -> None:
    """Add columns and tables, then carry the rows over."""
    op.add_column("episode", sa.Column("round", sa.Integer, nullable=False, server_default="1"))
    for name in ("owner", "reason", "acted_by"):
        op.add_column("episode", sa.Column(name, sa.String, nullable=False, server_default=""))
    op.add_column("episode", sa.Column("deadline", sa.String))
    op.add_column("episode", sa.Column("repaired_ms", sa.BigInteger))
    for name in ("who", "text"):
        op.add_column("episode_history", sa.Column(name, sa.String, nullable=False, server_default=""))
    _judged()
    _letters()
    _carry_over(op.get_bind())


def _judged() -> None:
    op.create_table(
        "judged",
        sa.Column("school", sa.String, primary_key=True),
        sa.Column("rule", sa.String, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("start_ms", sa.BigInteger, primary_key=True),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("as_of_ms", sa.BigInteger, nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
    )


def _letters() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("school", sa.String, nullable=False),
        sa.Column("episode", sa.Integer, sa.ForeignKey("episode.id"), nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("lang", sa.String, nullable=False),
        sa.Column("told", sa.JSON, nullable=False),
        sa.Column("queued_ms", sa.BigInteger, nullable=False),
        sa.Column("delivery", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_ms", sa.BigInteger),
        sa.Column("claimed_until_ms", sa.BigInteger),
        sa.Column("sent_ms", sa.BigInteger),
        sa.Column("error", sa.String, nullable=False),
        sa.UniqueConstraint("episode", "round", "state", "recipient", "channel", name="letter_once"),
    )
    op.create_index("letter_waiting", "letter", ["delivery", "next_ms"])
    op.create_index("letter_of", "letter", ["school", "queued_ms"])


def _carry_over(connection: sa.Connection) -> None:
    """Give each finding's JSON what stood in columns alone; a row of history never had onset and end of its own."""
    for row in connection.execute(sa.select(_EPISODE)).mappings().all():
        columns = {
            "rule": row["rule"],
            "subject": row["subject"],
            "start": row["start_ms"],
            "end": row["end_ms"],
            "seen_until": row["seen_until_ms"],
            "yuan_per_day": row["yuan_per_day"],
        }
        here = sa.update(_EPISODE).where(_EPISODE.c.id == row["id"])
        connection.execute(here.values(finding={**row["finding"], **columns}))
        _carry_over_history(connection, row["id"], columns)
    for table in (_EPISODE, _HISTORY):
        connection.execute(sa.update(table).where(table.c.state == "open").values(state="new"))


def _carry_over_history(connection: sa.Connection, episode: int, columns: dict[str, object]) -> None:
    mine = _HISTORY.c.episode == episode
    for row in connection.execute(sa.select(_HISTORY).where(mine)).mappings().all():
        end = None if row["state"] == "open" else columns["end"]
        here = sa.update(_HISTORY).where(mine, _HISTORY.c.version == row["version"])
        connection.execute(here.values(finding={**row["finding"], **columns, "end": end}))
