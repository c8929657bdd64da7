-- Delegations, as they would stand in AWGP. They are void once the delegator has another subject.
SELECT d.id, d.tenant_id, d.delegator_id, d.delegate_id, d.risk_levels, d.starts_at, d.ends_at, d.reason,
       d.is_active, d.created_at, d.created_at AS updated_at, u.keycloak_id AS delegator_subject
FROM seed.rows AS d
LEFT JOIN seed.users AS u ON u.id = d.delegator_id
