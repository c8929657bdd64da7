-- Which rows are which leaves of a tenant's audit tree: each checkpoint appends the new rows of
-- each lane in a row.

CREATE TABLE awgp.audit_tree_lanes (
    tenant_id uuid NOT NULL,
    chain_lane smallint NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    last_hash text NOT NULL,
    first_leaf bigint NOT NULL,
    tree_size bigint NOT NULL,
    CONSTRAINT audit_tree_lanes_pkey PRIMARY KEY (tenant_id, chain_lane, last_seq),
    CONSTRAINT audit_tree_lanes_leaf_key UNIQUE (tenant_id, first_leaf),
    CONSTRAINT audit_tree_lanes_seq_check CHECK (first_seq >= 1 AND last_seq >= first_seq),
    CONSTRAINT audit_tree_lanes_leaf_check CHECK (first_leaf >= 0),
    CONSTRAINT audit_tree_lanes_hash_check CHECK (last_hash ~ '^[0-9a-f]{64}$'),
    -- A run belongs to the checkpoint that appended it.
    CONSTRAINT audit_tree_lanes_checkpoint_fkey FOREIGN KEY (tenant_id, tree_size)
        REFERENCES awgp.audit_checkpoints (tenant_id, tree_size) ON DELETE RESTRICT
);
-- The runs of one checkpoint; the foreign key asks for them too.
CREATE INDEX idx_audit_tree_lanes_checkpoint ON awgp.audit_tree_lanes (tenant_id, tree_size);

COMMENT ON TABLE awgp.audit_tree_lanes IS 'Runs of rows: which rows of a lane each checkpoint appended to the tree. It shows how far each lane is checkpointed.';
COMMENT ON COLUMN awgp.audit_tree_lanes.tenant_id IS 'The tenant; the install id (installation.id) for the system''s own chain.';
COMMENT ON COLUMN awgp.audit_tree_lanes.chain_lane IS 'The lane of the tenant''s chain.';
COMMENT ON COLUMN awgp.audit_tree_lanes.first_seq IS 'chain_seq of the run''s first row.';
COMMENT ON COLUMN awgp.audit_tree_lanes.last_seq IS 'chain_seq of the run''s last row.';
COMMENT ON COLUMN awgp.audit_tree_lanes.last_hash IS 'integrity_hash of the run''s last row.';
COMMENT ON COLUMN awgp.audit_tree_lanes.first_leaf IS 'Number of the run''s first leaf in the tree, from 0.';
COMMENT ON COLUMN awgp.audit_tree_lanes.tree_size IS 'The size of the tree of the checkpoint that appended the run.';
COMMENT ON CONSTRAINT audit_tree_lanes_pkey ON awgp.audit_tree_lanes IS 'A row of a lane is appended to the tree once.';
COMMENT ON CONSTRAINT audit_tree_lanes_leaf_key ON awgp.audit_tree_lanes IS 'No two runs of a tenant begin with the same leaf.';
COMMENT ON CONSTRAINT audit_tree_lanes_seq_check ON awgp.audit_tree_lanes IS 'Numbers begin at 1 and ascend.';
COMMENT ON CONSTRAINT audit_tree_lanes_leaf_check ON awgp.audit_tree_lanes IS 'Leaves are numbered from 0.';
COMMENT ON CONSTRAINT audit_tree_lanes_hash_check ON awgp.audit_tree_lanes IS 'A hash is 64 lower-case hex digits.';
COMMENT ON CONSTRAINT audit_tree_lanes_checkpoint_fkey ON awgp.audit_tree_lanes IS 'A run belongs to the checkpoint that appended it.';
COMMENT ON INDEX awgp.idx_audit_tree_lanes_checkpoint IS 'The runs of one checkpoint.';
