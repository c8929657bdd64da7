"""The application's own tables: what alembic creates and changes. A column may hold the id of a row of AWGP,
but no foreign key: nobody is granted REFERENCES on AWGP's tables, which have a MetaData of their own, in
story.py."""

import sqlalchemy as sa

metadata = sa.MetaData()

invoices = sa.Table(
    "invoices",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("supplier", sa.Text, nullable=False),
    sa.Column("work_item_id", sa.Uuid),
)
