-- The body is the function of the same name in awgp_ext/src/approval/functions.rs.
CREATE OR REPLACE FUNCTION awgp.request_action_approval(
    work_item_id uuid,
    action text,
    arguments jsonb,
    title text DEFAULT NULL,
    description text DEFAULT NULL,
    risk_level bigint DEFAULT NULL,
    approver_ids uuid[] DEFAULT NULL,
    expires_in interval DEFAULT NULL,
    context jsonb DEFAULT NULL
) RETURNS awgp.approvals
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_request_action_approval';
COMMENT ON FUNCTION awgp.request_action_approval(uuid, text, jsonb, text, text, bigint, uuid[], interval, jsonb) IS 'Requests an approval of one action with its arguments, and returns the row. What is approved is what runs: begin_action() begins this action with these arguments, once. The work item does not wait; its other actions go on as they may. If an open request is for the same action and arguments, the new one is refused with approval_pending, and DETAIL has the approval_id of the open one. The arguments are kept in the row for those who decide, and not in the trail, which has their digest. The requester is the user in context, or else the creator of the item.
work_item_id: the work item
action: one of the capabilities of the item''s assistant
arguments: what the action is to be begun with, at most 64 KiB of JSON; {} if there are none. A number that no IEEE 754 double is exactly is refused: pass it as a text
title: what is requested, in a line; NULL: the name of the action
description: what is requested, in full; NULL: the item''s title
risk_level: the risk level that is requested; NULL or a lower one than the item''s: the item''s. The item keeps its own risk_level
approver_ids: the users who may decide; NULL or an empty array: everybody whose role may decide this risk
expires_in: time until the request expires; NULL: expires_in_seconds of the tenant''s policy. More than max_lifetime_seconds is refused
context: data for whoever decides, a JSON object; NULL: {}
User role: operator
Errors: P0002 unknown_work_item; 55000 approval_pending, illegal_transition; 42501 capability_missing, no_user_context, no_tenant_context, role_not_sufficient, not_own_work; 22023 out_of_range; 23503 unknown_reference; 23514 approvals_action_check, approvals_title_check, approvals_risk_level_check';
REVOKE ALL ON FUNCTION awgp.request_action_approval(uuid, text, jsonb, text, text, bigint, uuid[], interval, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.request_action_approval(uuid, text, jsonb, text, text, bigint, uuid[], interval, jsonb) TO awgp_app;
