-- Who spent it: the 15 assistants that spent most, and all others together.
WITH spent AS (
    SELECT cost_by.tenant_slug, cost_by.assistant_slug, sum(cost_by.cost_amount) AS cost_amount,
           sum(cost_by.entries) AS entries
    FROM awgp.cost_by
    WHERE cost_by.tenant_id = ANY ($1)
      AND cost_by.day BETWEEN $2 AND ($2::timestamp + interval '1 month - 1 day')::date AND $3 IS NOT NULL
    GROUP BY cost_by.tenant_slug, cost_by.assistant_slug
), ranked AS (
    SELECT spent.*, row_number() OVER (ORDER BY cost_amount DESC, tenant_slug, assistant_slug) <= 15 AS is_named FROM spent
), named AS (
    SELECT CASE WHEN is_named THEN tenant_slug ELSE '' END AS tenant, CASE WHEN is_named THEN assistant_slug END AS assistant,
           entries, cost_amount
    FROM ranked
)
SELECT tenant, COALESCE(assistant, count(*) || ' others') AS assistant, sum(entries) AS entries,
       round(sum(cost_amount), 6)::text AS cost_amount,
       round(100 * sum(cost_amount) / NULLIF(sum(sum(cost_amount)) OVER (), 0), 1)::text AS percent
FROM named
GROUP BY tenant, named.assistant
ORDER BY named.assistant IS NULL, sum(cost_amount) DESC, 1, 2
