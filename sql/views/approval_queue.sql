-- What the user in context may decide now, with all that a decision needs: approval_inbox() with
-- names in the place of ids. Within the tenant of the approval: a deputy sees on whose behalf they
-- would decide.
-- Ordered as its comment says and limited, it reads idx_approvals_open only as far as it shows. So it has no
-- window, and no volatile function among its columns: either would have all rows read first.
CREATE OR REPLACE VIEW awgp.approval_queue WITH (security_invoker = true) AS
SELECT p.risk_level AS risk,
       p.title,
       concat_ws(': ', COALESCE(p.action, w.context ->> 'action'), w.title) AS will_run,
       COALESCE(p.action, w.context ->> 'action') AS action,
       w.title AS work_item_title,
       a.slug AS assistant,
       w.estimated_cost AS cost,
       r.email AS requested_by,
       date_trunc('second', statement_timestamp() - p.created_at) AS age,
       date_trunc('second', p.expires_at - statement_timestamp()) AS time_left,
       (why.said ->> 'votes') || ' of ' || (why.said ->> 'votes_needed') AS votes,
       b.email AS on_behalf_of,
       p.status,
       p.created_at,
       p.expires_at,
       p.work_item_id,
       p.id,
       p.tenant_id
FROM awgp.approvals AS p
CROSS JOIN LATERAL (SELECT awgp.explain_approval(p.id) AS said OFFSET 0) AS why
LEFT JOIN awgp.work_items AS w ON w.tenant_id = p.tenant_id AND w.id = p.work_item_id
LEFT JOIN awgp.assistants AS a ON a.tenant_id = w.tenant_id AND a.id = w.assistant_id
LEFT JOIN awgp.users AS r ON r.tenant_id = p.tenant_id AND r.id = p.requested_by
LEFT JOIN awgp.users AS b ON b.tenant_id = p.tenant_id AND b.id = (why.said ->> 'on_behalf_of')::uuid
WHERE p.tenant_id = awgp.current_tenant() AND p.status IN ('pending', 'escalated')
  AND p.expires_at > clock_timestamp()
  AND awgp.may_decide_approval(p.id, (SELECT awgp.current_user_id()), p.risk_level, p.escalated_to,
                               p.approver_ids, p.requested_by);

COMMENT ON VIEW awgp.approval_queue IS 'The open approvals that the user in context may decide now, with what will run, who requested it and on whose behalf the user would decide. Without a user in context it has no rows. Order by risk DESC, expires_at, id: the highest risk first, then what expires first. It names users and assistants by e-mail address and slug where approval_details has ids.';
COMMENT ON COLUMN awgp.approval_queue.risk IS 'The risk level that is requested, 0 to 5: approvals.risk_level.';
COMMENT ON COLUMN awgp.approval_queue.title IS 'What is requested, in a line.';
COMMENT ON COLUMN awgp.approval_queue.will_run IS 'The action and the title of the work item that will run.';
COMMENT ON COLUMN awgp.approval_queue.action IS 'The one action that is to be approved; or context ->> ''action'' of the work item: the action that it names; NULL: none.';
COMMENT ON COLUMN awgp.approval_queue.work_item_title IS 'The title of the work item.';
COMMENT ON COLUMN awgp.approval_queue.assistant IS 'The slug of the assistant that will do it.';
COMMENT ON COLUMN awgp.approval_queue.cost IS 'The estimated cost of the work item.';
COMMENT ON COLUMN awgp.approval_queue.requested_by IS 'E-mail address of the user who requested it.';
COMMENT ON COLUMN awgp.approval_queue.age IS 'How long ago it was requested, in whole seconds.';
COMMENT ON COLUMN awgp.approval_queue.time_left IS 'How long it can still be decided, in whole seconds.';
COMMENT ON COLUMN awgp.approval_queue.votes IS 'How many votes it has and needs, as a text such as 1 of 2.';
COMMENT ON COLUMN awgp.approval_queue.on_behalf_of IS 'E-mail address of the user on whose behalf the user in context would decide; NULL: in person.';
COMMENT ON COLUMN awgp.approval_queue.status IS 'pending or escalated.';
COMMENT ON COLUMN awgp.approval_queue.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.approval_queue.expires_at IS 'From this moment on nobody can decide it, and no work begins under it.';
COMMENT ON COLUMN awgp.approval_queue.work_item_id IS 'The work item, of the same tenant, that waits.';
COMMENT ON COLUMN awgp.approval_queue.id IS 'Id of the approval: the argument of approve() and reject().';
COMMENT ON COLUMN awgp.approval_queue.tenant_id IS 'The tenant whose work is to be approved; never changes.';

REVOKE ALL ON awgp.approval_queue FROM PUBLIC;
GRANT SELECT ON awgp.approval_queue TO awgp_app;
