-- Audit rows, as the seed has them. AWGP gives them lane, number and hash.
SELECT l.id, l."timestamp", l.tenant_id, l.actor_type, l.actor_id, l.action, l.entity_type, l.entity_id,
       l.before_state, l.after_state, l.metadata, l.integrity_hash
FROM seed.rows AS l
