-- What the trail has of refused messages in the last seven days, by reason.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.message_denials WITH (security_invoker = true) AS
SELECT denied.tenant_id, t.slug AS tenant_slug, denied.reason, denied.rule, denied.policy_id, p.name AS policy_name,
       denied.messages, denied.first_at, denied.last_at
FROM (
    SELECT event.tenant_id, event.after_state ->> 'reason' AS reason, event.after_state ->> 'rule' AS rule,
           (event.after_state ->> 'policy_id')::uuid AS policy_id, count(*) AS messages,
           min(event."timestamp") AS first_at, max(event."timestamp") AS last_at
    FROM awgp.audit_logs AS event
    WHERE event.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])
      AND event.entity_type = 'message' AND event.action = 'message.denied'
      AND event."timestamp" > statement_timestamp() - interval '7 days'
      -- What an application has logged under this name is no decision.
      AND NOT COALESCE(event.metadata ? 'origin', false)
    GROUP BY 1, 2, 3, 4) AS denied
JOIN awgp.tenants AS t ON t.id = denied.tenant_id
LEFT JOIN awgp.communication_policies AS p ON p.tenant_id = denied.tenant_id AND p.id = denied.policy_id;

COMMENT ON VIEW awgp.message_denials IS 'The messages that were refused in the last seven days, as far as the trail visible to the caller has them: a row for each tenant, reason, policy and rule.';
COMMENT ON COLUMN awgp.message_denials.tenant_id IS 'The tenant of the sender.';
COMMENT ON COLUMN awgp.message_denials.tenant_slug IS 'The slug of the tenant.';
COMMENT ON COLUMN awgp.message_denials.reason IS 'Why: one of the reasons of docs/messages.md.';
COMMENT ON COLUMN awgp.message_denials.rule IS 'The rule of the policy that was broken first; NULL if no policy decided.';
COMMENT ON COLUMN awgp.message_denials.policy_id IS 'The policy that decided; NULL if no policy of the sender''s tenant did.';
COMMENT ON COLUMN awgp.message_denials.policy_name IS 'The name of the policy; NULL if it is deleted too.';
COMMENT ON COLUMN awgp.message_denials.messages IS 'How many messages.';
COMMENT ON COLUMN awgp.message_denials.first_at IS 'When the first of them was refused.';
COMMENT ON COLUMN awgp.message_denials.last_at IS 'When the last of them was refused.';

REVOKE ALL ON awgp.message_denials FROM PUBLIC;
GRANT SELECT ON awgp.message_denials TO awgp_app;
