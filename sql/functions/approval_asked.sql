CREATE OR REPLACE FUNCTION awgp.approval_asked(
    approval_id uuid
) RETURNS jsonb
LANGUAGE sql STABLE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object(
        'title', p.title, 'description', p.description, 'risk_level', p.risk_level, 'context', p.context,
        'work_item', (
            SELECT jsonb_build_object(
                'title', item.state -> 'title', 'description', item.state -> 'description',
                'risk_level', item.state -> 'risk_level', 'estimated_cost', item.state -> 'estimated_cost',
                'context', item.state -> 'context',
                'assistant', awgp.trail_name(p.tenant_id, 'assistants', (item.state ->> 'assistant_id')::uuid))
            FROM (
                -- A change before the request leaves it as it was asked; one after the request found it so.
                SELECT CASE WHEN event.id < asked.id THEN event.after_state ELSE event.before_state END AS state
                FROM (SELECT min(event.id) AS id FROM awgp.audit_logs AS event
                      WHERE event.tenant_id = p.tenant_id AND event.entity_type = 'approvals'
                        AND event.entity_id = p.id AND event.action = 'insert') AS asked,
                     awgp.audit_logs AS event
                WHERE event.tenant_id = p.tenant_id AND event.entity_type = 'work_items'
                  AND event.entity_id = p.work_item_id AND event.action IN ('insert', 'update')
                  AND asked.id IS NOT NULL
                ORDER BY event.id < asked.id DESC, abs(event.id - asked.id)
                LIMIT 1) AS item
            WHERE item.state IS NOT NULL))
    FROM awgp.approvals AS p
    WHERE p.id = approval_asked.approval_id AND p.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);
$$;
COMMENT ON FUNCTION awgp.approval_asked(uuid) IS 'What an approval was requested for, to compare it with another request or with the work item as it is now: title, description, risk_level and context of the request, and work_item as the trail has it at that moment, with title, description, risk_level, estimated_cost, context and the slug of its assistant. work_item is null if the trail does not have it. NULL for an approval that the caller does not see.
approval_id: the approval';
REVOKE ALL ON FUNCTION awgp.approval_asked(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.approval_asked(uuid) TO awgp_app;
