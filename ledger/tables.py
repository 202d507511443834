"""The ledger's tables as this program needs them; `migrations` brings a database here."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

# Times are UTC epoch milliseconds and dates ISO texts: they sort and compare alike on every database.
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
    sa.Column("round", sa.Integer, nullable=False, server_default="1"),
    sa.Column("owner", sa.String, nullable=False, server_default=""),
    sa.Column("deadline", sa.String),
    sa.Column("reason", sa.String, nullable=False, server_default=""),
    sa.Column("acted_by", sa.String, nullable=False, server_default=""),
    sa.Column("repaired_ms", sa.BigInteger),
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
    sa.Column("who", sa.String, nullable=False, server_default=""),
    sa.Column("text", sa.String, nullable=False, server_default=""),
)

# The runs that have a say: what they judged and found, as far as no later run judged it all too.
JUDGED = sa.Table(
    "judged",
    METADATA,
    sa.Column("school", sa.String, primary_key=True),
    sa.Column("rule", sa.String, primary_key=True),
    sa.Column("subject", sa.String, primary_key=True),
    sa.Column("start_ms", sa.BigInteger, primary_key=True),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("as_of_ms", sa.BigInteger, nullable=False),
    sa.Column("findings", sa.JSON, nullable=False),
)

LETTER = sa.Table(
    "letter",
    METADATA,
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
    # The round is part of it since an episode may be opened again more than once.
    sa.UniqueConstraint("episode", "round", "state", "recipient", "channel", name="letter_once"),
    sa.Index("letter_waiting", "delivery", "next_ms"),
    sa.Index("letter_of", "school", "queued_ms"),
)

# Rows are written once and never again: `seal` is the hash of the others.
BASELINE = sa.Table(
    "baseline",
    METADATA,
    sa.Column("school", sa.String, primary_key=True),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("project", sa.String, nullable=False),
    sa.Column("meter", sa.String, nullable=False),
    sa.Column("quantity", sa.String, nullable=False),
    sa.Column("first", sa.String, nullable=False),
    sa.Column("until", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("note", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("seal", sa.String, nullable=False),
)
