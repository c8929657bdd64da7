-- Checkpoints: the size and the root of a tenant's audit tree at a moment, to be signed outside of
-- the database.

CREATE TABLE awgp.audit_checkpoints (
    tenant_id uuid NOT NULL,
    tree_size bigint NOT NULL,
    root_hash text NOT NULL,
    body text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    signed_at timestamptz,
    signed_by text,
    CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (tenant_id, tree_size),
    CONSTRAINT audit_checkpoints_size_check CHECK (tree_size >= 1),
    CONSTRAINT audit_checkpoints_hash_check CHECK (root_hash ~ '^[0-9a-f]{64}$'),
    CONSTRAINT audit_checkpoints_signed_check CHECK ((signed_at IS NULL) = (signed_by IS NULL)),
    CONSTRAINT audit_checkpoints_no_key_check CHECK (
        body !~* 'PRIVATE.KEY' AND COALESCE(signed_by, '') !~* 'PRIVATE.KEY')
);

COMMENT ON TABLE awgp.audit_checkpoints IS 'Checkpoints: size and root of a tenant''s audit tree at a moment. The auditor keeps the signed notes, outside of the database. docs/checkpoints.md explains tree, root and note.';
COMMENT ON COLUMN awgp.audit_checkpoints.tenant_id IS 'The tenant; the install id (installation.id) for the system''s own chain.';
COMMENT ON COLUMN awgp.audit_checkpoints.tree_size IS 'How many audit rows the tree has.';
COMMENT ON COLUMN awgp.audit_checkpoints.root_hash IS 'Root of the tree, in hex.';
COMMENT ON COLUMN awgp.audit_checkpoints.body IS 'The text that is signed, as docs/checkpoints.md describes it.';
COMMENT ON COLUMN awgp.audit_checkpoints.made_at IS 'When it was made.';
COMMENT ON COLUMN awgp.audit_checkpoints.signed_at IS 'When confirm_checkpoint() first received a signed note of it; NULL: never.';
COMMENT ON COLUMN awgp.audit_checkpoints.signed_by IS 'The public key that signed it, as name+id+key; NULL with signed_at.';
COMMENT ON CONSTRAINT audit_checkpoints_pkey ON awgp.audit_checkpoints IS 'A tree has one root for each size.';
COMMENT ON CONSTRAINT audit_checkpoints_size_check ON awgp.audit_checkpoints IS 'An empty tree is not checkpointed.';
COMMENT ON CONSTRAINT audit_checkpoints_hash_check ON awgp.audit_checkpoints IS 'A hash is 64 lower-case hex digits.';
COMMENT ON CONSTRAINT audit_checkpoints_signed_check ON awgp.audit_checkpoints IS 'Who signed and when are known together.';
COMMENT ON CONSTRAINT audit_checkpoints_no_key_check ON awgp.audit_checkpoints IS 'A private key never enters the database.';
