-- The erasable values that are there, from a commitment on, so that they are compared in parts. $1: the
-- tenants, NULL for all; $2: the partition, NULL for all; $3 and $4: tenant and commitment of the last one.
SELECT held.tenant_id, held.commitment, held.audit_id,
       'audit_logs_' || to_char(held.chained_at AT TIME ZONE 'UTC', 'YYYY_MM') AS partition_name,
       held.member, encode(held.salt, 'hex') AS salt, held.value::text AS value
FROM awgp.audit_erasable_values AS held
WHERE held.erased_at IS NULL
  AND ($1::uuid[] IS NULL OR held.tenant_id = ANY ($1))
  AND ($2::text IS NULL OR 'audit_logs_' || to_char(held.chained_at AT TIME ZONE 'UTC', 'YYYY_MM') = $2)
  AND (held.tenant_id, held.commitment) > ($3::uuid, $4::text)
ORDER BY held.tenant_id, held.commitment
LIMIT 1000
