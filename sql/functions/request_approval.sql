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
COMMENT ON FUNCTION awgp.request_approval(uuid, text, text, bigint, uuid[], interval, jsonb) IS 'Asks for an approval of a work item, which waits from now on, and returns the row. The approval is for what the item says now. Where the same is already asked, that approval is returned; any other open one is withdrawn. It is asked in the name of the user in context, or else of the item''s creator.
work_item_id: the work item
title: what is asked, in a line; empty: the item''s title
description: what is asked, in full; empty: the item''s description
risk_level: raises the item''s risk level, and never lowers it
approver_ids: users who may decide; empty: everybody whom the risk allows
expires_in: how long it may be decided; the tenant''s policy gives default and bound
context: data for the one who decides, a JSON object
Errors: P0002 unknown_work_item; 55000 approval_pending, illegal_transition; 42501 no_user_context, no_tenant_context, role_not_sufficient; 22023 out_of_range; 23503 unknown_reference';
REVOKE ALL ON FUNCTION awgp.request_approval(uuid, text, text, bigint, uuid[], interval, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.request_approval(uuid, text, text, bigint, uuid[], interval, jsonb) TO awgp_app;
