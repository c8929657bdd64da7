-- The body is the function of the same name in awgp_ext/src/approval/functions.rs.
CREATE OR REPLACE FUNCTION awgp.approve(
    approval_id uuid,
    comment text DEFAULT NULL,
    arguments jsonb DEFAULT NULL
) RETURNS awgp.approvals
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_approve';
COMMENT ON FUNCTION awgp.approve(uuid, text, jsonb) IS 'The user in context approves, and returns the row. Its status is approved if this was the last vote that the quorum needs. A user who may decide in person does so; otherwise the first of their delegations that allows it, by id, is used, and the vote names the delegator. explain_approval() says which.
approval_id: the approval
comment: kept with the vote. NULL: no comment
arguments: for an approval of an action: what it may be begun with instead of the arguments that were requested. Both are kept. Refused with votes_cast if somebody has voted already. NULL: the arguments as they are
User role: operator, and the role that the risk needs (approver_role)
Errors: P0002 unknown_approval; 42501 no_user_context, no_tenant_context, assistant_decides, self_approval, assistant_creator, not_an_approver, approver_role, role_not_sufficient, unknown_user; 55000 approval_closed, approval_expired, digest_mismatch, already_voted, votes_cast; 22023 out_of_range';
REVOKE ALL ON FUNCTION awgp.approve(uuid, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.approve(uuid, text, jsonb) TO awgp_app;
