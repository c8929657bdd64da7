-- The trail lacks events that must be there: it is empty beside tenants, checkpoints or numbers that it
-- has given out, or lacks the last event that a checkpoint has recorded. Of a hundred tenants;
-- verify_audit() looks at all. Tenants of the present transaction are left out, since it writes its
-- events at its end.
SELECT 'awgp.audit_logs', 'it has no event, and ' || trace.said, 'SELECT * FROM awgp.verify_audit();'
FROM (
    SELECT 'there are tenants'
    WHERE EXISTS (SELECT FROM awgp.tenants WHERE COALESCE(age(xmin) > age(pg_current_xact_id_if_assigned()::xid), true))
    UNION ALL
    SELECT 'there are checkpoints' WHERE EXISTS (SELECT FROM awgp.audit_checkpoints)
    UNION ALL
    -- A copy has no events of its own; its first ones come with the original's.
    SELECT format('it has given out the numbers up to %s, to events that are gone or were rolled back', last_value)
    FROM awgp.audit_logs_id_seq
    WHERE is_called AND NOT EXISTS (SELECT FROM awgp.installation WHERE is_copy)
    LIMIT 1
) AS trace (said)
WHERE NOT EXISTS (SELECT FROM awgp.audit_logs)
  AND NOT EXISTS (SELECT FROM awgp.audit_retired_partitions)
UNION ALL
SELECT format('tenant %s', tenant.id),
       format('event %s of its lane %s is missing or another one; a checkpoint has recorded it', leaf.last_seq, leaf.chain_lane),
       format('SELECT * FROM awgp.verify_audit(%L);', tenant.id)
FROM (SELECT id FROM awgp.tenants ORDER BY id LIMIT 100) AS tenant
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (chain_lane) chain_lane, last_seq, last_hash FROM awgp.audit_tree_lanes
    WHERE tenant_id = tenant.id ORDER BY chain_lane, last_seq DESC) AS leaf
WHERE NOT EXISTS (
        SELECT FROM awgp.audit_logs
        WHERE tenant_id = tenant.id AND chain_lane = leaf.chain_lane AND chain_seq = leaf.last_seq
          AND integrity_hash = leaf.last_hash)
  -- Its month may have been retired.
  AND NOT EXISTS (
        SELECT FROM awgp.audit_chain_anchors AS anchor LEFT JOIN awgp.audit_retired_partitions AS retired USING (partition_name)
        WHERE (retired.partition_name IS NOT NULL OR partition_name LIKE '%/%') AND anchor.tenant_id = tenant.id AND anchor.chain_lane = leaf.chain_lane
          AND leaf.last_seq BETWEEN anchor.first_seq AND anchor.last_seq AND restored_at IS NULL)
