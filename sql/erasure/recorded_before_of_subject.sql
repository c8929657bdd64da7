-- Events of a tracked table that have values of a subject's erasable columns in plain: how many, of which
-- columns, in which months. $1 is the tenant, $2 the names of the table in the trail, $3 the column that says
-- whose a row is, $4 the subject, $5 the erasable columns.
SELECT count(DISTINCT event.id),
       string_agg(DISTINCT named.name, ', '),
       string_agg(DISTINCT to_char(event."timestamp" AT TIME ZONE 'UTC', 'YYYY_MM'), ', ')
FROM awgp.audit_logs AS event
CROSS JOIN LATERAL (VALUES (event.before_state), (event.after_state)) AS state (value)
CROSS JOIN unnest($5::text[]) AS named (name)
WHERE event.tenant_id = $1 AND event.entity_type = ANY ($2::text[])
  AND state.value ->> $3 = $4
  AND state.value -> named.name NOT IN ('null', '{}', '"[erased]"', '"[masked]"')
  AND state.value #> ARRAY[named.name, 'erasable', 'hmac'] IS NULL
