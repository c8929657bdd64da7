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
COMMENT ON FUNCTION awgp.request_approval(uuid, text, text, bigint, uuid[], interval, jsonb) IS 'Requests an approval of a work item, which waits from now on, and returns the row. The approval is for what the item says now. If an open request of the item is for the same, whatever its title, approvers or context, the new one is refused with approval_pending, and DETAIL has the approval_id of the open one. An open request for what the item said before is withdrawn. The requester is the user in context, or else the creator of the item. If fewer people may decide than votes are needed, the caller gets a warning (01000, approval_undecidable).
work_item_id: the work item
title: what is requested, in a line; NULL: the item''s title
description: what is requested, in full; NULL: the item''s description
risk_level: the risk level that is requested; NULL or a lower one than the item''s: the item''s. The item keeps its own risk_level
approver_ids: the users who may decide; NULL or an empty array: everybody whose role may decide this risk
expires_in: time until the request expires; NULL: expires_in_seconds of the tenant''s policy. More than max_lifetime_seconds is refused
context: data for whoever decides, a JSON object; NULL: {}
User role: operator
Errors: P0002 unknown_work_item; 55000 approval_pending, illegal_transition; 42501 no_user_context, no_tenant_context, role_not_sufficient, not_own_work; 22023 out_of_range; 23503 unknown_reference; 23514 approvals_title_check, approvals_risk_level_check';
REVOKE ALL ON FUNCTION awgp.request_approval(uuid, text, text, bigint, uuid[], interval, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.request_approval(uuid, text, text, bigint, uuid[], interval, jsonb) TO awgp_app;
