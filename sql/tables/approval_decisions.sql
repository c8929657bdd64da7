-- Votes on approvals: who decided, by whose authority.

CREATE TABLE awgp.approval_decisions (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    approver_id uuid NOT NULL,
    on_behalf_of uuid,
    delegation_id uuid,
    decision text NOT NULL,
    comment text,
    decided_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    approver_issuer text,
    approver_subject text,
    on_behalf_of_subject text,
    CONSTRAINT approval_decisions_pkey PRIMARY KEY (id),
    CONSTRAINT approval_decisions_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT approval_decisions_one_human_key UNIQUE (tenant_id, approval_id, approver_id),
    CONSTRAINT approval_decisions_one_authority_key UNIQUE (tenant_id, approval_id, on_behalf_of),
    CONSTRAINT approval_decisions_decision_check CHECK (decision IN ('approve', 'reject', 'break_glass')),
    CONSTRAINT approval_decisions_behalf_check CHECK (
        (on_behalf_of IS NULL) = (delegation_id IS NULL) AND on_behalf_of <> approver_id),
    CONSTRAINT approval_decisions_one_subject_key UNIQUE (tenant_id, approval_id, approver_issuer, approver_subject),
    CONSTRAINT approval_decisions_approver_subject_check CHECK ((approver_issuer IS NULL) = (approver_subject IS NULL)),
    CONSTRAINT approval_decisions_behalf_subject_check CHECK (on_behalf_of_subject IS NULL OR on_behalf_of IS NOT NULL),
    CONSTRAINT approval_decisions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT approval_decisions_approval_id_fkey FOREIGN KEY (tenant_id, approval_id) REFERENCES awgp.approvals (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT approval_decisions_approver_id_fkey FOREIGN KEY (tenant_id, approver_id) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT approval_decisions_on_behalf_of_fkey FOREIGN KEY (tenant_id, on_behalf_of) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT approval_decisions_delegation_id_fkey FOREIGN KEY (tenant_id, delegation_id) REFERENCES awgp.approval_delegations (tenant_id, id) ON DELETE RESTRICT
);
CREATE INDEX idx_approval_decisions_approver ON awgp.approval_decisions (tenant_id, approver_id, decided_at DESC);
-- Whoever deletes a user or a delegation asks for the votes that name them.
CREATE INDEX idx_approval_decisions_on_behalf_of ON awgp.approval_decisions (tenant_id, on_behalf_of) WHERE on_behalf_of IS NOT NULL;
CREATE INDEX idx_approval_decisions_delegation ON awgp.approval_decisions (tenant_id, delegation_id) WHERE delegation_id IS NOT NULL;

COMMENT ON TABLE awgp.approval_decisions IS 'Votes on approvals: who voted, and on whose behalf. Only AWGP writes them, and no vote is changed.';
COMMENT ON COLUMN awgp.approval_decisions.id IS 'Id of the vote.';
COMMENT ON COLUMN awgp.approval_decisions.tenant_id IS 'The tenant of the approval; never changes.';
COMMENT ON COLUMN awgp.approval_decisions.approval_id IS 'The approval that the vote is on.';
COMMENT ON COLUMN awgp.approval_decisions.approver_id IS 'The user who voted.';
COMMENT ON COLUMN awgp.approval_decisions.on_behalf_of IS 'The user on whose behalf they voted; NULL: in person.';
COMMENT ON COLUMN awgp.approval_decisions.delegation_id IS 'The delegation that allowed it; NULL: in person.';
COMMENT ON COLUMN awgp.approval_decisions.decision IS 'The vote: approve, reject or break_glass.';
COMMENT ON COLUMN awgp.approval_decisions.comment IS 'What the approver wrote: a comment, or the reason of a rejection or of break_glass().';
COMMENT ON COLUMN awgp.approval_decisions.decided_at IS 'When the vote was given, by the wall clock.';
COMMENT ON COLUMN awgp.approval_decisions.approver_issuer IS 'Issuer of the token that the approver presented; NULL in trusted mode.';
COMMENT ON COLUMN awgp.approval_decisions.approver_subject IS 'Subject of that token; NULL in trusted mode. A person with this issuer and subject cannot vote again, even as another user.';
COMMENT ON COLUMN awgp.approval_decisions.on_behalf_of_subject IS 'users.keycloak_id of the delegator when the vote was given. It has no issuer: a delegator presents no token.';
COMMENT ON CONSTRAINT approval_decisions_pkey ON awgp.approval_decisions IS 'The id identifies the vote.';
COMMENT ON CONSTRAINT approval_decisions_tenant_id_id_key ON awgp.approval_decisions IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT approval_decisions_one_human_key ON awgp.approval_decisions IS 'A user votes once on an approval.';
COMMENT ON CONSTRAINT approval_decisions_one_authority_key ON awgp.approval_decisions IS 'A user is named as delegator by one vote on an approval. AWGP also refuses a vote on behalf of a user who has voted (already_voted).';
COMMENT ON CONSTRAINT approval_decisions_decision_check ON awgp.approval_decisions IS 'A vote is approve, reject or break_glass.';
COMMENT ON CONSTRAINT approval_decisions_behalf_check ON awgp.approval_decisions IS 'A vote on behalf of a user names that user and the delegation; the user is not the approver.';
COMMENT ON CONSTRAINT approval_decisions_one_subject_key ON awgp.approval_decisions IS 'A subject of an issuer votes once on an approval.';
COMMENT ON CONSTRAINT approval_decisions_approver_subject_check ON awgp.approval_decisions IS 'A subject is set together with its issuer.';
COMMENT ON CONSTRAINT approval_decisions_behalf_subject_check ON awgp.approval_decisions IS 'The subject of a delegator is set only if there is a delegator.';
COMMENT ON CONSTRAINT approval_decisions_tenant_id_fkey ON awgp.approval_decisions IS 'The tenant exists, and cannot be deleted while it has votes.';
COMMENT ON CONSTRAINT approval_decisions_approval_id_fkey ON awgp.approval_decisions IS 'The approval is one of the same tenant.';
COMMENT ON CONSTRAINT approval_decisions_approver_id_fkey ON awgp.approval_decisions IS 'The approver is a user of the same tenant.';
COMMENT ON CONSTRAINT approval_decisions_on_behalf_of_fkey ON awgp.approval_decisions IS 'The delegator is a user of the same tenant.';
COMMENT ON CONSTRAINT approval_decisions_delegation_id_fkey ON awgp.approval_decisions IS 'The delegation is one of the same tenant.';
COMMENT ON INDEX awgp.idx_approval_decisions_approver IS 'The votes of a user, the newest first; serves its foreign key.';
COMMENT ON INDEX awgp.idx_approval_decisions_on_behalf_of IS 'The votes on behalf of a user; serves its foreign key.';
COMMENT ON INDEX awgp.idx_approval_decisions_delegation IS 'The votes by a delegation; serves its foreign key.';
