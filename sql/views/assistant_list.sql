-- Assistants, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.assistant_list WITH (security_invoker = true) AS
SELECT a.id, a.tenant_id, a.name, a.slug, a.description, a.type, a.status, a.status_reason, a.status_changed_at,
       a.configuration, a.capabilities, a.model_config, a.risk_tier, a.max_cost_per_day, a.version, a.template_id,
       a.template_version, a.template_overrides, a.created_by, a.created_at, a.updated_at, a.creator_issuer,
       a.creator_subject,
       t.slug AS tenant_slug
FROM awgp.assistants AS a
LEFT JOIN awgp.tenants AS t ON t.id = a.tenant_id
WHERE a.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.assistant_list IS 'The assistants that the context sees, each with the slug of its tenant.';
COMMENT ON COLUMN awgp.assistant_list.id IS 'Key.';
COMMENT ON COLUMN awgp.assistant_list.tenant_id IS 'The tenant the assistant works for; never changes.';
COMMENT ON COLUMN awgp.assistant_list.name IS 'Name for people.';
COMMENT ON COLUMN awgp.assistant_list.slug IS 'URL-friendly identifier, unique in the tenant.';
COMMENT ON COLUMN awgp.assistant_list.description IS 'What the assistant is for.';
COMMENT ON COLUMN awgp.assistant_list.type IS 'Kind of assistant: executive, shared service, company function or custom.';
COMMENT ON COLUMN awgp.assistant_list.status IS 'active works; inactive, suspended and error start nothing.';
COMMENT ON COLUMN awgp.assistant_list.status_reason IS 'Why it is in this state; set with the move alone.';
COMMENT ON COLUMN awgp.assistant_list.status_changed_at IS 'Since when it is in this state; kept by trigger.';
COMMENT ON COLUMN awgp.assistant_list.configuration IS 'Settings of the assistant, a JSON object.';
COMMENT ON COLUMN awgp.assistant_list.capabilities IS 'Actions the assistant may take.';
COMMENT ON COLUMN awgp.assistant_list.model_config IS 'Provider, model and its parameters, a JSON object.';
COMMENT ON COLUMN awgp.assistant_list.risk_tier IS 'Highest risk level, 0 to 5, that the assistant handles without an approval.';
COMMENT ON COLUMN awgp.assistant_list.max_cost_per_day IS 'What the assistant may spend a day, in the currency of the tenant''s pools.';
COMMENT ON COLUMN awgp.assistant_list.version IS 'Version of the definition.';
COMMENT ON COLUMN awgp.assistant_list.template_id IS 'The template it was made from, if any.';
COMMENT ON COLUMN awgp.assistant_list.template_version IS 'The template''s version at that moment. Later versions change nothing here.';
COMMENT ON COLUMN awgp.assistant_list.template_overrides IS 'What was said otherwise than in the template, a JSON object.';
COMMENT ON COLUMN awgp.assistant_list.created_by IS 'The user of the same tenant who made it; empty where the system or a holding did.';
COMMENT ON COLUMN awgp.assistant_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.assistant_list.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON COLUMN awgp.assistant_list.creator_issuer IS 'Who issued the token that the maker presented; empty in trusted mode. Kept by the machine.';
COMMENT ON COLUMN awgp.assistant_list.creator_subject IS 'The subject of that token: the maker stays the maker, whichever user they are.';
COMMENT ON COLUMN awgp.assistant_list.tenant_slug IS 'The slug of its tenant.';

REVOKE ALL ON awgp.assistant_list FROM PUBLIC;
GRANT SELECT ON awgp.assistant_list TO awgp_app;
