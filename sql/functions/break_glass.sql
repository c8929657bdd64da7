CREATE OR REPLACE FUNCTION awgp.break_glass(
    approval_id uuid,
    reason text
) RETURNS awgp.approvals
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT awgp.force_approval(break_glass.approval_id, break_glass.reason);
    SELECT approval.* FROM awgp.approvals AS approval
    WHERE approval.tenant_id = awgp.current_tenant() AND approval.id = break_glass.approval_id;
$$;
COMMENT ON FUNCTION awgp.break_glass(uuid, text) IS 'The user in context approves at once, without regard to quorum, role and approver_ids, and returns the row. To call it, the owner of the extension must have granted EXECUTE on it and on force_approval(uuid, text), which does its work and checks the same, and approval_policy.break_glass of the tenant must list the user. It leaves an audit event of its own, a notification, a warning in the server''s log and a finding of the doctor.
approval_id: the approval
reason: why; not empty
User role: operator, and approval_policy.break_glass lists the user
Errors: 42501 break_glass_not_allowed, self_approval, no_user_context, no_tenant_context, assistant_decides, unknown_user, role_not_sufficient; 55000 approval_closed, approval_expired, digest_mismatch; 22023 reason_required; P0002 unknown_approval';
REVOKE ALL ON FUNCTION awgp.break_glass(uuid, text) FROM PUBLIC;
