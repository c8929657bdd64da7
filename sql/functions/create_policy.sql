CREATE OR REPLACE FUNCTION awgp.create_policy(
    name text,
    from_assistant_types text[] DEFAULT NULL,
    to_assistant_types text[] DEFAULT NULL,
    allowed_channels text[] DEFAULT NULL,
    content_rules jsonb DEFAULT '{}',
    rate_limit_per_hour bigint DEFAULT 100,
    rate_limit_scope text DEFAULT 'policy',
    is_active boolean DEFAULT true
) RETURNS awgp.communication_policies
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.communication_policies (tenant_id, name, from_assistant_types, to_assistant_types, allowed_channels,
                                             content_rules, rate_limit_per_hour, rate_limit_scope, is_active)
    VALUES (awgp.current_tenant(), create_policy.name, create_policy.from_assistant_types,
            create_policy.to_assistant_types, create_policy.allowed_channels,
            COALESCE(create_policy.content_rules, '{}'), COALESCE(awgp.checked_whole('rate_limit_per_hour', create_policy.rate_limit_per_hour), 100),
            COALESCE(create_policy.rate_limit_scope, 'policy'), COALESCE(create_policy.is_active, true))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.create_policy(text, text[], text[], text[], jsonb, bigint, text, boolean) IS 'Makes a communication policy of the tenant in context, and returns the row.
name: display name
from_assistant_types: types of senders; NULL: any. An empty array is refused
to_assistant_types: types of receivers; NULL: any. An empty array is refused
allowed_channels: channels; NULL: any. An empty array is refused
content_rules: a JSON object with any of max_length, forbidden_patterns, required_fields, allow_links, allowed_link_hosts and bare_hosts_are_links; docs/messages.md explains them
rate_limit_per_hour: how many messages in an hour, 0 (no messages) to 1000000
rate_limit_scope: whose messages are counted together: policy, sender or pair
is_active: false: the policy has no effect
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 invalid_policy, out_of_range; 23502 for NULL in name; 23514 communication_policies_name_check, communication_policies_rate_limit_scope_check';
REVOKE ALL ON FUNCTION awgp.create_policy(text, text[], text[], text[], jsonb, bigint, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_policy(text, text[], text[], text[], jsonb, bigint, text, boolean) TO awgp_app;
