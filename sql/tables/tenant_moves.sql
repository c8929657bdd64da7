-- Moves of families to and from other installations: how far each is, and what stays of one that left.

CREATE TABLE awgp.tenant_moves (
    id uuid NOT NULL,
    side text NOT NULL,
    state text NOT NULL DEFAULT 'preparing',
    family_id uuid NOT NULL,
    slug text NOT NULL,
    tenants uuid[] NOT NULL,
    install_id uuid NOT NULL,
    peer_id uuid NOT NULL,
    peer text NOT NULL,
    began_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    began_by text NOT NULL,
    stopped_at timestamptz,
    settled_at timestamptz,
    cleared_at timestamptz,
    lanes jsonb,
    digests jsonb,
    kept jsonb,
    CONSTRAINT tenant_moves_pkey PRIMARY KEY (id),
    CONSTRAINT tenant_moves_side_check CHECK (side IN ('source', 'target')),
    CONSTRAINT tenant_moves_state_check CHECK (
        (side = 'source' AND state IN ('preparing', 'stopped', 'left', 'cleared', 'back'))
        OR (side = 'target' AND state IN ('preparing', 'verified', 'active', 'back'))),
    CONSTRAINT tenant_moves_other_check CHECK (install_id <> peer_id),
    CONSTRAINT tenant_moves_tenants_check CHECK (pg_catalog.cardinality(tenants) BETWEEN 1 AND 1000),
    CONSTRAINT tenant_moves_peer_check CHECK (pg_catalog.btrim(peer) <> ''),
    CONSTRAINT tenant_moves_lanes_check CHECK (lanes IS NOT NULL OR state IN ('preparing', 'stopped', 'back'))
);
-- A family is in one move at a time.
CREATE UNIQUE INDEX idx_tenant_moves_open ON awgp.tenant_moves (family_id)
    WHERE state IN ('preparing', 'stopped', 'verified', 'left');

COMMENT ON TABLE awgp.tenant_moves IS 'Moves of families to and from other installations. What is left of a family that moved away: where to, when, and the last link of each lane of its trail.';
COMMENT ON COLUMN awgp.tenant_moves.id IS 'Id of the move, the same on both sides.';
COMMENT ON COLUMN awgp.tenant_moves.side IS 'source: the family leaves this database; target: it arrives here.';
COMMENT ON COLUMN awgp.tenant_moves.state IS 'preparing: its trail is copied; stopped: its writes are refused; verified: it is here whole, and does not work yet; left: it works elsewhere; active: it works here; cleared: its rows are deleted, its trail stays; back: the move was undone.';
COMMENT ON COLUMN awgp.tenant_moves.family_id IS 'The tenant without a parent.';
COMMENT ON COLUMN awgp.tenant_moves.slug IS 'Its slug.';
COMMENT ON COLUMN awgp.tenant_moves.tenants IS 'All tenants of the family.';
COMMENT ON COLUMN awgp.tenant_moves.install_id IS 'The install id of this database.';
COMMENT ON COLUMN awgp.tenant_moves.peer_id IS 'The install id of the other one.';
COMMENT ON COLUMN awgp.tenant_moves.peer IS 'What the other one is called: told to whoever asks for the family here.';
COMMENT ON COLUMN awgp.tenant_moves.began_at IS 'When the move began here.';
COMMENT ON COLUMN awgp.tenant_moves.began_by IS 'The login role that began it.';
COMMENT ON COLUMN awgp.tenant_moves.stopped_at IS 'When the family''s writes were stopped; at the source.';
COMMENT ON COLUMN awgp.tenant_moves.settled_at IS 'When the family left, or began to work here, or the move was undone.';
COMMENT ON COLUMN awgp.tenant_moves.cleared_at IS 'When its rows were deleted at the source.';
COMMENT ON COLUMN awgp.tenant_moves.lanes IS 'The last link of each lane as it moved: a list of tenant_id, chain_lane, last_seq and last_hash.';
COMMENT ON COLUMN awgp.tenant_moves.digests IS 'For each table that moved: its rows and their digest.';
COMMENT ON COLUMN awgp.tenant_moves.kept IS 'Of a family that comes back, until it works here or the move is undone: the checkpoints of its earlier stay that were replaced, and the newest of each of its trees.';
COMMENT ON CONSTRAINT tenant_moves_pkey ON awgp.tenant_moves IS 'The id identifies the move: a database is on one side of it.';
COMMENT ON CONSTRAINT tenant_moves_side_check ON awgp.tenant_moves IS 'The sides.';
COMMENT ON CONSTRAINT tenant_moves_state_check ON awgp.tenant_moves IS 'The states of a side.';
COMMENT ON CONSTRAINT tenant_moves_other_check ON awgp.tenant_moves IS 'A family moves to another installation.';
COMMENT ON CONSTRAINT tenant_moves_tenants_check ON awgp.tenant_moves IS 'A family has 1 to 1000 tenants.';
COMMENT ON CONSTRAINT tenant_moves_peer_check ON awgp.tenant_moves IS 'The other one has a name.';
COMMENT ON CONSTRAINT tenant_moves_lanes_check ON awgp.tenant_moves IS 'What was verified, or has left, has its last links.';
COMMENT ON INDEX awgp.idx_tenant_moves_open IS 'A family is in one move at a time.';
