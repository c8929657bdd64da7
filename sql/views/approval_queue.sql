-- What the user in context may decide now, with all that a decision needs: approval_inbox() with
-- names in the place of ids. Within the tenant of the approval: a deputy sees on whose behalf they
-- would decide.
CREATE OR REPLACE VIEW awgp.approval_queue WITH (security_invoker = true) AS
SELECT p.place,
       p.risk_level AS risk,
       p.title,
       concat_ws(': ', w.context ->> 'action', w.title) AS will_run,
       w.context ->> 'action' AS action,
       w.title AS work_item_title,
       a.slug AS assistant,
       w.estimated_cost AS cost,
       r.email AS requested_by,
       date_trunc('second', clock_timestamp() - p.created_at) AS age,
       date_trunc('second', p.expires_at - clock_timestamp()) AS time_left,
       (why.said ->> 'votes') || ' of ' || (why.said ->> 'votes_needed') AS votes,
       b.email AS on_behalf_of,
       p.status,
       p.expires_at,
       p.work_item_id,
       p.id,
       p.tenant_id
FROM (SELECT p.*, row_number() OVER () AS place FROM awgp.approval_inbox() AS p) AS p
CROSS JOIN LATERAL (SELECT awgp.explain_approval(p.id) AS said OFFSET 0) AS why
LEFT JOIN awgp.work_items AS w ON w.tenant_id = p.tenant_id AND w.id = p.work_item_id
LEFT JOIN awgp.assistants AS a ON a.tenant_id = w.tenant_id AND a.id = w.assistant_id
LEFT JOIN awgp.users AS r ON r.tenant_id = p.tenant_id AND r.id = p.requested_by
LEFT JOIN awgp.users AS b ON b.tenant_id = p.tenant_id AND b.id = (why.said ->> 'on_behalf_of')::uuid;

COMMENT ON VIEW awgp.approval_queue IS 'The open approvals that the user in context may decide now, with what will run, who asked and on whose behalf the user would decide. In the order of place: the riskiest and soonest to expire first.';
COMMENT ON COLUMN awgp.approval_queue.place IS 'Where it stands in the inbox, from 1.';
COMMENT ON COLUMN awgp.approval_queue.risk IS 'How risky it is, 0 to 5.';
COMMENT ON COLUMN awgp.approval_queue.title IS 'What is asked, in a line.';
COMMENT ON COLUMN awgp.approval_queue.will_run IS 'The action and the title of the work item that will run.';
COMMENT ON COLUMN awgp.approval_queue.action IS 'The action of the work item.';
COMMENT ON COLUMN awgp.approval_queue.work_item_title IS 'The title of the work item.';
COMMENT ON COLUMN awgp.approval_queue.assistant IS 'The slug of the assistant that will do it.';
COMMENT ON COLUMN awgp.approval_queue.cost IS 'What it will cost, as estimated.';
COMMENT ON COLUMN awgp.approval_queue.requested_by IS 'E-mail address of the user who asks.';
COMMENT ON COLUMN awgp.approval_queue.age IS 'For how long it has waited.';
COMMENT ON COLUMN awgp.approval_queue.time_left IS 'How long it can still be decided.';
COMMENT ON COLUMN awgp.approval_queue.votes IS 'How many votes it has, of how many that it needs.';
COMMENT ON COLUMN awgp.approval_queue.on_behalf_of IS 'E-mail address of the user on whose behalf the user in context would decide; empty where they decide in person.';
COMMENT ON COLUMN awgp.approval_queue.status IS 'pending, approved, rejected, escalated or expired.';
COMMENT ON COLUMN awgp.approval_queue.expires_at IS 'From this moment on nobody can approve it.';
COMMENT ON COLUMN awgp.approval_queue.work_item_id IS 'The work item, of the same tenant, that waits.';
COMMENT ON COLUMN awgp.approval_queue.id IS 'Key.';
COMMENT ON COLUMN awgp.approval_queue.tenant_id IS 'The tenant whose work is to be approved; never changes.';

REVOKE ALL ON awgp.approval_queue FROM PUBLIC;
GRANT SELECT ON awgp.approval_queue TO awgp_app;
