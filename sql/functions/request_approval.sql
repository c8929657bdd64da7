CREATE OR REPLACE FUNCTION awgp.request_approval(
    work_item_id uuid,
    title text DEFAULT NULL,
    description text DEFAULT NULL,
    risk_level integer DEFAULT NULL,
    approver_ids uuid[] DEFAULT NULL,
    expires_in interval DEFAULT NULL,
    context jsonb DEFAULT NULL
) RETURNS awgp.approvals
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.approvals (tenant_id, work_item_id, title, description, risk_level, requested_by,
                                approver_ids, expires_at, context)
    SELECT item.tenant_id, item.id, COALESCE(request_approval.title, item.title),
           COALESCE(request_approval.description, item.description), COALESCE(request_approval.risk_level, 0),
           COALESCE(awgp.current_user_id(), item.created_by), request_approval.approver_ids,
           pg_catalog.clock_timestamp() + request_approval.expires_in, COALESCE(request_approval.context, '{}')
    FROM awgp.work_items AS item
    WHERE item.id = (SELECT awgp.require_work_item(request_approval.work_item_id))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.request_approval(uuid, text, text, integer, uuid[], interval, jsonb) IS 'Asks for an approval of a work item, which waits from now on, and returns the row. It is pinned to what the item says now; one that waits already and asks the same is not asked again, any other open one is withdrawn. title, description: what the one who decides reads, default: the item''s; risk_level: raises the item''s, never lowers it; approver_ids: who may decide, default: everybody whom the risk allows; expires_in: default and bound by policy; context: data for the one who decides. In the name of the user in context, or, where there is none, of the item''s creator. Errors: P0002 unknown_work_item; 55000 approval_pending, illegal_transition; 42501 no_user_context, no_tenant_context, role_not_sufficient; 22023 out_of_range; 23503 unknown_reference.';
REVOKE ALL ON FUNCTION awgp.request_approval(uuid, text, text, integer, uuid[], interval, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.request_approval(uuid, text, text, integer, uuid[], interval, jsonb) TO awgp_app;
