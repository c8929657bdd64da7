-- The same rows inserted by hand, without a hash: the columns, indexes,
-- checks and partitions of awgp.audit_logs.

CREATE TABLE bench.audit_by_hand (LIKE awgp.audit_logs INCLUDING ALL) PARTITION BY RANGE ("timestamp");
CREATE SEQUENCE bench.audit_by_hand_id;
SELECT format('CREATE TABLE bench.%I PARTITION OF bench.audit_by_hand %s', 'by_hand_' || relname, pg_get_expr(relpartbound, oid)),
       format('CREATE UNIQUE INDEX ON bench.%I (tenant_id, chain_lane, chain_seq)', 'by_hand_' || relname)
FROM pg_class JOIN pg_inherits ON inhrelid = oid
WHERE inhparent = 'awgp.audit_logs'::regclass ORDER BY relname \gexec
