-- Communication policies, for lists.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.communication_policy_list WITH (security_invoker = true) AS
SELECT p.id, p.tenant_id, p.name, p.from_assistant_types, p.to_assistant_types, p.allowed_channels, p.content_rules,
       p.rate_limit_per_hour, p.rate_limit_scope, p.is_active, p.created_at, p.updated_at,
       t.slug AS tenant_slug
FROM awgp.communication_policies AS p
LEFT JOIN awgp.tenants AS t ON t.id = p.tenant_id
WHERE p.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.communication_policy_list IS 'The communication policies visible to the caller, each with the slug of its tenant.';
COMMENT ON COLUMN awgp.communication_policy_list.id IS 'Id of the policy.';
COMMENT ON COLUMN awgp.communication_policy_list.tenant_id IS 'The tenant of the policy; never changes.';
COMMENT ON COLUMN awgp.communication_policy_list.name IS 'Display name.';
COMMENT ON COLUMN awgp.communication_policy_list.from_assistant_types IS 'Types of assistant that may send; NULL: any. An empty array is refused.';
COMMENT ON COLUMN awgp.communication_policy_list.to_assistant_types IS 'Types of assistant that may receive; NULL: any. An empty array is refused.';
COMMENT ON COLUMN awgp.communication_policy_list.allowed_channels IS 'Channels, such as telegram, slack, email, internal; NULL: any. An empty array is refused.';
COMMENT ON COLUMN awgp.communication_policy_list.content_rules IS 'What a message must and must not contain, a JSON object with the keys max_length, forbidden_patterns, required_fields, allow_links, allowed_link_hosts and bare_hosts_are_links; docs/messages.md explains them.';
COMMENT ON COLUMN awgp.communication_policy_list.rate_limit_per_hour IS 'How many messages may be sent in an hour, 0 (no messages) to 1000000.';
COMMENT ON COLUMN awgp.communication_policy_list.rate_limit_scope IS 'Whose messages count together: all that the policy lets through (policy), each sender''s (sender), each sender''s to each receiver (pair).';
COMMENT ON COLUMN awgp.communication_policy_list.is_active IS 'An inactive policy neither allows nor forbids.';
COMMENT ON COLUMN awgp.communication_policy_list.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.communication_policy_list.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.communication_policy_list.tenant_slug IS 'The slug of its tenant.';

REVOKE ALL ON awgp.communication_policy_list FROM PUBLIC;
GRANT SELECT ON awgp.communication_policy_list TO awgp_app;
