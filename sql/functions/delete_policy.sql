CREATE OR REPLACE FUNCTION awgp.delete_policy(
    policy_id uuid
) RETURNS SETOF awgp.communication_policies
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM awgp.communication_policies AS policy
    WHERE policy.tenant_id = (SELECT awgp.current_tenant()) AND policy.id = delete_policy.policy_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.delete_policy(uuid) IS 'Deletes a communication policy of the tenant in context, and returns the row it had. Messages that only this policy allowed are denied from now on. No row if the tenant has no such policy.
policy_id: the policy
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient';
REVOKE ALL ON FUNCTION awgp.delete_policy(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.delete_policy(uuid) TO awgp_app;
