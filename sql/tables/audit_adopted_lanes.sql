-- The last link of each lane before an adoption, and what the next row of the lane follows.

CREATE TABLE awgp.audit_adopted_lanes (
    tenant_id uuid NOT NULL,
    chain_lane smallint NOT NULL,
    last_seq bigint NOT NULL,
    last_hash text NOT NULL,
    adopted_seq bigint NOT NULL,
    adopted_hash text NOT NULL,
    install_id uuid NOT NULL,
    previous_id uuid NOT NULL,
    move_id uuid,
    adoption_id uuid,
    CONSTRAINT audit_adopted_lanes_pkey PRIMARY KEY (tenant_id, chain_lane, last_seq),
    CONSTRAINT audit_adopted_lanes_seq_check CHECK (last_seq >= 1 AND adopted_seq = last_seq + 1),
    CONSTRAINT audit_adopted_lanes_hash_check CHECK (
        last_hash ~ '^[0-9a-f]{64}$' AND adopted_hash ~ '^[0-9a-f]{64}$'),
    CONSTRAINT audit_adopted_lanes_adoption_check CHECK (
        (adoption_id IS NULL) <> (move_id IS NULL) AND adoption_id = install_id),
    CONSTRAINT audit_adopted_lanes_adoption_id_fkey FOREIGN KEY (adoption_id)
        REFERENCES awgp.audit_adoptions (install_id) ON DELETE RESTRICT,
    CONSTRAINT audit_adopted_lanes_move_id_fkey FOREIGN KEY (move_id)
        REFERENCES awgp.tenant_moves (id) ON DELETE RESTRICT
);
-- The foreign keys ask for the lanes of one adoption, and of one move.
CREATE INDEX idx_audit_adopted_lanes_adoption ON awgp.audit_adopted_lanes (adoption_id) WHERE adoption_id IS NOT NULL;
CREATE INDEX idx_audit_adopted_lanes_move ON awgp.audit_adopted_lanes (move_id) WHERE move_id IS NOT NULL;

COMMENT ON TABLE awgp.audit_adopted_lanes IS 'The points of the trail from which it belongs to the next install: for each lane its last link, and the adoption link that the next row follows.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.tenant_id IS 'The tenant; an install id for a system''s own chain.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.chain_lane IS 'The lane of the tenant''s chain.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.last_seq IS 'chain_seq of the lane''s last row under the previous install id.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.last_hash IS 'integrity_hash of that row.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.adopted_seq IS 'The number after it, which no row has.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.adopted_hash IS 'Hash over the next install id and the last link, as docs/audit_format.md describes it.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.install_id IS 'The install id from then on.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.previous_id IS 'The install id until then.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.move_id IS 'The move that brought the point: its tenant came from another installation. NULL for an adoption of this database.';
COMMENT ON COLUMN awgp.audit_adopted_lanes.adoption_id IS 'install_id, if it is an adoption of this database.';
COMMENT ON CONSTRAINT audit_adopted_lanes_pkey ON awgp.audit_adopted_lanes IS 'A lane is adopted once after a row.';
COMMENT ON CONSTRAINT audit_adopted_lanes_seq_check ON awgp.audit_adopted_lanes IS 'The adoption takes the number after the last row.';
COMMENT ON CONSTRAINT audit_adopted_lanes_hash_check ON awgp.audit_adopted_lanes IS 'A hash is 64 lower-case hex digits.';
COMMENT ON CONSTRAINT audit_adopted_lanes_adoption_check ON awgp.audit_adopted_lanes IS 'A point is of an adoption of this database, or a move brought it.';
COMMENT ON CONSTRAINT audit_adopted_lanes_adoption_id_fkey ON awgp.audit_adopted_lanes IS 'A point that no move brought belongs to an adoption.';
COMMENT ON CONSTRAINT audit_adopted_lanes_move_id_fkey ON awgp.audit_adopted_lanes IS 'A point that came from elsewhere belongs to a move.';
COMMENT ON INDEX awgp.idx_audit_adopted_lanes_adoption IS 'The lanes of one adoption.';
COMMENT ON INDEX awgp.idx_audit_adopted_lanes_move IS 'The lanes of one move.';
