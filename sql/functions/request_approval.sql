-- The body is the function of the same name in awgp_ext/src/approval/functions.rs.
CREATE OR REPLACE FUNCTION awgp.request_approval(
    work_item_id uuid,
    title text DEFAULT NULL,
    description text DEFAULT NULL,
    risk_level bigint DEFAULT NULL,
    approver_ids uuid[] DEFAULT NULL,
    expires_in interval DEFAULT NULL,
    context jsonb DEFAULT NULL
) RETURNS awgp.approvals
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_request_approval';
COMMENT ON FUNCTION awgp.request_approval(uuid, text, text, bigint, uuid[], interval, jsonb) IS 'Asks for an approval of a work item, which waits from now on, and returns the row. It is pinned to what the item says now; one that waits already and asks the same is not asked again, any other open one is withdrawn. title, description: what the one who decides reads, default: the item''s; risk_level: raises the item''s, never lowers it; approver_ids: who may decide, default: everybody whom the risk allows; expires_in: default and bound by policy; context: data for the one who decides. In the name of the user in context, or, where there is none, of the item''s creator. Errors: P0002 unknown_work_item; 55000 approval_pending, illegal_transition; 42501 no_user_context, no_tenant_context, role_not_sufficient; 22023 out_of_range; 23503 unknown_reference.';
REVOKE ALL ON FUNCTION awgp.request_approval(uuid, text, text, bigint, uuid[], interval, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.request_approval(uuid, text, text, bigint, uuid[], interval, jsonb) TO awgp_app;
