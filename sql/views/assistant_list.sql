-- Assistants, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.assistant_list WITH (security_invoker = true) AS
SELECT a.id, a.tenant_id, a.name, a.slug, a.description, a.type, a.status, a.status_reason, a.status_changed_at,
       a.configuration, a.capabilities, a.model_config, a.risk_tier, a.max_cost_per_day, a.version, a.template_id,
       a.template_version, a.template_overrides, a.created_by, a.created_at, a.updated_at, a.creator_issuer,
       a.creator_subject,
       t.slug AS tenant_slug,
       (SELECT m.slug FROM awgp.assistant_templates AS m WHERE m.id = a.template_id) AS template_slug,
       (SELECT u.email FROM awgp.users AS u WHERE u.tenant_id = a.tenant_id AND u.id = a.created_by) AS created_by_email,
       (SELECT s.scope FROM awgp.stops_in_force(a.id) AS s LIMIT 1) AS stopped
FROM awgp.assistants AS a
LEFT JOIN awgp.tenants AS t ON t.id = a.tenant_id
WHERE a.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.assistant_list IS 'The assistants visible to the caller, each with the slug of its tenant.';
COMMENT ON COLUMN awgp.assistant_list.id IS 'Id of the assistant.';
COMMENT ON COLUMN awgp.assistant_list.tenant_id IS 'The tenant the assistant works for; never changes.';
COMMENT ON COLUMN awgp.assistant_list.name IS 'Display name.';
COMMENT ON COLUMN awgp.assistant_list.slug IS 'URL-friendly identifier, unique in the tenant.';
COMMENT ON COLUMN awgp.assistant_list.description IS 'What the assistant is for.';
COMMENT ON COLUMN awgp.assistant_list.type IS 'Type of assistant: executive_cos, shared_finance, shared_hr, shared_it, shared_legal, company_operations, company_finance, company_marketing, company_customer, company_product, company_compliance or custom.';
COMMENT ON COLUMN awgp.assistant_list.status IS 'active, inactive, suspended or error. Only an active assistant begins work. AWGP itself sets suspended, over confirmed flags; it never sets error, which is for your runtime. docs/state_machines.md shows the changes.';
COMMENT ON COLUMN awgp.assistant_list.status_reason IS 'Why it has this status; set only together with the status.';
COMMENT ON COLUMN awgp.assistant_list.status_changed_at IS 'Since when it has this status. Kept by trigger.';
COMMENT ON COLUMN awgp.assistant_list.configuration IS 'Settings of the assistant, a JSON object. AWGP reads no key of it, and pins approvals to all of it.';
COMMENT ON COLUMN awgp.assistant_list.capabilities IS 'Names of the actions that the assistant may take. NULL or an empty array: no named action.';
COMMENT ON COLUMN awgp.assistant_list.model_config IS 'Provider, model and its parameters, a JSON object. AWGP reads the key model, for conversations and flags that name no model, and pins approvals to all of it.';
COMMENT ON COLUMN awgp.assistant_list.risk_tier IS 'Highest risk level, 0 to 5, that the assistant handles without an approval.';
COMMENT ON COLUMN awgp.assistant_list.max_cost_per_day IS 'What the assistant may spend in a day.';
COMMENT ON COLUMN awgp.assistant_list.version IS 'Version of the definition, for your own use: AWGP neither reads nor changes it.';
COMMENT ON COLUMN awgp.assistant_list.template_id IS 'The template it was made from; NULL: made without one.';
COMMENT ON COLUMN awgp.assistant_list.template_version IS 'The template''s version when the assistant was made. Later versions of the template change nothing here.';
COMMENT ON COLUMN awgp.assistant_list.template_overrides IS 'What differs from the template, a JSON object.';
COMMENT ON COLUMN awgp.assistant_list.created_by IS 'The user of the same tenant who created it; NULL if the system or a user of the holding did.';
COMMENT ON COLUMN awgp.assistant_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.assistant_list.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.assistant_list.creator_issuer IS 'Issuer of the token that the creator presented; NULL in trusted mode. Kept by trigger.';
COMMENT ON COLUMN awgp.assistant_list.creator_subject IS 'Subject of that token; NULL in trusted mode. A user with the same issuer and subject counts as the creator. Kept by trigger.';
COMMENT ON COLUMN awgp.assistant_list.tenant_slug IS 'The slug of its tenant.';
COMMENT ON COLUMN awgp.assistant_list.template_slug IS 'The slug of the template it was made from.';
COMMENT ON COLUMN awgp.assistant_list.created_by_email IS 'The e-mail address of created_by.';
COMMENT ON COLUMN awgp.assistant_list.stopped IS 'What the widest stop in force that covers it has stopped: assistant, tenant, holding or installation; NULL: no stop covers it.';

REVOKE ALL ON awgp.assistant_list FROM PUBLIC;
GRANT SELECT ON awgp.assistant_list TO awgp_app;
