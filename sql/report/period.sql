-- The tenants of the report, the zone of its times, and its month. $1: the only tenant, or NULL; $2: the
-- tenant in context, or NULL; $3: the tenants that the caller may report on, or NULL for all; $4: a day of
-- the month, or NULL.
WITH wanted AS (
    SELECT tenants.id, tenants.slug, tenants.name, tenants.type, tenants.is_active, tenants.settings ->> 'time_zone' AS time_zone
    FROM awgp.tenants
    WHERE ($3 IS NULL OR tenants.id = ANY ($3) AND ($1 IS NULL OR $1 = ANY ($3)))
      AND ($1 IS NULL OR tenants.id = $1 OR tenants.parent_tenant_id = $1 AND tenants.is_active)
), zone AS (
    SELECT COALESCE((SELECT time_zone FROM wanted WHERE id = COALESCE($1, $2)), 'UTC') AS time_zone
), month AS (
    SELECT zone.time_zone,
           date_trunc('month', COALESCE($4, (clock_timestamp() AT TIME ZONE zone.time_zone)::date)::timestamp)::date AS first
    FROM zone
)
SELECT CASE WHEN $1 IS NULL THEN COALESCE((SELECT array_agg(id) FROM wanted), '{}') ELSE (SELECT array_agg(id) FROM wanted) END,
       month.first,
       month.time_zone,
       jsonb_build_object(
           'month', to_char(month.first, 'YYYY-MM'),
           'month_name', to_char(month.first, 'FMMonth YYYY'),
           'time_zone', month.time_zone,
           'made_at', to_char(clock_timestamp() AT TIME ZONE month.time_zone, 'YYYY-MM-DD HH24:MI'),
           'is_over', clock_timestamp() >= (month.first + interval '1 month') AT TIME ZONE month.time_zone,
           'subject', (SELECT name FROM wanted WHERE id = COALESCE($1, $2)),
           'tenants', (SELECT COALESCE(jsonb_agg(jsonb_build_object('slug', slug, 'name', name, 'type', type) ORDER BY slug), '[]')
                       FROM wanted))
FROM month
