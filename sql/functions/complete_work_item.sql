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
COMMENT ON FUNCTION awgp.complete_work_item(uuid, jsonb, awgp.number) IS 'Completes a work item in progress, and returns the row. Open approvals of it are withdrawn.
id: the work item
result: output data; NULL keeps what is there
actual_cost: what it cost. A note only: AWGP neither computes it nor compares it with the ledger. NULL keeps what is there
User role: operator
Errors: P0002 unknown_work_item; 55000 illegal_transition; 42501 no_tenant_context, role_not_sufficient, not_own_work; 22023 out_of_range; 23514 work_items_cost_check';
REVOKE ALL ON FUNCTION awgp.complete_work_item(uuid, jsonb, awgp.number) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.complete_work_item(uuid, jsonb, awgp.number) TO awgp_app;
