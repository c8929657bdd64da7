-- What has been done to this database's AWGP.

CREATE TABLE awgp.schema_migrations (
    name text NOT NULL,
    kind text NOT NULL,
    checksum text NOT NULL,
    extension_version text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT schema_migrations_pkey PRIMARY KEY (name),
    CONSTRAINT schema_migrations_kind_check CHECK (kind IN ('migration', 'script'))
);

COMMENT ON TABLE awgp.schema_migrations IS 'What install() and migrate() have applied: each migration once; a script (policies, triggers, functions, views) again when its text changes.';
COMMENT ON COLUMN awgp.schema_migrations.name IS 'Path of the file below sql/, without .sql.';
COMMENT ON COLUMN awgp.schema_migrations.kind IS 'migration: applied once; script: applied again when its checksum changes.';
COMMENT ON COLUMN awgp.schema_migrations.checksum IS 'SHA-256 of the file''s text, in hex.';
COMMENT ON COLUMN awgp.schema_migrations.extension_version IS 'Version of the extension that applied it.';
COMMENT ON COLUMN awgp.schema_migrations.applied_at IS 'When it was applied.';
COMMENT ON CONSTRAINT schema_migrations_pkey ON awgp.schema_migrations IS 'A migration or script has one row.';
COMMENT ON CONSTRAINT schema_migrations_kind_check ON awgp.schema_migrations IS 'kind is migration or script.';
