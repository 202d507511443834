"""The ledger's tables; later work adds to them by migration."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

# Times are UTC epoch milliseconds: they sort and compare alike on every database.
EPISODE = sa.Table(
    "episode",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("school", sa.String, nullable=False),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger),
    sa.Column("seen_until_ms", sa.BigInteger, nullable=False),
    sa.Column("yuan_per_day", sa.Float),
    sa.Column("finding", sa.JSON, nullable=False),
    sa.Column("first_found_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_ms", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("episode_of", "school", "rule", "subject"),
)

HISTORY = sa.Table(
    "episode_history",
    METADATA,
    sa.Column("episode", sa.Integer, sa.ForeignKey("episode.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("finding", sa.JSON, nullable=False),
)
