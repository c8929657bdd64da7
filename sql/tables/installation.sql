-- The identity of this installation, and where it lives.

CREATE TABLE awgp.installation (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    installed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    is_only_row boolean NOT NULL DEFAULT true,
    adoptions integer NOT NULL DEFAULT 0,
    is_copy boolean NOT NULL DEFAULT false,
    subscription text,
    cluster_id text,
    database_oid oid,
    timeline integer,
    CONSTRAINT installation_pkey PRIMARY KEY (id),
    CONSTRAINT installation_one_row UNIQUE (is_only_row),
    CONSTRAINT installation_only_true CHECK (is_only_row),
    CONSTRAINT installation_copy_check CHECK (is_copy = (subscription IS NOT NULL)),
    CONSTRAINT installation_place_check CHECK (
        (cluster_id IS NULL) = (database_oid IS NULL) AND (cluster_id IS NULL) = (timeline IS NULL))
);

COMMENT ON TABLE awgp.installation IS 'One row: the identity of this installation. Every audit chain begins with it, so that rows of another database do not verify here.';
COMMENT ON COLUMN awgp.installation.id IS 'The install id: a uuid made once, which survives dump and restore. awgp.adopt() makes another one.';
COMMENT ON COLUMN awgp.installation.installed_at IS 'When install() first ran in this database.';
COMMENT ON COLUMN awgp.installation.is_only_row IS 'Always true; its unique key allows one row.';
COMMENT ON COLUMN awgp.installation.adoptions IS 'How often adopt() was called.';
COMMENT ON COLUMN awgp.installation.is_copy IS 'True: a copy of the installation with this id, which only its subscription writes.';
COMMENT ON COLUMN awgp.installation.subscription IS 'The subscription that writes the copy; NULL if it is no copy.';
COMMENT ON COLUMN awgp.installation.cluster_id IS 'The system identifier of the server where the identity is at home; NULL if it is not known.';
COMMENT ON COLUMN awgp.installation.database_oid IS 'The database''s oid there.';
COMMENT ON COLUMN awgp.installation.timeline IS 'The server''s timeline there. It changes when a standby is promoted, and with a restore to a point in time.';
COMMENT ON CONSTRAINT installation_pkey ON awgp.installation IS 'The id identifies the installation.';
COMMENT ON CONSTRAINT installation_one_row ON awgp.installation IS 'A database has one installation.';
COMMENT ON CONSTRAINT installation_only_true ON awgp.installation IS 'is_only_row is true, so that its unique key allows one row.';
COMMENT ON CONSTRAINT installation_copy_check ON awgp.installation IS 'A copy has a subscription, and nothing else has.';
COMMENT ON CONSTRAINT installation_place_check ON awgp.installation IS 'Where the identity is at home is known whole or not at all.';
