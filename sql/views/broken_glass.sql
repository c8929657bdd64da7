-- Approvals that somebody gave alone, in an emergency.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.broken_glass WITH (security_invoker = true) AS
SELECT p.id, p.tenant_id, p.title,
       u.email AS broken_by,
       p.approved_at
FROM awgp.approvals AS p
LEFT JOIN awgp.users AS u ON u.tenant_id = p.tenant_id AND u.id = p.approved_by
WHERE p.break_glass AND p.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.broken_glass IS 'The approvals visible to the caller that break_glass() approved, with who did it.';
COMMENT ON COLUMN awgp.broken_glass.id IS 'Id of the approval.';
COMMENT ON COLUMN awgp.broken_glass.tenant_id IS 'The tenant whose work is to be approved; never changes.';
COMMENT ON COLUMN awgp.broken_glass.title IS 'What is requested, in a line.';
COMMENT ON COLUMN awgp.broken_glass.broken_by IS 'E-mail address of the user who broke glass.';
COMMENT ON COLUMN awgp.broken_glass.approved_at IS 'When it was approved. Kept by trigger.';

REVOKE ALL ON awgp.broken_glass FROM PUBLIC;
GRANT SELECT ON awgp.broken_glass TO awgp_app;
