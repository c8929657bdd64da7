-- How far the trail of each visible tenant is checkpointed and signed: what is known without verifying anew.
CREATE OR REPLACE VIEW awgp.trail_status WITH (security_invoker = true) AS
SELECT tenant.id AS tenant_id, tenant.slug AS tenant_slug,
       made.tree_size, made.made_at,
       signed.tree_size AS signed_size, signed.signed_at, signed.signed_by,
       CASE WHEN made.made_at IS NULL THEN tenant.created_at
            ELSE (SELECT event."timestamp" FROM awgp.audit_logs AS event
                  WHERE event.tenant_id = tenant.id AND event."timestamp" > made.made_at
                  ORDER BY event."timestamp" LIMIT 1) END AS unchecked_since,
       CASE WHEN signed.made_at IS NULL THEN tenant.created_at
            ELSE (SELECT event."timestamp" FROM awgp.audit_logs AS event
                  WHERE event.tenant_id = tenant.id AND event."timestamp" > signed.made_at
                  ORDER BY event."timestamp" LIMIT 1) END AS unsigned_since
FROM awgp.tenants AS tenant
LEFT JOIN LATERAL (
    SELECT point.tree_size, point.made_at FROM awgp.audit_checkpoints AS point
    WHERE point.tenant_id = tenant.id ORDER BY point.tree_size DESC LIMIT 1) AS made ON true
LEFT JOIN LATERAL (
    SELECT point.tree_size, point.made_at, point.signed_at, point.signed_by FROM awgp.audit_checkpoints AS point
    WHERE point.tenant_id = tenant.id AND point.signed_at IS NOT NULL
    ORDER BY point.tree_size DESC LIMIT 1) AS signed ON true;

COMMENT ON VIEW awgp.trail_status IS 'How far the trail of each visible tenant is checkpointed and signed, one row for each tenant.';
COMMENT ON COLUMN awgp.trail_status.tenant_id IS 'The tenant.';
COMMENT ON COLUMN awgp.trail_status.tenant_slug IS 'Its slug.';
COMMENT ON COLUMN awgp.trail_status.tree_size IS 'How many events its newest checkpoint has; NULL: it has no checkpoint.';
COMMENT ON COLUMN awgp.trail_status.made_at IS 'When the newest checkpoint was made; NULL with tree_size.';
COMMENT ON COLUMN awgp.trail_status.signed_size IS 'How many events its newest signed checkpoint has; NULL: an auditor has signed none.';
COMMENT ON COLUMN awgp.trail_status.signed_at IS 'When the signed note of it was first shown to the database; NULL with signed_size.';
COMMENT ON COLUMN awgp.trail_status.signed_by IS 'The public key that signed it, as name+id+key; NULL with signed_size.';
COMMENT ON COLUMN awgp.trail_status.unchecked_since IS 'The oldest event that is in no checkpoint, without a checkpoint the tenant''s beginning; NULL: every event is in one.';
COMMENT ON COLUMN awgp.trail_status.unsigned_since IS 'The oldest event that is in no signed checkpoint, without one the tenant''s beginning; NULL: every event is in one.';

REVOKE ALL ON awgp.trail_status FROM PUBLIC;
GRANT SELECT ON awgp.trail_status TO awgp_app;
