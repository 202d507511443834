"""Run by Alembic, on the connection and within the transaction that `ledger.migrate` holds."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
