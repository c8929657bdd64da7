CREATE OR REPLACE FUNCTION awgp.action_receipt(
    action_id uuid
) RETURNS TABLE (part text, audit_id bigint, tenant_id uuid, chain_lane smallint, chain_seq bigint, integrity_hash text,
                 tree_size bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    WITH acted AS (
        SELECT a.tenant_id, a.id, a.cost_transaction_id,
               -- The approval of this very action, or of its work item.
               COALESCE(a.approval_id, (
                   SELECT p.id FROM awgp.approvals AS p
                   WHERE p.tenant_id = a.tenant_id AND p.work_item_id = a.work_item_id
                     AND p.action IS NULL AND p.used_at <= a.begun_at
                   ORDER BY p.used_at DESC LIMIT 1)) AS approval_id
        FROM awgp.governed_actions AS a
        WHERE a.id = action_receipt.action_id
          AND (a.tenant_id = ANY (awgp.visible_tenants())
               -- The caller's role: inside of this function current_user is its owner.
               OR pg_has_role(CASE current_setting('role') WHEN 'none' THEN session_user
                                   ELSE current_setting('role')::name END, 'awgp_auditor', 'USAGE')))
    SELECT thing.part, event.id, event.tenant_id, event.chain_lane, event.chain_seq, event.integrity_hash,
           (SELECT run.tree_size FROM awgp.audit_tree_lanes AS run
            WHERE run.tenant_id = event.tenant_id AND run.chain_lane = event.chain_lane
              AND event.chain_seq BETWEEN run.first_seq AND run.last_seq
            ORDER BY run.last_seq LIMIT 1)
    FROM acted
    CROSS JOIN LATERAL (
        VALUES ('action', 'governed_actions', acted.id), ('approval', 'approvals', acted.approval_id),
               ('cost', 'cost_transactions', acted.cost_transaction_id)
        UNION ALL
        SELECT 'vote', 'approval_decisions', d.id FROM awgp.approval_decisions AS d
        WHERE d.tenant_id = acted.tenant_id AND d.approval_id = acted.approval_id) AS thing (part, entity_type, id)
    JOIN awgp.audit_logs AS event
      ON event.tenant_id = acted.tenant_id AND event.entity_type = thing.entity_type AND event.entity_id = thing.id
    WHERE event.action IN ('insert', 'update', 'action.reconciled') AND NOT event.metadata ? 'origin'
      -- A vote and an entry of the ledger never change; only the comment of a vote may be erased.
      AND (thing.part IN ('action', 'approval') OR event.action = 'insert')
    ORDER BY event.id;
$$;
COMMENT ON FUNCTION awgp.action_receipt(uuid) IS 'The events of the trail that a receipt of an action has: of the action itself, of its approval (or that of its work item), of the votes and of the cost, the oldest first. part is action, approval, vote or cost; the other columns are the place of the event, and tree_size the first checkpoint that has it; NULL: none yet. No row for an action of a tenant that the caller does not see. docs/actions.md has an example.
action_id: the action
SECURITY DEFINER: auditors read the trail, and no table of a tenant; only places in the trail are told, of tenants that the caller sees';
REVOKE ALL ON FUNCTION awgp.action_receipt(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.action_receipt(uuid) TO awgp_app, awgp_auditor;
