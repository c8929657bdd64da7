CREATE OR REPLACE FUNCTION awgp.update_work_item(
    id uuid,
    title text DEFAULT NULL,
    description text DEFAULT NULL,
    risk_level bigint DEFAULT NULL,
    priority bigint DEFAULT NULL,
    estimated_cost awgp.number DEFAULT NULL,
    context jsonb DEFAULT NULL,
    due_at timestamptz DEFAULT NULL
) RETURNS awgp.work_items
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.work_items AS item
    SET title = COALESCE(update_work_item.title, item.title),
        description = NULLIF(COALESCE(update_work_item.description, item.description), ''),
        risk_level = COALESCE(awgp.checked_whole('risk_level', update_work_item.risk_level), item.risk_level),
        priority = COALESCE(awgp.checked_whole('priority', update_work_item.priority), item.priority),
        estimated_cost = COALESCE(awgp.checked_amount(update_work_item.estimated_cost::numeric, 'estimated_cost'), item.estimated_cost),
        context = COALESCE(update_work_item.context, item.context),
        due_at = COALESCE(awgp.checked_moment('due_at', update_work_item.due_at), item.due_at)
    WHERE item.id = (SELECT awgp.require_work_item(update_work_item.id))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.update_work_item(uuid, text, text, bigint, bigint, awgp.number, jsonb, timestamptz) IS 'Changes a work item of the tenant in context, and returns the row. An approval that was asked for it no longer holds if what it says has changed. Under an approval that is in use it does not change.
id: the work item
title: what is to be done, in a line; NULL keeps it
description: what is to be done, in full; NULL keeps it, the empty text removes it
risk_level: 0 to 5, at least the risk for which an approval was asked; NULL keeps it
priority: 1 (highest) to 5; NULL keeps it
estimated_cost: what it is expected to cost; NULL keeps it
context: data for the task, instead of the present ones; NULL keeps them
due_at: when it should be done; NULL keeps it
User role: operator
Errors: P0002 unknown_work_item; 55000 work_item_pinned, risk_lowered; 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range; 23514 work_items_title_check, work_items_risk_level_check, work_items_priority_check, work_items_cost_check';
REVOKE ALL ON FUNCTION awgp.update_work_item(uuid, text, text, bigint, bigint, awgp.number, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.update_work_item(uuid, text, text, bigint, bigint, awgp.number, jsonb, timestamptz) TO awgp_app;
