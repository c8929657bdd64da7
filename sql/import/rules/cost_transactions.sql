-- Entries of the future.
SELECT c.id::text AS row_id, 'created_at' AS column_name, 'out_of_range' AS reason, c.created_at::text AS detail, 'error' AS severity
FROM seed.cost_transactions AS c
WHERE c.created_at > now()
