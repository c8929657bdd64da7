-- Triggers that keep the trail, and are not there, not enabled, or not our own. Kind, table, detail.
WITH expected (relation, trigger, source, enabled) AS (
    SELECT oid, 'guard_audit', 'awgp_guard_audit', ARRAY['A']
    FROM pg_class WHERE oid = to_regclass('awgp.audit_logs')
       OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('awgp.audit_logs'))
    UNION ALL
    SELECT oid, 'guard_truncate', 'awgp_guard_audit', ARRAY['A']
    FROM pg_class WHERE oid = to_regclass('awgp.audit_logs')
       OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('awgp.audit_logs'))
    UNION ALL
    SELECT to_regclass('awgp.audit_erasable_values'), name, 'awgp_guard_erasable', ARRAY['A']
    FROM unnest(ARRAY['guard_erasable', 'guard_truncate']) AS name
    UNION ALL
    SELECT to_regclass('awgp.' || name), 'capture', 'awgp_capture', ARRAY['O', 'A']
    FROM unnest(ARRAY['tenants', 'users', 'assistants', 'assistant_templates', 'work_items', 'approvals',
        'approval_delegations', 'communication_policies', 'provider_credit_pools', 'cost_transactions',
        'budget_periods', 'credit_reservations', 'budget_alerts', 'conversation_logs', 'hallucination_flags']) AS name
)
SELECT 'trigger_disabled', relation::regclass::text,
       format('the trigger %s is not there, not enabled, or does not call the library', trigger)
FROM expected
WHERE relation IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_trigger
    JOIN pg_proc ON pg_proc.oid = tgfoid
    JOIN pg_language ON pg_language.oid = prolang
    WHERE tgrelid = relation AND tgname = trigger AND tgenabled::text = ANY (enabled)
      AND lanname = 'c' AND prosrc = source)
UNION ALL
-- A rule comes before every trigger.
SELECT 'trigger_disabled', relation::regclass::text, format('the rule %s rewrites what is written, past the triggers', rulename)
FROM (SELECT DISTINCT relation FROM expected) AS kept JOIN pg_rewrite ON ev_class = relation
WHERE rulename <> '_RETURN'
ORDER BY 2, 3
