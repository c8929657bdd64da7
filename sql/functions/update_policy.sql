CREATE OR REPLACE FUNCTION awgp.update_policy(
    policy_id uuid,
    name text DEFAULT NULL,
    from_assistant_types text[] DEFAULT NULL,
    to_assistant_types text[] DEFAULT NULL,
    allowed_channels text[] DEFAULT NULL,
    content_rules jsonb DEFAULT NULL,
    rate_limit_per_hour bigint DEFAULT NULL,
    rate_limit_scope text DEFAULT NULL,
    is_active boolean DEFAULT NULL
) RETURNS SETOF awgp.communication_policies
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.communication_policies AS policy
    SET name = COALESCE(update_policy.name, policy.name),
        from_assistant_types = NULLIF(COALESCE(update_policy.from_assistant_types, policy.from_assistant_types), '{any}'),
        to_assistant_types = NULLIF(COALESCE(update_policy.to_assistant_types, policy.to_assistant_types), '{any}'),
        allowed_channels = NULLIF(COALESCE(update_policy.allowed_channels, policy.allowed_channels), '{any}'),
        content_rules = COALESCE(update_policy.content_rules, policy.content_rules),
        rate_limit_per_hour = COALESCE(awgp.checked_whole('rate_limit_per_hour', update_policy.rate_limit_per_hour), policy.rate_limit_per_hour),
        rate_limit_scope = COALESCE(update_policy.rate_limit_scope, policy.rate_limit_scope),
        is_active = COALESCE(update_policy.is_active, policy.is_active)
    WHERE policy.tenant_id = (SELECT awgp.current_tenant()) AND policy.id = update_policy.policy_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.update_policy(uuid, text, text[], text[], text[], jsonb, bigint, text, boolean) IS 'Changes a communication policy of the tenant in context, and returns the row. No row if the tenant has no such policy.
policy_id: the policy
name: display name; NULL keeps it
from_assistant_types: types of senders; NULL keeps them, the array with any alone: any
to_assistant_types: types of receivers; NULL keeps them, the array with any alone: any
allowed_channels: channels; NULL keeps them, the array with any alone: any
content_rules: as for create_policy(), instead of the present ones; NULL keeps them
rate_limit_per_hour: how many messages in an hour, 0 (no messages) to 1000000; NULL keeps it
rate_limit_scope: policy, sender or pair; NULL keeps it
is_active: false: the policy has no effect; NULL keeps it
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 invalid_policy, out_of_range; 23514 communication_policies_name_check, communication_policies_rate_limit_scope_check';
REVOKE ALL ON FUNCTION awgp.update_policy(uuid, text, text[], text[], text[], jsonb, bigint, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.update_policy(uuid, text, text[], text[], text[], jsonb, bigint, text, boolean) TO awgp_app;
