-- Tenants without an event, a seal or a checkpoint. $1: of this tenant only. The events of the present
-- transaction are written at its end, so its own tenants are left out.
SELECT id FROM awgp.tenants AS tenant
WHERE ($1::uuid IS NULL OR id = $1)
  AND COALESCE(age(xmin) > age(pg_current_xact_id_if_assigned()::xid), true)
  AND NOT EXISTS (SELECT FROM awgp.audit_logs WHERE tenant_id = tenant.id)
  AND NOT EXISTS (SELECT FROM awgp.audit_chain_anchors WHERE tenant_id = tenant.id)
  AND NOT EXISTS (SELECT FROM awgp.audit_tree_lanes WHERE tenant_id = tenant.id)
ORDER BY id
