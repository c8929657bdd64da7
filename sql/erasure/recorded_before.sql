-- Events of rows of a user that have values of erasable columns in plain: how many, of which columns, in
-- which months. $1 is the tenant, $2 the rows, $3 the kind of thing, $4 the columns that may be erasable.
SELECT count(DISTINCT event.id),
       string_agg(DISTINCT named.name, ', '),
       string_agg(DISTINCT to_char(event."timestamp" AT TIME ZONE 'UTC', 'YYYY_MM'), ', ')
FROM awgp.audit_logs AS event
CROSS JOIN LATERAL (VALUES (event.before_state), (event.after_state)) AS state (value)
CROSS JOIN unnest($4::text[]) AS named (name)
WHERE event.tenant_id = $1 AND event.entity_type = $3
  AND event.entity_id = ANY ($2::uuid[])
  AND state.value -> named.name NOT IN ('null', '{}', '"[erased]"', '"[masked]"')
  AND state.value #> ARRAY[named.name, 'erasable', 'hmac'] IS NULL
  AND state.value ->> named.name NOT LIKE 'erased-%@erased.invalid'
