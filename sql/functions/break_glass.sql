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
COMMENT ON FUNCTION awgp.break_glass(uuid, text) IS 'The user in context approves at once, without quorum, role and list, and returns the row. No role may call it before an administrator grants EXECUTE on it and on force_approval(), and the tenant''s policy names the user. It leaves an audit event of its own, a notification, a warning in the server''s log and a finding of the doctor.
approval_id: the approval
reason: why; not empty
Errors: 42501 break_glass_not_allowed, self_approval, no_user_context, assistant_decides; 55000 approval_closed, approval_expired, digest_mismatch; 22023 reason_required; P0002 unknown_approval';
REVOKE ALL ON FUNCTION awgp.break_glass(uuid, text) FROM PUBLIC;
