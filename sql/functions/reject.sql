-- The body is the function of the same name in awgp_ext/src/approval/functions.rs.
CREATE OR REPLACE FUNCTION awgp.reject(
    approval_id uuid,
    reason text
) RETURNS awgp.approvals
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_reject';
COMMENT ON FUNCTION awgp.reject(uuid, text) IS 'The user in context rejects, in person or on behalf of a user who delegated to them as in approve(), and returns the row. One rejection is enough. A request whose work item has changed can be rejected, though not approved.
approval_id: the approval
reason: why; not empty
User role: operator, and the role that the risk needs (approver_role)
Errors: 22023 reason_required; P0002 unknown_approval; 42501 no_user_context, no_tenant_context, assistant_decides, self_approval, assistant_creator, not_an_approver, approver_role, role_not_sufficient, unknown_user; 55000 approval_closed, approval_expired, already_voted';
REVOKE ALL ON FUNCTION awgp.reject(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.reject(uuid, text) TO awgp_app;
