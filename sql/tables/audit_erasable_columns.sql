-- The columns of AWGP's own tables whose values the trail has in a form that can be erased.

CREATE TABLE awgp.audit_erasable_columns (
    table_name text NOT NULL,
    column_name text NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    declared_by text NOT NULL,
    CONSTRAINT audit_erasable_columns_pkey PRIMARY KEY (table_name, column_name)
);

COMMENT ON TABLE awgp.audit_erasable_columns IS 'The columns of AWGP''s own tables that set_erasable() has declared: from then on the trail has a commitment in place of their values.';
COMMENT ON COLUMN awgp.audit_erasable_columns.table_name IS 'The table, without its schema.';
COMMENT ON COLUMN awgp.audit_erasable_columns.column_name IS 'The column.';
COMMENT ON COLUMN awgp.audit_erasable_columns.declared_at IS 'Since when; events before it have the values themselves.';
COMMENT ON COLUMN awgp.audit_erasable_columns.declared_by IS 'The login role that declared it.';
COMMENT ON CONSTRAINT audit_erasable_columns_pkey ON awgp.audit_erasable_columns IS 'A column is declared once.';
