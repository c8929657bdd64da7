CREATE OR REPLACE FUNCTION awgp.escalate_approval(
    approval_id uuid,
    reason text DEFAULT NULL,
    approver_ids uuid[] DEFAULT NULL
) RETURNS awgp.approvals
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT awgp.step_up_approval(escalate_approval.approval_id, escalate_approval.reason,
                                 escalate_approval.approver_ids);
    SELECT approval.* FROM awgp.approvals AS approval
    WHERE approval.tenant_id = awgp.current_tenant() AND approval.id = escalate_approval.approval_id;
$$;
COMMENT ON FUNCTION awgp.escalate_approval(uuid, text, uuid[]) IS 'Asks a higher role, or the named users, to decide, extends the expiry, and returns the row. Votes already given still count.
approval_id: the approval
reason: why; kept as escalation_reason. NULL: no reason
approver_ids: the users who are asked; NULL or an empty array: the next step of the tenant''s policy
User role: operator
Errors: P0002 unknown_approval; 55000 escalation_exhausted, approval_closed, approval_expired; 42501 no_tenant_context, role_not_sufficient; 23503 unknown_reference';
REVOKE ALL ON FUNCTION awgp.escalate_approval(uuid, text, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.escalate_approval(uuid, text, uuid[]) TO awgp_app;
