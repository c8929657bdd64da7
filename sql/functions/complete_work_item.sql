CREATE OR REPLACE FUNCTION awgp.complete_work_item(
    id uuid,
    result jsonb DEFAULT NULL,
    actual_cost awgp.number DEFAULT NULL
) RETURNS awgp.work_items
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.work_items AS item SET status = 'completed',
        result = COALESCE(complete_work_item.result, item.result),
        actual_cost = COALESCE(awgp.checked_amount(complete_work_item.actual_cost::numeric, 'actual_cost'), item.actual_cost)
    WHERE item.id = (SELECT awgp.require_work_item(complete_work_item.id, 'complete'))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.complete_work_item(uuid, jsonb, awgp.number) IS 'Ends a work item that is done, and returns the row.
id: the work item
result: output data; empty keeps what is there
actual_cost: what it cost, in the currency of the tenant''s pools; empty keeps what is there
Errors: P0002 unknown_work_item; 55000 illegal_transition, work_item_pinned; 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range; 23514 bad number';
REVOKE ALL ON FUNCTION awgp.complete_work_item(uuid, jsonb, awgp.number) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.complete_work_item(uuid, jsonb, awgp.number) TO awgp_app;
