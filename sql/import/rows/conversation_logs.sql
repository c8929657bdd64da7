-- Conversations, as they would stand in AWGP. Those with one external id on a channel are numbered as they
-- were made.
SELECT c.id, c.tenant_id, c.assistant_id, c.work_item_id, c.channel, c.external_id, c.messages, c.cost_amount,
       c.token_count, COALESCE(c.started_at, LEAST(c.created_at, c.ended_at)) AS started_at, c.ended_at, c.created_at,
       COALESCE(c.ended_at, c.created_at) AS updated_at, numbered.number AS external_number
FROM seed.rows AS c
LEFT JOIN (
    SELECT n.id, row_number() OVER (PARTITION BY n.tenant_id, n.external_id, n.channel ORDER BY n.created_at, n.id)::integer AS number
    FROM seed.conversation_logs AS n WHERE n.external_id IS NOT NULL) AS numbered ON numbered.id = c.id
