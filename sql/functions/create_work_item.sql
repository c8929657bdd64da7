CREATE OR REPLACE FUNCTION awgp.create_work_item(
    assistant_id uuid,
    title text,
    description text DEFAULT NULL,
    risk_level bigint DEFAULT NULL,
    priority bigint DEFAULT 3,
    estimated_cost awgp.number DEFAULT NULL,
    context jsonb DEFAULT '{}',
    due_at timestamptz DEFAULT NULL
) RETURNS awgp.work_items
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.work_items (tenant_id, assistant_id, title, description, risk_level, priority,
                                 estimated_cost, context, due_at, created_by)
    VALUES (awgp.current_tenant(), create_work_item.assistant_id, create_work_item.title,
            create_work_item.description, awgp.checked_whole('risk_level', create_work_item.risk_level),
            COALESCE(awgp.checked_whole('priority', create_work_item.priority), 3),
            awgp.checked_amount(create_work_item.estimated_cost::numeric, 'estimated_cost'), COALESCE(create_work_item.context, '{}'),
            awgp.checked_moment('due_at', create_work_item.due_at), awgp.current_user_id())
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.create_work_item(uuid, text, text, bigint, bigint, awgp.number, jsonb, timestamptz) IS 'Makes a work item of the tenant in context, with the status backlog, and returns the row.
assistant_id: an assistant of the tenant
title: what is to be done, in a line
description: what is to be done, in full; NULL: nothing more
risk_level: 0 to 5; NULL: not assessed, which counts as the highest
priority: 1 (highest) to 5
estimated_cost: what it is expected to cost; NULL: not estimated
context: data for the task, a JSON object. Its key action names the action: the assistant must have it among its capabilities, and approvers see it. Anything but an object is kept and names no action
due_at: when it should be done; NULL: no date
User role: operator
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range if a number does not fit 32 bits or is NaN or infinite; 23502 for NULL in assistant_id or title; 23503 work_items_assistant_id_fkey; 23514 work_items_title_check, work_items_risk_level_check, work_items_priority_check, work_items_cost_check';
REVOKE ALL ON FUNCTION awgp.create_work_item(uuid, text, text, bigint, bigint, awgp.number, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_work_item(uuid, text, text, bigint, bigint, awgp.number, jsonb, timestamptz) TO awgp_app;
