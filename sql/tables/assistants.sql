-- The AI assistants of a tenant.

CREATE TABLE awgp.assistants (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    description text,
    type text NOT NULL,
    status text NOT NULL DEFAULT 'inactive',
    status_reason text,
    status_changed_at timestamptz,
    configuration jsonb NOT NULL DEFAULT '{}',
    capabilities text[],
    model_config jsonb NOT NULL DEFAULT '{"provider": "openai", "model": "gpt-4"}',
    risk_tier integer NOT NULL DEFAULT 2,
    max_cost_per_day numeric(18,6) NOT NULL DEFAULT 10.00,
    version integer NOT NULL DEFAULT 1,
    template_id uuid,
    template_version integer,
    template_overrides jsonb,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    creator_issuer text,
    creator_subject text,
    CONSTRAINT assistants_pkey PRIMARY KEY (id),
    CONSTRAINT assistants_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT assistants_tenant_id_slug_key UNIQUE (tenant_id, slug),
    CONSTRAINT assistants_name_check CHECK (pg_catalog.btrim(name) <> ''),
    CONSTRAINT assistants_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND pg_catalog.length(slug) <= 63),
    CONSTRAINT assistants_type_check CHECK (type IN (
        'executive_cos', 'shared_finance', 'shared_hr', 'shared_it', 'shared_legal', 'company_operations',
        'company_finance', 'company_marketing', 'company_customer', 'company_product', 'company_compliance', 'custom')),
    CONSTRAINT assistants_status_check CHECK (status IN ('active', 'inactive', 'suspended', 'error')),
    CONSTRAINT assistants_configuration_check CHECK (pg_catalog.jsonb_typeof(configuration) = 'object'),
    CONSTRAINT assistants_model_config_check CHECK (pg_catalog.jsonb_typeof(model_config) = 'object'),
    CONSTRAINT assistants_risk_tier_check CHECK (risk_tier BETWEEN 0 AND 5),
    CONSTRAINT assistants_max_cost_per_day_check CHECK (max_cost_per_day >= 0 AND max_cost_per_day < 'NaN'),
    CONSTRAINT assistants_template_check CHECK ((template_id IS NULL) = (template_version IS NULL) AND (template_id IS NULL) = (template_overrides IS NULL)),
    CONSTRAINT assistants_template_overrides_check CHECK (pg_catalog.jsonb_typeof(template_overrides) = 'object'),
    CONSTRAINT assistants_creator_subject_check CHECK ((creator_issuer IS NULL) = (creator_subject IS NULL)),
    CONSTRAINT assistants_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT assistants_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES awgp.users (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT assistants_template_id_fkey FOREIGN KEY (template_id) REFERENCES awgp.assistant_templates (id) ON DELETE RESTRICT
);
CREATE INDEX idx_assistants_tenant ON awgp.assistants (tenant_id);
-- Whoever deletes a user asks for the assistants that the user made.
CREATE INDEX idx_assistants_created_by ON awgp.assistants (tenant_id, created_by);
CREATE INDEX idx_assistants_template ON awgp.assistants (template_id);

