CREATE OR REPLACE FUNCTION awgp.reassign_work_item(
    id uuid,
    assistant_id uuid
) RETURNS awgp.work_items
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.work_items AS item SET assistant_id = reassign_work_item.assistant_id
    WHERE item.id = (SELECT awgp.require_work_item(reassign_work_item.id))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.reassign_work_item(uuid, uuid) IS 'Gives a work item of the tenant in context to another assistant, and returns the row. An approval that was asked for it no longer holds.
id: the work item
assistant_id: an assistant of the tenant
User role: operator
Errors: P0002 unknown_work_item; 55000 stopped, work_item_pinned; 42501 no_tenant_context, role_not_sufficient; 23502 for NULL in assistant_id; 23503 work_items_assistant_id_fkey';
REVOKE ALL ON FUNCTION awgp.reassign_work_item(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.reassign_work_item(uuid, uuid) TO awgp_app;
