-- Policies that cannot be used.
SELECT c.id::text AS row_id, problem[1] AS column_name, problem[2] AS reason, problem[3] AS detail, 'error' AS severity
FROM seed.communication_policies AS c
LEFT JOIN seed.tenants AS t ON t.id = c.tenant_id
CROSS JOIN LATERAL awgp.import_policy_problem(
    c.from_assistant_types, c.to_assistant_types, c.allowed_channels, c.rate_limit_per_hour,
    COALESCE(c.content_rules, '{}'), t.settings -> 'messaging') AS problem
WHERE problem IS NOT NULL
