-- How often assistants were wrong in the month: the 20 with the most confirmed flags, and all others
-- together.
WITH counted AS (
    SELECT tenant_id, assistant_id, count(*) AS conversations, 0::bigint AS flags, 0::bigint AS confirmed,
           0::bigint AS false_positives, 0::bigint AS pending
    FROM awgp.conversation_logs
    WHERE tenant_id = ANY ($1)
      AND created_at >= $2::timestamp AT TIME ZONE $3 AND created_at < ($2::timestamp + interval '1 month') AT TIME ZONE $3
    GROUP BY tenant_id, assistant_id
    UNION ALL
    SELECT tenant_id, assistant_id, 0, count(*), count(*) FILTER (WHERE status = 'confirmed'),
           count(*) FILTER (WHERE status = 'false_positive'), count(*) FILTER (WHERE status = 'pending')
    FROM awgp.hallucination_flags
    WHERE tenant_id = ANY ($1)
      AND created_at >= $2::timestamp AT TIME ZONE $3 AND created_at < ($2::timestamp + interval '1 month') AT TIME ZONE $3
    GROUP BY tenant_id, assistant_id
), summed AS (
    SELECT tenants.slug AS tenant, assistants.slug AS assistant, sum(conversations) AS conversations, sum(flags) AS flags,
           sum(confirmed) AS confirmed, sum(false_positives) AS false_positives, sum(pending) AS pending,
           row_number() OVER (ORDER BY sum(confirmed) DESC, sum(flags) DESC, sum(conversations) DESC,
                                       tenants.slug, assistants.slug) AS place
    FROM counted
    JOIN awgp.assistants ON assistants.tenant_id = counted.tenant_id AND assistants.id = counted.assistant_id
    JOIN awgp.tenants ON tenants.id = counted.tenant_id
    GROUP BY tenants.slug, assistants.slug
), named AS (
    SELECT CASE WHEN place <= 20 THEN tenant ELSE '' END AS tenant, CASE WHEN place <= 20 THEN assistant END AS assistant,
           LEAST(place, 21) AS place, conversations, flags, confirmed, false_positives, pending
    FROM summed
)
SELECT tenant, COALESCE(assistant, count(*) || ' others') AS assistant,
       sum(conversations) AS conversations, sum(flags) AS flags, sum(confirmed) AS confirmed,
       sum(false_positives) AS false_positives, sum(pending) AS pending,
       round(100 * sum(confirmed) / NULLIF(sum(conversations), 0), 1)::text AS confirmed_percent
FROM named
GROUP BY tenant, named.assistant, place
ORDER BY place
