-- Row-level security of the trail, where it is off. Kind, table, detail.
SELECT 'policy_disabled', oid::regclass::text, 'row-level security is not enabled and forced'
FROM pg_class
WHERE (oid IN (to_regclass('awgp.audit_logs'), to_regclass('awgp.audit_erasable_values'))
       OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('awgp.audit_logs')))
  AND NOT (relrowsecurity AND relforcerowsecurity)
UNION ALL
SELECT 'policy_disabled', 'awgp.audit_logs', 'the policy tenant_isolation_audit is not there'
WHERE NOT EXISTS (
    SELECT FROM pg_policy WHERE polrelid = to_regclass('awgp.audit_logs') AND polname = 'tenant_isolation_audit')
ORDER BY 2, 3
