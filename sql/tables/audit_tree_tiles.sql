-- The hashes of a tenant's audit tree, in tiles of 256 as C2SP tlog-tiles cuts them. What lies
-- between is computed.

CREATE TABLE awgp.audit_tree_tiles (
    tenant_id uuid NOT NULL,
    level smallint NOT NULL,
    tile bigint NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT audit_tree_tiles_pkey PRIMARY KEY (tenant_id, level, tile),
    CONSTRAINT audit_tree_tiles_place_check CHECK (level >= 0 AND level <= 7 AND tile >= 0),
    CONSTRAINT audit_tree_tiles_hashes_check CHECK (
        octet_length(hashes) >= 32 AND octet_length(hashes) <= 8192 AND octet_length(hashes) % 32 = 0)
);
-- Hashes do not compress.
ALTER TABLE awgp.audit_tree_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

COMMENT ON TABLE awgp.audit_tree_tiles IS 'The hashes of the audit trees. Proofs are made from them, also for rows of retired partitions.';
COMMENT ON COLUMN awgp.audit_tree_tiles.tenant_id IS 'The tenant; the install id (installation.id) for the system''s own chain.';
COMMENT ON COLUMN awgp.audit_tree_tiles.level IS 'Level of the tile: 0 holds the leaves'' hashes, each further one the roots of 256 hashes of the level below.';
COMMENT ON COLUMN awgp.audit_tree_tiles.tile IS 'Number of the tile in its level, from 0.';
COMMENT ON COLUMN awgp.audit_tree_tiles.hashes IS 'Up to 256 hashes of 32 bytes. A full tile never changes.';
COMMENT ON CONSTRAINT audit_tree_tiles_pkey ON awgp.audit_tree_tiles IS 'Tenant, level and number identify the tile.';
COMMENT ON CONSTRAINT audit_tree_tiles_place_check ON awgp.audit_tree_tiles IS 'Eight levels of 256 hold more rows than a bigint counts.';
COMMENT ON CONSTRAINT audit_tree_tiles_hashes_check ON awgp.audit_tree_tiles IS 'A tile is 1 to 256 hashes of 32 bytes.';
