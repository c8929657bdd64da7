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
name: its name for people
from_assistant_types: types of senders; empty: any
to_assistant_types: types of receivers; empty: any
allowed_channels: channels; empty: any
content_rules: rules of docs/messages.md, a JSON object
rate_limit_per_hour: how many messages an hour, 0 to 1000000
rate_limit_scope: whose messages are counted together: policy, sender or pair
is_active: false makes it without effect
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 invalid_policy; 23514 bad scope or name';
REVOKE ALL ON FUNCTION awgp.create_policy(text, text[], text[], text[], jsonb, bigint, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_policy(text, text[], text[], text[], jsonb, bigint, text, boolean) TO awgp_app;