COMMENT ON TABLE awgp.assistants IS 'AI assistants: definitions and configurations.';
COMMENT ON COLUMN awgp.assistants.id IS 'Id of the assistant.';
COMMENT ON COLUMN awgp.assistants.tenant_id IS 'The tenant the assistant works for; never changes.';
COMMENT ON COLUMN awgp.assistants.name IS 'Display name.';
COMMENT ON COLUMN awgp.assistants.slug IS 'URL-friendly identifier, unique in the tenant.';
COMMENT ON COLUMN awgp.assistants.description IS 'What the assistant is for.';
COMMENT ON COLUMN awgp.assistants.type IS 'Type of assistant: executive_cos, shared_finance, shared_hr, shared_it, shared_legal, company_operations, company_finance, company_marketing, company_customer, company_product, company_compliance or custom.';
COMMENT ON COLUMN awgp.assistants.status IS 'active, inactive, suspended or error. Only an active assistant begins work. AWGP itself sets suspended, over confirmed flags; it never sets error, which is for your runtime. docs/state_machines.md shows the changes.';
COMMENT ON COLUMN awgp.assistants.status_reason IS 'Why it has this status; set only together with the status.';
COMMENT ON COLUMN awgp.assistants.status_changed_at IS 'Since when it has this status. Kept by trigger.';
COMMENT ON COLUMN awgp.assistants.configuration IS 'Settings of the assistant, a JSON object. AWGP reads no key of it, and pins approvals to all of it.';
COMMENT ON COLUMN awgp.assistants.capabilities IS 'Names of the actions that the assistant may take. NULL or an empty array: no named action.';
COMMENT ON COLUMN awgp.assistants.model_config IS 'Provider, model and its parameters, a JSON object. AWGP reads the key model, for conversations and flags that name no model, and pins approvals to all of it.';
COMMENT ON COLUMN awgp.assistants.risk_tier IS 'Highest risk level, 0 to 5, that the assistant handles without an approval.';
COMMENT ON COLUMN awgp.assistants.max_cost_per_day IS 'What the assistant may spend in a day.';
COMMENT ON COLUMN awgp.assistants.version IS 'Version of the definition, for your own use: AWGP neither reads nor changes it.';
COMMENT ON COLUMN awgp.assistants.template_id IS 'The template it was made from; NULL: made without one.';
COMMENT ON COLUMN awgp.assistants.template_version IS 'The template''s version when the assistant was made. Later versions of the template change nothing here.';
COMMENT ON COLUMN awgp.assistants.template_overrides IS 'What differs from the template, a JSON object.';
COMMENT ON COLUMN awgp.assistants.created_by IS 'The user of the same tenant who created it; NULL if the system or a user of the holding did.';
COMMENT ON COLUMN awgp.assistants.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.assistants.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.assistants.creator_issuer IS 'Issuer of the token that the creator presented; NULL in trusted mode. Kept by trigger.';
COMMENT ON COLUMN awgp.assistants.creator_subject IS 'Subject of that token; NULL in trusted mode. A user with the same issuer and subject counts as the creator. Kept by trigger.';
COMMENT ON CONSTRAINT assistants_pkey ON awgp.assistants IS 'The id identifies the assistant.';
COMMENT ON CONSTRAINT assistants_tenant_id_id_key ON awgp.assistants IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT assistants_tenant_id_slug_key ON awgp.assistants IS 'No two assistants of a tenant have the same slug.';
COMMENT ON CONSTRAINT assistants_name_check ON awgp.assistants IS 'An assistant has a name.';
COMMENT ON CONSTRAINT assistants_slug_check ON awgp.assistants IS 'A slug is lower-case letters, digits and single hyphens between them, 63 characters at most.';
COMMENT ON CONSTRAINT assistants_type_check ON awgp.assistants IS 'The type is one of executive_cos, shared_finance, shared_hr, shared_it, shared_legal, company_operations, company_finance, company_marketing, company_customer, company_product, company_compliance, custom.';
COMMENT ON CONSTRAINT assistants_status_check ON awgp.assistants IS 'The status is one of active, inactive, suspended, error.';
COMMENT ON CONSTRAINT assistants_configuration_check ON awgp.assistants IS 'configuration is a JSON object.';
COMMENT ON CONSTRAINT assistants_model_config_check ON awgp.assistants IS 'model_config is a JSON object.';
COMMENT ON CONSTRAINT assistants_risk_tier_check ON awgp.assistants IS 'The risk tier is 0 to 5.';
COMMENT ON CONSTRAINT assistants_max_cost_per_day_check ON awgp.assistants IS 'A limit is a number, and not negative.';
COMMENT ON CONSTRAINT assistants_template_check ON awgp.assistants IS 'Template, version and overrides are set together.';
COMMENT ON CONSTRAINT assistants_template_overrides_check ON awgp.assistants IS 'template_overrides is a JSON object.';
COMMENT ON CONSTRAINT assistants_creator_subject_check ON awgp.assistants IS 'A subject is set together with its issuer.';
COMMENT ON CONSTRAINT assistants_tenant_id_fkey ON awgp.assistants IS 'The tenant exists, and cannot be deleted while it has assistants.';
COMMENT ON CONSTRAINT assistants_created_by_fkey ON awgp.assistants IS 'The creator is a user of the same tenant.';
COMMENT ON CONSTRAINT assistants_template_id_fkey ON awgp.assistants IS 'The template exists, and cannot be deleted while assistants name it.';
COMMENT ON INDEX awgp.idx_assistants_tenant IS 'The assistants of a tenant.';
COMMENT ON INDEX awgp.idx_assistants_created_by IS 'The assistants that a user created; serves its foreign key.';
COMMENT ON INDEX awgp.idx_assistants_template IS 'The assistants that were made from a template; serves its foreign key.';
