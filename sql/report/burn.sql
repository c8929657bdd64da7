-- What was spent on each day. $1: the tenants; $2: the first day of the month; $3: its time zone. The last
-- day is today there, or a later one on which a tenant whose own zone is ahead has spent.
WITH spent AS (
    SELECT cost_by.day, sum(cost_by.cost_amount) AS cost_amount, sum(cost_by.entries) AS entries
    FROM awgp.cost_by
    WHERE cost_by.tenant_id = ANY ($1)
      AND cost_by.day BETWEEN $2 AND ($2::timestamp + interval '1 month - 1 day')::date
    GROUP BY cost_by.day
)
SELECT to_char(calendar.day, 'YYYY-MM-DD') AS day,
       round(COALESCE(spent.cost_amount, 0), 6)::text AS cost_amount,
       round(sum(COALESCE(spent.cost_amount, 0)) OVER (ORDER BY calendar.day), 6)::text AS so_far,
       COALESCE(spent.entries, 0) AS entries
FROM generate_series($2::timestamp, $2::timestamp + interval '1 month - 1 day', interval '1 day') AS calendar (day)
LEFT JOIN spent ON spent.day = calendar.day::date
WHERE calendar.day::date <= GREATEST((clock_timestamp() AT TIME ZONE $3)::date, (SELECT max(latest.day) FROM spent AS latest))
ORDER BY calendar.day
