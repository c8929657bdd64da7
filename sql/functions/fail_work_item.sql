CREATE OR REPLACE FUNCTION awgp.fail_work_item(
    id uuid,
    reason text DEFAULT NULL
) RETURNS awgp.work_items
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.work_items AS item SET status = 'failed', closed_reason = fail_work_item.reason
    WHERE item.id = (SELECT awgp.require_work_item(fail_work_item.id, 'fail'))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.fail_work_item(uuid, text) IS 'Marks a work item in progress as failed, and returns the row. An item that has not begun is cancelled instead: cancel_work_item(). Open approvals of it are withdrawn.
id: the work item
reason: why; kept as closed_reason. NULL: no reason
User role: operator
Errors: P0002 unknown_work_item; 55000 illegal_transition; 42501 no_tenant_context, role_not_sufficient, not_own_work';
REVOKE ALL ON FUNCTION awgp.fail_work_item(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.fail_work_item(uuid, text) TO awgp_app;
