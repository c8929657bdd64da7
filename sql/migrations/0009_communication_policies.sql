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
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT communication_policies_pkey PRIMARY KEY (id),
    CONSTRAINT communication_policies_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT communication_policies_name_check CHECK (pg_catalog.btrim(name) <> ''),
    CONSTRAINT communication_policies_content_rules_check CHECK (pg_catalog.jsonb_typeof(content_rules) = 'object'),
    CONSTRAINT communication_policies_rate_limit_check CHECK (rate_limit_per_hour >= 0),
    CONSTRAINT communication_policies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT
);

COMMENT ON TABLE awgp.communication_policies IS 'Rules for assistant-to-assistant communication.';
COMMENT ON COLUMN awgp.communication_policies.id IS 'Key.';
COMMENT ON COLUMN awgp.communication_policies.tenant_id IS 'The tenant whose rule it is; never changes.';
COMMENT ON COLUMN awgp.communication_policies.name IS 'Name for people.';
COMMENT ON COLUMN awgp.communication_policies.from_assistant_types IS 'Types of assistant that may send; empty means any.';
COMMENT ON COLUMN awgp.communication_policies.to_assistant_types IS 'Types of assistant that may receive; empty means any.';
COMMENT ON COLUMN awgp.communication_policies.allowed_channels IS 'Channels, such as telegram, slack, email, internal; empty means any.';
COMMENT ON COLUMN awgp.communication_policies.content_rules IS 'What a message must and must not hold, a JSON object.';
COMMENT ON COLUMN awgp.communication_policies.rate_limit_per_hour IS 'How many messages an hour.';
COMMENT ON COLUMN awgp.communication_policies.is_active IS 'An inactive policy allows nothing.';
COMMENT ON COLUMN awgp.communication_policies.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.communication_policies.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON CONSTRAINT communication_policies_pkey ON awgp.communication_policies IS 'A policy is named by its id.';
COMMENT ON CONSTRAINT communication_policies_tenant_id_id_key ON awgp.communication_policies IS 'Target of references, which name tenant and policy together.';
COMMENT ON CONSTRAINT communication_policies_name_check ON awgp.communication_policies IS 'A policy has a name.';
COMMENT ON CONSTRAINT communication_policies_content_rules_check ON awgp.communication_policies IS 'content_rules is a JSON object.';
COMMENT ON CONSTRAINT communication_policies_rate_limit_check ON awgp.communication_policies IS 'A rate limit is not negative.';
COMMENT ON CONSTRAINT communication_policies_tenant_id_fkey ON awgp.communication_policies IS 'The tenant exists, and stays while it has policies.';
