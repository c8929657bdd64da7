-- What runs of the tenants $1 (NULL: of all), or of the assistant $2 alone: how many there are of each kind,
-- and the $3 oldest, whose times are RFC 3339 in UTC, as all times in answers are.
WITH action AS (
    SELECT a.id, a.tenant_id, a.assistant_id, a.work_item_id, a.action, a.status, a.begun_at, a.expires_at
    FROM awgp.governed_actions AS a
    WHERE a.status OPERATOR(pg_catalog.=) ANY ('{begun,unknown}'::pg_catalog.text[])
      AND ($1 IS NULL OR a.tenant_id OPERATOR(pg_catalog.=) ANY ($1))
      AND ($2 IS NULL OR a.assistant_id OPERATOR(pg_catalog.=) $2)
), reservation AS (
    SELECT r.id, r.tenant_id, r.assistant_id, r.work_item_id, r.provider, r.amount, r.reserved_at, r.expires_at
    FROM awgp.credit_reservations AS r
    WHERE r.state OPERATOR(pg_catalog.=) 'held' AND r.expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()
      AND ($1 IS NULL OR r.tenant_id OPERATOR(pg_catalog.=) ANY ($1))
      AND ($2 IS NULL OR r.assistant_id OPERATOR(pg_catalog.=) $2)
), item AS (
    SELECT w.id, w.tenant_id, w.assistant_id, w.title, w.started_at
    FROM awgp.work_items AS w
    WHERE w.status OPERATOR(pg_catalog.=) 'in_progress'
      AND ($1 IS NULL OR w.tenant_id OPERATOR(pg_catalog.=) ANY ($1))
      AND ($2 IS NULL OR w.assistant_id OPERATOR(pg_catalog.=) $2)
)
SELECT pg_catalog.jsonb_build_object(
    'actions', pg_catalog.jsonb_build_object(
        'count', (SELECT pg_catalog.count(*) FROM action),
        'first', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(first)), '[]'::pg_catalog.jsonb)
                  FROM (SELECT id, tenant_id, assistant_id, work_item_id, action.action, status,
                               pg_catalog.to_char(pg_catalog.timezone('UTC', begun_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS begun_at,
                               pg_catalog.to_char(pg_catalog.timezone('UTC', expires_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS expires_at
                        FROM action
                        ORDER BY action.begun_at USING OPERATOR(pg_catalog.<), id USING OPERATOR(pg_catalog.<) LIMIT $3) AS first)),
    'reservations', pg_catalog.jsonb_build_object(
        'count', (SELECT pg_catalog.count(*) FROM reservation),
        'first', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(first)), '[]'::pg_catalog.jsonb)
                  FROM (SELECT id, tenant_id, assistant_id, work_item_id, provider, amount,
                               pg_catalog.to_char(pg_catalog.timezone('UTC', reserved_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS reserved_at,
                               pg_catalog.to_char(pg_catalog.timezone('UTC', expires_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS expires_at
                        FROM reservation
                        ORDER BY reservation.reserved_at USING OPERATOR(pg_catalog.<), id USING OPERATOR(pg_catalog.<)
                        LIMIT $3) AS first)),
    'work_items', pg_catalog.jsonb_build_object(
        'count', (SELECT pg_catalog.count(*) FROM item),
        'first', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(first)), '[]'::pg_catalog.jsonb)
                  FROM (SELECT id, tenant_id, assistant_id, title,
                               pg_catalog.to_char(pg_catalog.timezone('UTC', started_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS started_at
                        FROM item
                        ORDER BY item.started_at USING OPERATOR(pg_catalog.<), id USING OPERATOR(pg_catalog.<) LIMIT $3) AS first))) AS running
