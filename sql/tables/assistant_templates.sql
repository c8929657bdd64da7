-- Reusable assistant configurations; they belong to no tenant.

CREATE TABLE awgp.assistant_templates (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    name text NOT NULL,
    slug text NOT NULL,
    description text,
    type text NOT NULL,
    configuration jsonb NOT NULL DEFAULT '{}',
    capabilities text[],
    model_config jsonb NOT NULL DEFAULT '{}',
    risk_tier integer NOT NULL DEFAULT 2,
    max_cost_per_day numeric(18,6) NOT NULL DEFAULT 10.00,
    version integer NOT NULL DEFAULT 1,
    content_digest text NOT NULL,
    is_system boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT assistant_templates_pkey PRIMARY KEY (id),
    CONSTRAINT assistant_templates_slug_key UNIQUE (slug),
    CONSTRAINT assistant_templates_name_check CHECK (pg_catalog.btrim(name) <> ''),
    CONSTRAINT assistant_templates_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND pg_catalog.length(slug) <= 63),
    CONSTRAINT assistant_templates_type_check CHECK (type IN (
        'executive_cos', 'shared_finance', 'shared_hr', 'shared_it', 'shared_legal', 'company_operations',
        'company_finance', 'company_marketing', 'company_customer', 'company_product', 'company_compliance', 'custom')),
    CONSTRAINT assistant_templates_risk_tier_check CHECK (risk_tier BETWEEN 0 AND 5),
    CONSTRAINT assistant_templates_max_cost_per_day_check CHECK (max_cost_per_day >= 0 AND max_cost_per_day < 'NaN'),
    CONSTRAINT assistant_templates_version_check CHECK (version >= 1),
    CONSTRAINT assistant_templates_content_digest_check CHECK (content_digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT assistant_templates_configuration_check CHECK (pg_catalog.jsonb_typeof(configuration) = 'object'),
    CONSTRAINT assistant_templates_model_config_check CHECK (pg_catalog.jsonb_typeof(model_config) = 'object')
);

COMMENT ON TABLE awgp.assistant_templates IS 'Reusable assistant configurations, the same for every tenant; awgp_admin maintains them.';
COMMENT ON COLUMN awgp.assistant_templates.id IS 'Id of the template.';
COMMENT ON COLUMN awgp.assistant_templates.name IS 'Display name.';
COMMENT ON COLUMN awgp.assistant_templates.slug IS 'URL-friendly identifier, unique in this database.';
COMMENT ON COLUMN awgp.assistant_templates.description IS 'What assistants made from it are for.';
COMMENT ON COLUMN awgp.assistant_templates.type IS 'Type of the assistants made from it, one of the values of assistants.type.';
COMMENT ON COLUMN awgp.assistant_templates.configuration IS 'Settings that an assistant starts with, a JSON object.';
COMMENT ON COLUMN awgp.assistant_templates.capabilities IS 'Names of the actions that an assistant made from it may take. NULL or an empty array: no named action.';
COMMENT ON COLUMN awgp.assistant_templates.model_config IS 'Provider, model and its parameters, a JSON object.';
COMMENT ON COLUMN awgp.assistant_templates.risk_tier IS 'Highest risk level, 0 to 5, that an assistant made from it handles without an approval.';
COMMENT ON COLUMN awgp.assistant_templates.max_cost_per_day IS 'What an assistant made from it may spend in a day.';
COMMENT ON COLUMN awgp.assistant_templates.version IS 'Counts the changes of content, from 1. Kept by trigger.';
COMMENT ON COLUMN awgp.assistant_templates.content_digest IS 'SHA-256, in hex, of all that an assistant takes from it. Kept by trigger.';
COMMENT ON COLUMN awgp.assistant_templates.is_system IS 'True: shipped with AWGP, and only AWGP writes it.';
COMMENT ON COLUMN awgp.assistant_templates.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.assistant_templates.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON CONSTRAINT assistant_templates_pkey ON awgp.assistant_templates IS 'The id identifies the template.';
COMMENT ON CONSTRAINT assistant_templates_slug_key ON awgp.assistant_templates IS 'No two templates have the same slug.';
COMMENT ON CONSTRAINT assistant_templates_name_check ON awgp.assistant_templates IS 'A template has a name.';
COMMENT ON CONSTRAINT assistant_templates_slug_check ON awgp.assistant_templates IS 'A slug is lower-case letters, digits and single hyphens between them, 63 characters at most.';
COMMENT ON CONSTRAINT assistant_templates_type_check ON awgp.assistant_templates IS 'The type is one of executive_cos, shared_finance, shared_hr, shared_it, shared_legal, company_operations, company_finance, company_marketing, company_customer, company_product, company_compliance, custom.';
COMMENT ON CONSTRAINT assistant_templates_risk_tier_check ON awgp.assistant_templates IS 'The risk tier is 0 to 5.';
COMMENT ON CONSTRAINT assistant_templates_max_cost_per_day_check ON awgp.assistant_templates IS 'A limit is a number, and not negative.';
COMMENT ON CONSTRAINT assistant_templates_version_check ON awgp.assistant_templates IS 'Versions begin at 1.';
COMMENT ON CONSTRAINT assistant_templates_content_digest_check ON awgp.assistant_templates IS 'A digest is 64 lower-case hex digits.';
COMMENT ON CONSTRAINT assistant_templates_configuration_check ON awgp.assistant_templates IS 'configuration is a JSON object.';
COMMENT ON CONSTRAINT assistant_templates_model_config_check ON awgp.assistant_templates IS 'model_config is a JSON object.';
