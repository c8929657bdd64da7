-- Delegations, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.delegation_list WITH (security_invoker = true) AS
SELECT g.id, g.tenant_id, g.delegator_id, g.delegate_id, g.risk_levels, g.starts_at, g.ends_at, g.reason, g.is_active,
       g.revoked_at, g.created_at, g.updated_at, g.delegator_subject,
       f.email AS delegator,
       d.email AS delegate,
       CASE WHEN NOT g.is_active THEN 'revoked'
            WHEN clock_timestamp() >= g.ends_at THEN 'ended'
            WHEN NOT f.is_active OR (g.delegator_subject IS NOT NULL
                                     AND f.keycloak_id IS DISTINCT FROM g.delegator_subject) THEN 'void'
            WHEN clock_timestamp() < g.starts_at THEN 'scheduled'
            ELSE 'in_force' END AS state
FROM awgp.approval_delegations AS g
LEFT JOIN awgp.users AS f ON f.tenant_id = g.tenant_id AND f.id = g.delegator_id
LEFT JOIN awgp.users AS d ON d.tenant_id = g.tenant_id AND d.id = g.delegate_id
WHERE g.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.delegation_list IS 'The delegations visible to the caller, each with the e-mail addresses of delegator and delegate and its state now.';
COMMENT ON COLUMN awgp.delegation_list.id IS 'Id of the delegation.';
COMMENT ON COLUMN awgp.delegation_list.tenant_id IS 'The tenant of both users; never changes.';
COMMENT ON COLUMN awgp.delegation_list.delegator_id IS 'The user who delegates their authority.';
COMMENT ON COLUMN awgp.delegation_list.delegate_id IS 'The user who may decide on behalf of the delegator.';
COMMENT ON COLUMN awgp.delegation_list.risk_levels IS 'The risk levels that are delegated; NULL: all that the delegator may decide. An empty array is refused.';
COMMENT ON COLUMN awgp.delegation_list.starts_at IS 'Start of the delegation.';
COMMENT ON COLUMN awgp.delegation_list.ends_at IS 'End of the delegation, exclusive; infinity: it does not end.';
COMMENT ON COLUMN awgp.delegation_list.reason IS 'Why it was delegated.';
COMMENT ON COLUMN awgp.delegation_list.is_active IS 'False once revoked. True also before starts_at and after ends_at.';
COMMENT ON COLUMN awgp.delegation_list.revoked_at IS 'When it was revoked. Kept by trigger.';
COMMENT ON COLUMN awgp.delegation_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.delegation_list.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.delegation_list.delegator_subject IS 'users.keycloak_id of the delegator when the delegation was made; NULL: they had none. If the user gets another, the delegation is void. Kept by trigger.';
COMMENT ON COLUMN awgp.delegation_list.delegator IS 'E-mail address of the user who delegates.';
COMMENT ON COLUMN awgp.delegation_list.delegate IS 'E-mail address of the user who may decide on their behalf.';
COMMENT ON COLUMN awgp.delegation_list.state IS 'revoked, ended, void, scheduled or in_force, by the wall clock. void: the delegator is not active or has another keycloak_id than when they delegated.';

REVOKE ALL ON awgp.delegation_list FROM PUBLIC;
GRANT SELECT ON awgp.delegation_list TO awgp_app;
