-- Work items, as they would stand in AWGP. An item remembers the highest risk for which an approval was
-- requested.
SELECT w.id, w.tenant_id, w.assistant_id, w.title, w.description, w.status, w.priority, w.risk_level,
       w.estimated_cost, w.actual_cost, COALESCE(w.context, '{}') AS context, w.result, w.started_at, w.completed_at,
       w.due_at, asked.risk_level AS asked_risk_level, w.created_by, w.created_at, w.updated_at
FROM seed.rows AS w
LEFT JOIN (SELECT p.work_item_id, max(p.risk_level) AS risk_level FROM seed.approvals AS p GROUP BY p.work_item_id) AS asked
    ON asked.work_item_id = w.id
