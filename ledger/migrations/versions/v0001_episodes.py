"""Episodes and their history, as released before databases had versions: where they are they stay."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make what is missing."""
    op.create_table(
        "episode",
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
        if_not_exists=True,
    )
    op.create_index("episode_of", "episode", ["school", "rule", "subject"], if_not_exists=True)
    op.create_table(
        "episode_history",
        sa.Column("episode", sa.Integer, sa.ForeignKey("episode.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("finding", sa.JSON, nullable=False),
        if_not_exists=True,
    )
