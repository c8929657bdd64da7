-- Audit rows that no trail can hold, and what is said about the others.
SELECT l.id::text AS row_id, 'timestamp' AS column_name, 'out_of_range' AS reason, l."timestamp"::text AS detail, 'error' AS severity
FROM seed.audit_logs AS l
WHERE l."timestamp" > now() AND isfinite(l."timestamp")
UNION ALL
SELECT l.id::text, 'id', 'out_of_range', NULL, 'error'
FROM seed.audit_logs AS l
WHERE l.id < 1 OR l.id > 9000000000000000000
UNION ALL
SELECT l.id::text, name, 'out_of_range', 'it must be a text of 1 to 200 bytes', 'error'
FROM seed.audit_logs AS l CROSS JOIN LATERAL (VALUES ('action', l.action), ('entity_type', l.entity_type)) AS text (name, value)
WHERE octet_length(value) NOT BETWEEN 1 AND 200
UNION ALL
SELECT l.id::text, 'id', 'duplicate', format('%s rows', count(*)), 'error'
FROM seed.audit_logs AS l
GROUP BY l.id HAVING count(*) > 1
UNION ALL
SELECT l.id::text, 'tenant_id', 'taken', l.tenant_id::text, 'error'
FROM seed.audit_logs AS l
WHERE l.tenant_id IN (SELECT id FROM awgp.tenants UNION ALL SELECT id FROM awgp.installation)
  AND NOT EXISTS (SELECT FROM seed.tenants AS t WHERE t.id = l.tenant_id)
UNION ALL
SELECT l.id::text, 'tenant_id', 'tenant_gone', l.tenant_id::text, 'warning'
FROM seed.audit_logs AS l
WHERE NOT EXISTS (SELECT FROM seed.tenants AS t WHERE t.id = l.tenant_id)
  AND l.tenant_id NOT IN (SELECT id FROM awgp.tenants UNION ALL SELECT id FROM awgp.installation)
UNION ALL
SELECT l.id::text, 'timestamp', 'month_sealed', l."timestamp"::text, 'warning'
FROM seed.audit_logs AS l
WHERE to_char(l."timestamp" AT TIME ZONE 'UTC', '"audit_logs_"YYYY_MM') IN (SELECT partition_name FROM awgp.audit_log_integrity)
UNION ALL
SELECT l.id::text, 'id', 'renumbered', NULL, 'warning'
FROM seed.audit_logs AS l
WHERE l.id <= (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM awgp.audit_logs_id_seq)
UNION ALL
SELECT min(l.id)::text, 'integrity_hash', 'old_hash_repeated', format('%s rows have it', count(*)), 'warning'
FROM seed.audit_logs AS l
GROUP BY l.integrity_hash HAVING count(*) > 1
