CREATE OR REPLACE FUNCTION awgp.start_work_item(
    id uuid
) RETURNS awgp.work_items
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.work_items AS item SET status = 'in_progress'
    WHERE item.id = (SELECT awgp.require_work_item(start_work_item.id, 'start'))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.start_work_item(uuid) IS 'Begins a work item of the tenant in context, or continues it after an approval, and returns the row. A risk above the assistant''s tier needs an approval that is approved, not expired, not used, and given for what the item says now. Starting uses the approval up, and withdraws approvals that are still open.
id: the work item
User role: operator
Errors: P0002 unknown_work_item; 55000 stopped, approval_required, approval_pending, approval_rejected, approval_expired, approval_used, digest_mismatch, assistant_inactive, assistant_suspended, assistant_error, illegal_transition; 42501 capability_missing, no_tenant_context, role_not_sufficient, not_own_work';
REVOKE ALL ON FUNCTION awgp.start_work_item(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.start_work_item(uuid) TO awgp_app;
