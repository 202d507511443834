"""Frozen baselines, which savings are judged by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table; no older release kept a baseline."""
    op.create_table(
        "baseline",
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
