-- Delegations, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.delegation_list WITH (security_invoker = true) AS
SELECT g.id, g.tenant_id, g.delegator_id, g.delegate_id, g.risk_levels, g.starts_at, g.ends_at, g.reason, g.is_active,
       g.revoked_at, g.created_at, g.updated_at, g.delegator_subject,
       f.email AS delegator,
       d.email AS delegate,
       CASE WHEN NOT g.is_active THEN 'revoked' WHEN clock_timestamp() < g.starts_at THEN 'scheduled'
            WHEN clock_timestamp() < g.ends_at THEN 'in_force' ELSE 'ended' END AS state
FROM awgp.approval_delegations AS g
LEFT JOIN awgp.users AS f ON f.tenant_id = g.tenant_id AND f.id = g.delegator_id
LEFT JOIN awgp.users AS d ON d.tenant_id = g.tenant_id AND d.id = g.delegate_id
WHERE g.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.delegation_list IS 'The delegations that the context sees, each with who gives and who gets it, and the state that it is in now.';
COMMENT ON COLUMN awgp.delegation_list.id IS 'Key.';
COMMENT ON COLUMN awgp.delegation_list.tenant_id IS 'The tenant of both users; never changes.';
COMMENT ON COLUMN awgp.delegation_list.delegator_id IS 'The user who passes their authority on.';
COMMENT ON COLUMN awgp.delegation_list.delegate_id IS 'The user who may decide on behalf of the delegator.';
COMMENT ON COLUMN awgp.delegation_list.risk_levels IS 'Which risk levels are delegated; empty means all that the delegator may decide.';
COMMENT ON COLUMN awgp.delegation_list.starts_at IS 'First moment in force.';
COMMENT ON COLUMN awgp.delegation_list.ends_at IS 'First moment no longer in force.';
COMMENT ON COLUMN awgp.delegation_list.reason IS 'Why it was delegated.';
COMMENT ON COLUMN awgp.delegation_list.is_active IS 'False once revoked.';
COMMENT ON COLUMN awgp.delegation_list.revoked_at IS 'When it was revoked; kept by trigger.';
COMMENT ON COLUMN awgp.delegation_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.delegation_list.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON COLUMN awgp.delegation_list.delegator_subject IS 'The subject that the delegator had when it was given; void once the user has another. Kept by the machine.';
COMMENT ON COLUMN awgp.delegation_list.delegator IS 'E-mail address of the user who passes their authority on.';
COMMENT ON COLUMN awgp.delegation_list.delegate IS 'E-mail address of the user who gets it.';
COMMENT ON COLUMN awgp.delegation_list.state IS 'scheduled, in_force, ended or revoked, by the wall clock.';

REVOKE ALL ON awgp.delegation_list FROM PUBLIC;
GRANT SELECT ON awgp.delegation_list TO awgp_app;
