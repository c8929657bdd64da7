"""Migrations of the application's own tables; those of AWGP are left alone."""

import os

import sqlalchemy as sa
from alembic import context

from tables import metadata


def include_name(name, kind, _parents):
    return not (kind == "schema" and name == "awgp")


url = sa.make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
with sa.create_engine(url).connect() as connection:
    context.configure(connection, target_metadata=metadata, include_schemas=True, include_name=include_name)
    with context.begin_transaction():
        context.run_migrations()
