-- How often an assistant is wrong, with which model. With the rights of whoever reads: the policies
-- of its tables are its own.

CREATE OR REPLACE VIEW awgp.assistant_quality WITH (security_invoker = true) AS
WITH counted AS (
    SELECT tenant_id, assistant_id, model, pg_catalog.count(*) AS conversations, 0::bigint AS work_items, 0::bigint AS flags,
           0::bigint AS pending, 0::bigint AS reviewed, 0::bigint AS false_positives, 0::bigint AS confirmed
    FROM awgp.conversation_logs
    GROUP BY tenant_id, assistant_id, model
    UNION ALL
    SELECT tenant_id, assistant_id, model, 0, pg_catalog.count(DISTINCT work_item_id), 0, 0, 0, 0, 0
    FROM awgp.cost_transactions
    WHERE work_item_id IS NOT NULL
    GROUP BY tenant_id, assistant_id, model
    UNION ALL
    SELECT tenant_id, assistant_id, model, 0, 0, pg_catalog.count(*),
           pg_catalog.count(*) FILTER (WHERE status = 'pending'),
           pg_catalog.count(*) FILTER (WHERE status = 'reviewed'),
           pg_catalog.count(*) FILTER (WHERE status = 'false_positive'),
           pg_catalog.count(*) FILTER (WHERE status = 'confirmed')
    FROM awgp.hallucination_flags
    GROUP BY tenant_id, assistant_id, model
), summed AS (
    SELECT tenant_id, assistant_id, model, pg_catalog.sum(conversations)::bigint AS conversations,
           pg_catalog.sum(work_items)::bigint AS work_items, pg_catalog.sum(flags)::bigint AS flags,
           pg_catalog.sum(pending)::bigint AS pending, pg_catalog.sum(reviewed)::bigint AS reviewed,
           pg_catalog.sum(false_positives)::bigint AS false_positives, pg_catalog.sum(confirmed)::bigint AS confirmed
    FROM counted
    GROUP BY tenant_id, assistant_id, model
)
SELECT summed.tenant_id, summed.assistant_id, assistant.slug AS assistant_slug, summed.model, summed.conversations,
       summed.work_items, summed.flags, summed.pending, summed.reviewed, summed.false_positives, summed.confirmed,
       pg_catalog.round(summed.confirmed::numeric / NULLIF(summed.conversations, 0), 4) AS confirmed_per_conversation,
       pg_catalog.round(summed.confirmed::numeric / NULLIF(summed.work_items, 0), 4) AS confirmed_per_work_item,
       pg_catalog.round(summed.confirmed::numeric / NULLIF(summed.confirmed + summed.false_positives, 0), 4) AS precision
FROM summed
JOIN awgp.assistants AS assistant ON assistant.tenant_id = summed.tenant_id AND assistant.id = summed.assistant_id;

COMMENT ON VIEW awgp.assistant_quality IS 'How often an assistant is wrong, with which model: a row for each assistant and model with conversations, costs of work items or flags.';
COMMENT ON COLUMN awgp.assistant_quality.tenant_id IS 'The tenant.';
COMMENT ON COLUMN awgp.assistant_quality.assistant_id IS 'The assistant.';
COMMENT ON COLUMN awgp.assistant_quality.assistant_slug IS 'The slug of the assistant.';
COMMENT ON COLUMN awgp.assistant_quality.model IS 'The model; NULL: not known.';
COMMENT ON COLUMN awgp.assistant_quality.conversations IS 'Conversations that were logged, erased ones included.';
COMMENT ON COLUMN awgp.assistant_quality.work_items IS 'Work items for which the ledger has costs of this model.';
COMMENT ON COLUMN awgp.assistant_quality.flags IS 'Flags with any status.';
COMMENT ON COLUMN awgp.assistant_quality.pending IS 'Flags that are not reviewed.';
COMMENT ON COLUMN awgp.assistant_quality.reviewed IS 'Flags that somebody looked at and could not decide.';
COMMENT ON COLUMN awgp.assistant_quality.false_positives IS 'Flags that were found to be false.';
COMMENT ON COLUMN awgp.assistant_quality.confirmed IS 'Flags that were found to be hallucinations.';
COMMENT ON COLUMN awgp.assistant_quality.confirmed_per_conversation IS 'Confirmed flags per conversation; NULL without conversations.';
COMMENT ON COLUMN awgp.assistant_quality.confirmed_per_work_item IS 'Confirmed flags per work item; NULL without work items.';
COMMENT ON COLUMN awgp.assistant_quality.precision IS 'Confirmed flags as a share of confirmed and false ones; NULL without either.';

REVOKE ALL ON awgp.assistant_quality FROM PUBLIC;
GRANT SELECT ON awgp.assistant_quality TO awgp_app;
