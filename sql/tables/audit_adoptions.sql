-- Adoptions: from when on a copy of another installation has been one of its own.

CREATE TABLE awgp.audit_adoptions (
    install_id uuid NOT NULL,
    previous_id uuid NOT NULL,
    adopted_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    adopted_by text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT audit_adoptions_pkey PRIMARY KEY (install_id),
    CONSTRAINT audit_adoptions_previous_id_key UNIQUE (previous_id),
    CONSTRAINT audit_adoptions_other_check CHECK (install_id <> previous_id),
    CONSTRAINT audit_adoptions_reason_check CHECK (reason <> '' AND pg_catalog.octet_length(reason) <= 1000)
);

COMMENT ON TABLE awgp.audit_adoptions IS 'Adoptions: the install ids that this database had before, and when it got the next one.';
COMMENT ON COLUMN awgp.audit_adoptions.install_id IS 'The install id from then on.';
COMMENT ON COLUMN awgp.audit_adoptions.previous_id IS 'The install id until then: the original''s.';
COMMENT ON COLUMN awgp.audit_adoptions.adopted_at IS 'When adopt() was called.';
COMMENT ON COLUMN awgp.audit_adoptions.adopted_by IS 'The login role that called it.';
COMMENT ON COLUMN awgp.audit_adoptions.reason IS 'Why, in words.';
COMMENT ON CONSTRAINT audit_adoptions_pkey ON awgp.audit_adoptions IS 'An install id is given once.';
COMMENT ON CONSTRAINT audit_adoptions_previous_id_key ON awgp.audit_adoptions IS 'An install id is followed by one other.';
COMMENT ON CONSTRAINT audit_adoptions_other_check ON awgp.audit_adoptions IS 'The next install id is another one.';
COMMENT ON CONSTRAINT audit_adoptions_reason_check ON awgp.audit_adoptions IS 'There is a reason, of 1 to 1000 bytes.';
