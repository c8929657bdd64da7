-- The identity of this installation.

CREATE TABLE awgp.installation (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    installed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    is_only_row boolean NOT NULL DEFAULT true,
    CONSTRAINT installation_pkey PRIMARY KEY (id),
    CONSTRAINT installation_one_row UNIQUE (is_only_row),
    CONSTRAINT installation_only_true CHECK (is_only_row)
);

COMMENT ON TABLE awgp.installation IS 'One row: the identity of this installation. Every audit chain begins with it, so that rows of another database do not verify here.';
COMMENT ON COLUMN awgp.installation.id IS 'The install id: a uuid made once, which survives dump and restore.';
COMMENT ON COLUMN awgp.installation.installed_at IS 'When install() first ran in this database.';
COMMENT ON COLUMN awgp.installation.is_only_row IS 'Always true; its unique key allows one row.';
COMMENT ON CONSTRAINT installation_pkey ON awgp.installation IS 'The id identifies the installation.';
COMMENT ON CONSTRAINT installation_one_row ON awgp.installation IS 'A database has one installation.';
COMMENT ON CONSTRAINT installation_only_true ON awgp.installation IS 'is_only_row is true, so that its unique key allows one row.';
