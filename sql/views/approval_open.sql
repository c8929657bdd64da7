-- What waits for a decision, and who may give it: the inbox of nobody in particular.
-- Like approval_queue, it reads only what it shows.
CREATE OR REPLACE VIEW awgp.approval_open WITH (security_invoker = true) AS
SELECT p.risk_level AS risk,
       p.title,
       who.may_decide,
       concat_ws(': ', COALESCE(p.action, w.context ->> 'action'), w.title) AS will_run,
       a.slug AS assistant,
       w.estimated_cost AS cost,
       r.email AS requested_by,
       date_trunc('second', statement_timestamp() - p.created_at) AS age,
       date_trunc('second', p.expires_at - statement_timestamp()) AS time_left,
       p.status,
       p.created_at,
       p.expires_at,
       p.work_item_id,
       p.id,
       p.tenant_id
FROM awgp.approvals AS p
CROSS JOIN LATERAL (SELECT array_agg(d.email) AS may_decide FROM awgp.approval_deciders(p.id) AS d OFFSET 0) AS who
LEFT JOIN awgp.work_items AS w ON w.tenant_id = p.tenant_id AND w.id = p.work_item_id
LEFT JOIN awgp.assistants AS a ON a.tenant_id = w.tenant_id AND a.id = w.assistant_id
LEFT JOIN awgp.users AS r ON r.tenant_id = p.tenant_id AND r.id = p.requested_by
WHERE p.tenant_id = awgp.current_tenant() AND p.status IN ('pending', 'escalated')
  AND p.expires_at > clock_timestamp();

COMMENT ON VIEW awgp.approval_open IS 'The open approvals of the tenant in context, each with the users who may decide it now. It needs no user in context; what the user in context may decide is in approval_queue.';
COMMENT ON COLUMN awgp.approval_open.risk IS 'The risk level that is requested, 0 to 5: approvals.risk_level.';
COMMENT ON COLUMN awgp.approval_open.title IS 'What is requested, in a line.';
COMMENT ON COLUMN awgp.approval_open.may_decide IS 'E-mail addresses of the users who may decide it now; NULL: nobody.';
COMMENT ON COLUMN awgp.approval_open.will_run IS 'The action and the title of the work item that will run.';
COMMENT ON COLUMN awgp.approval_open.assistant IS 'The slug of the assistant that will do it.';
COMMENT ON COLUMN awgp.approval_open.cost IS 'The estimated cost of the work item.';
COMMENT ON COLUMN awgp.approval_open.requested_by IS 'E-mail address of the user who requested it.';
COMMENT ON COLUMN awgp.approval_open.age IS 'How long ago it was requested, in whole seconds.';
COMMENT ON COLUMN awgp.approval_open.time_left IS 'How long it can still be decided, in whole seconds.';
COMMENT ON COLUMN awgp.approval_open.status IS 'pending or escalated.';
COMMENT ON COLUMN awgp.approval_open.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.approval_open.expires_at IS 'From this moment on nobody can decide it, and no work begins under it.';
COMMENT ON COLUMN awgp.approval_open.work_item_id IS 'The work item, of the same tenant, that waits.';
COMMENT ON COLUMN awgp.approval_open.id IS 'Id of the approval: the argument of approve() and reject().';
COMMENT ON COLUMN awgp.approval_open.tenant_id IS 'The tenant whose work is to be approved; never changes.';

REVOKE ALL ON awgp.approval_open FROM PUBLIC;
GRANT SELECT ON awgp.approval_open TO awgp_app;
