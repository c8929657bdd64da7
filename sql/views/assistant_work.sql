-- An assistant's work at a glance. With the rights of whoever reads: row-level security shows what
-- they may see.
CREATE OR REPLACE VIEW awgp.assistant_work WITH (security_invoker = true) AS
    SELECT assistant.tenant_id, assistant.id AS assistant_id, assistant.slug, assistant.status, assistant.status_reason,
           assistant.status_changed_at, open.in_progress, open.awaiting_approval, open.backlog, open.oldest_at
    FROM awgp.assistants AS assistant
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE item.status = 'in_progress') AS in_progress,
               count(*) FILTER (WHERE item.status = 'awaiting_approval') AS awaiting_approval,
               count(*) FILTER (WHERE item.status = 'backlog') AS backlog,
               min(item.created_at) AS oldest_at
        FROM awgp.work_items AS item
        WHERE item.tenant_id = assistant.tenant_id AND item.assistant_id = assistant.id
          AND item.status IN ('in_progress', 'awaiting_approval', 'backlog')) AS open;
COMMENT ON VIEW awgp.assistant_work IS 'How much open work each assistant has, whatever the status of the assistant.';
COMMENT ON COLUMN awgp.assistant_work.tenant_id IS 'The tenant the assistant works for; never changes.';
COMMENT ON COLUMN awgp.assistant_work.assistant_id IS 'The assistant.';
COMMENT ON COLUMN awgp.assistant_work.slug IS 'URL-friendly identifier, unique in the tenant.';
COMMENT ON COLUMN awgp.assistant_work.status IS 'active, inactive, suspended or error. Only an active assistant begins work. AWGP itself sets suspended, over confirmed flags; it never sets error, which is for your runtime. docs/state_machines.md shows the changes.';
COMMENT ON COLUMN awgp.assistant_work.status_reason IS 'Why it has this status; set only together with the status.';
COMMENT ON COLUMN awgp.assistant_work.status_changed_at IS 'Since when it has this status. Kept by trigger.';
COMMENT ON COLUMN awgp.assistant_work.in_progress IS 'Work items in progress.';
COMMENT ON COLUMN awgp.assistant_work.awaiting_approval IS 'Work items that wait for an approval.';
COMMENT ON COLUMN awgp.assistant_work.backlog IS 'Work items that have not begun.';
COMMENT ON COLUMN awgp.assistant_work.oldest_at IS 'When the oldest of these work items was made; NULL without any.';
REVOKE ALL ON awgp.assistant_work FROM PUBLIC;
GRANT SELECT ON awgp.assistant_work TO awgp_app;
