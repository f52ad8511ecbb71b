"""Alembic's entry: the connection comes from `db.migrate`."""

from alembic import context
from sqlalchemy import text
from sqlmodel import SQLModel

import db.tables  # noqa: F401  (registers the tables)

MIGRATION_LOCK = 7_246_101  # any fixed number: two starting processes take turns

connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
