-- What must not be retired, whatever its age: a month, or every month that has rows of a tenant.

CREATE TABLE awgp.audit_legal_holds (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    partition_name text,
    held_tenant_id uuid,
    reason text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    placed_by text NOT NULL,
    released_at timestamptz,
    released_by text,
    release_reason text,
    CONSTRAINT audit_legal_holds_pkey PRIMARY KEY (id),
    CONSTRAINT audit_legal_holds_what_check CHECK ((partition_name IS NULL) <> (held_tenant_id IS NULL)),
    CONSTRAINT audit_legal_holds_reason_check CHECK (reason <> '' AND release_reason <> ''),
    CONSTRAINT audit_legal_holds_released_check CHECK (
        (released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (release_reason IS NULL)),
    CONSTRAINT audit_legal_holds_held_tenant_id_fkey FOREIGN KEY (held_tenant_id)
        REFERENCES awgp.tenants (id) ON DELETE RESTRICT
);
-- The holds in force; the foreign key asks for tenants too.
CREATE INDEX idx_audit_legal_holds_partition ON awgp.audit_legal_holds (partition_name) WHERE released_at IS NULL;
CREATE INDEX idx_audit_legal_holds_tenant ON awgp.audit_legal_holds (held_tenant_id);

COMMENT ON TABLE awgp.audit_legal_holds IS 'Legal holds: months, or months with rows of a tenant, that are not retired.';
COMMENT ON COLUMN awgp.audit_legal_holds.id IS 'Id of the hold.';
COMMENT ON COLUMN awgp.audit_legal_holds.partition_name IS 'The month that is held; NULL if a tenant is held.';
COMMENT ON COLUMN awgp.audit_legal_holds.held_tenant_id IS 'The tenant whose rows are held, in every month; NULL if a month is held.';
COMMENT ON COLUMN awgp.audit_legal_holds.reason IS 'Why, such as the number of the case.';
COMMENT ON COLUMN awgp.audit_legal_holds.placed_at IS 'When it was placed.';
COMMENT ON COLUMN awgp.audit_legal_holds.placed_by IS 'The login role that placed it.';
COMMENT ON COLUMN awgp.audit_legal_holds.released_at IS 'When it was released; NULL while it is in force.';
COMMENT ON COLUMN awgp.audit_legal_holds.released_by IS 'The login role that released it.';
COMMENT ON COLUMN awgp.audit_legal_holds.release_reason IS 'Why it was released.';
COMMENT ON CONSTRAINT audit_legal_holds_pkey ON awgp.audit_legal_holds IS 'The id identifies the hold: one month may have several.';
COMMENT ON CONSTRAINT audit_legal_holds_what_check ON awgp.audit_legal_holds IS 'A hold is on a month or on a tenant.';
COMMENT ON CONSTRAINT audit_legal_holds_reason_check ON awgp.audit_legal_holds IS 'A hold and its release have a reason.';
COMMENT ON CONSTRAINT audit_legal_holds_released_check ON awgp.audit_legal_holds IS 'When, by whom and why it was released are known together.';
COMMENT ON CONSTRAINT audit_legal_holds_held_tenant_id_fkey ON awgp.audit_legal_holds IS 'A tenant on hold is not deleted.';
COMMENT ON INDEX awgp.idx_audit_legal_holds_partition IS 'The holds in force on a month.';
COMMENT ON INDEX awgp.idx_audit_legal_holds_tenant IS 'The holds on a tenant.';
