-- Temporary approval authority, passed from one user to another.

CREATE TABLE awgp.approval_delegations (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    delegator_id uuid NOT NULL,
    delegate_id uuid NOT NULL,
    risk_levels integer[],
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text,
    is_active boolean NOT NULL DEFAULT true,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    delegator_subject text,
    CONSTRAINT approval_delegations_pkey PRIMARY KEY (id),
    CONSTRAINT approval_delegations_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT valid_delegation CHECK (delegator_id <> delegate_id),
    CONSTRAINT approval_delegations_window_check CHECK (starts_at < ends_at),
    CONSTRAINT approval_delegations_risk_levels_check CHECK (
        risk_levels <@ ARRAY[0, 1, 2, 3, 4, 5]
        AND pg_catalog.cardinality(risk_levels) > 0
        AND pg_catalog.array_position(risk_levels, NULL) IS NULL),
    CONSTRAINT approval_delegations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT approval_delegations_delegator_id_fkey FOREIGN KEY (tenant_id, delegator_id) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT approval_delegations_delegate_id_fkey FOREIGN KEY (tenant_id, delegate_id) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT
);
-- Deciding reads the delegations that a user holds, by their end.
CREATE INDEX idx_approval_delegations_delegate ON awgp.approval_delegations (tenant_id, delegate_id, ends_at);
CREATE INDEX idx_approval_delegations_delegator ON awgp.approval_delegations (tenant_id, delegator_id);

COMMENT ON TABLE awgp.approval_delegations IS 'Delegations: a user lets another decide approvals on their behalf for a time.';
COMMENT ON COLUMN awgp.approval_delegations.id IS 'Id of the delegation.';
COMMENT ON COLUMN awgp.approval_delegations.tenant_id IS 'The tenant of both users; never changes.';
COMMENT ON COLUMN awgp.approval_delegations.delegator_id IS 'The user who delegates their authority.';
COMMENT ON COLUMN awgp.approval_delegations.delegate_id IS 'The user who may decide on behalf of the delegator.';
COMMENT ON COLUMN awgp.approval_delegations.risk_levels IS 'The risk levels that are delegated; NULL: all that the delegator may decide. An empty array is refused.';
COMMENT ON COLUMN awgp.approval_delegations.starts_at IS 'Start of the delegation.';
COMMENT ON COLUMN awgp.approval_delegations.ends_at IS 'End of the delegation, exclusive; infinity: it does not end.';
COMMENT ON COLUMN awgp.approval_delegations.reason IS 'Why it was delegated.';
COMMENT ON COLUMN awgp.approval_delegations.is_active IS 'False once revoked. True also before starts_at and after ends_at.';
COMMENT ON COLUMN awgp.approval_delegations.revoked_at IS 'When it was revoked. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_delegations.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.approval_delegations.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.approval_delegations.delegator_subject IS 'users.keycloak_id of the delegator when the delegation was made; NULL: they had none. If the user gets another, the delegation is void. Kept by trigger.';
COMMENT ON CONSTRAINT approval_delegations_pkey ON awgp.approval_delegations IS 'The id identifies the delegation.';
COMMENT ON CONSTRAINT approval_delegations_tenant_id_id_key ON awgp.approval_delegations IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT valid_delegation ON awgp.approval_delegations IS 'A user does not delegate to themselves.';
COMMENT ON CONSTRAINT approval_delegations_window_check ON awgp.approval_delegations IS 'A delegation starts before it ends.';
COMMENT ON CONSTRAINT approval_delegations_risk_levels_check ON awgp.approval_delegations IS 'risk_levels has values 0 to 5, at least one. Leave it out to delegate all.';
COMMENT ON CONSTRAINT approval_delegations_tenant_id_fkey ON awgp.approval_delegations IS 'The tenant exists, and cannot be deleted while it has delegations.';
COMMENT ON CONSTRAINT approval_delegations_delegator_id_fkey ON awgp.approval_delegations IS 'The delegator is a user of the same tenant.';
COMMENT ON CONSTRAINT approval_delegations_delegate_id_fkey ON awgp.approval_delegations IS 'The delegate is a user of the same tenant.';
COMMENT ON INDEX awgp.idx_approval_delegations_delegate IS 'The delegations that a user holds, by their end.';
COMMENT ON INDEX awgp.idx_approval_delegations_delegator IS 'The delegations that a user gave; serves its foreign key.';
