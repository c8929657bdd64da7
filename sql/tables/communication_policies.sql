-- What assistants may say to each other.

CREATE TABLE awgp.communication_policies (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    from_assistant_types text[],
    to_assistant_types text[],
    allowed_channels text[],
    content_rules jsonb NOT NULL DEFAULT '{}',
    rate_limit_per_hour integer NOT NULL DEFAULT 100,
    rate_limit_scope text NOT NULL DEFAULT 'policy',
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT communication_policies_pkey PRIMARY KEY (id),
    CONSTRAINT communication_policies_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT communication_policies_name_check CHECK (pg_catalog.btrim(name) <> ''),
    CONSTRAINT communication_policies_content_rules_check CHECK (pg_catalog.jsonb_typeof(content_rules) = 'object'),
    CONSTRAINT communication_policies_rate_limit_check CHECK (rate_limit_per_hour BETWEEN 0 AND 1000000),
    CONSTRAINT communication_policies_rate_limit_scope_check CHECK (rate_limit_scope IN ('policy', 'sender', 'pair')),
    CONSTRAINT communication_policies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT
);

COMMENT ON TABLE awgp.communication_policies IS 'Rules for messages between assistants.';
COMMENT ON COLUMN awgp.communication_policies.id IS 'Id of the policy.';
COMMENT ON COLUMN awgp.communication_policies.tenant_id IS 'The tenant of the policy; never changes.';
COMMENT ON COLUMN awgp.communication_policies.name IS 'Display name.';
COMMENT ON COLUMN awgp.communication_policies.from_assistant_types IS 'Types of assistant that may send; NULL: any. An empty array is refused.';
COMMENT ON COLUMN awgp.communication_policies.to_assistant_types IS 'Types of assistant that may receive; NULL: any. An empty array is refused.';
COMMENT ON COLUMN awgp.communication_policies.allowed_channels IS 'Channels, such as telegram, slack, email, internal; NULL: any. An empty array is refused.';
COMMENT ON COLUMN awgp.communication_policies.content_rules IS 'What a message must and must not contain, a JSON object with the keys max_length, forbidden_patterns, required_fields, allow_links, allowed_link_hosts and bare_hosts_are_links; docs/messages.md explains them.';
COMMENT ON COLUMN awgp.communication_policies.rate_limit_per_hour IS 'How many messages may be sent in an hour, 0 (no messages) to 1000000.';
COMMENT ON COLUMN awgp.communication_policies.rate_limit_scope IS 'Whose messages count together: all that the policy lets through (policy), each sender''s (sender), each sender''s to each receiver (pair).';
COMMENT ON COLUMN awgp.communication_policies.is_active IS 'An inactive policy neither allows nor forbids.';
COMMENT ON COLUMN awgp.communication_policies.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.communication_policies.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON CONSTRAINT communication_policies_pkey ON awgp.communication_policies IS 'The id identifies the policy.';
COMMENT ON CONSTRAINT communication_policies_tenant_id_id_key ON awgp.communication_policies IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT communication_policies_name_check ON awgp.communication_policies IS 'A policy has a name.';
COMMENT ON CONSTRAINT communication_policies_content_rules_check ON awgp.communication_policies IS 'content_rules is a JSON object.';
COMMENT ON CONSTRAINT communication_policies_rate_limit_check ON awgp.communication_policies IS 'A rate limit is 0 to 1000000.';
COMMENT ON CONSTRAINT communication_policies_rate_limit_scope_check ON awgp.communication_policies IS 'The scope is one of policy, sender, pair.';
COMMENT ON CONSTRAINT communication_policies_tenant_id_fkey ON awgp.communication_policies IS 'The tenant exists, and cannot be deleted while it has policies.';
