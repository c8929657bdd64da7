CREATE OR REPLACE FUNCTION awgp.cancel_work_item(
    id uuid,
    reason text DEFAULT NULL
) RETURNS awgp.work_items
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.work_items AS item SET status = 'cancelled', closed_reason = cancel_work_item.reason
    WHERE item.id = (SELECT awgp.require_work_item(cancel_work_item.id, 'cancel'))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.cancel_work_item(uuid, text) IS 'Cancels a work item that is in the backlog, in progress or waiting for an approval, and returns the row. Open approvals of it are withdrawn.
id: the work item
reason: why; kept as closed_reason. NULL: no reason
User role: operator
Errors: P0002 unknown_work_item; 55000 illegal_transition; 42501 no_tenant_context, role_not_sufficient';
REVOKE ALL ON FUNCTION awgp.cancel_work_item(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.cancel_work_item(uuid, text) TO awgp_app;
