-- Who reviews an assistant's flags, and how near it is to a suspension over confirmed ones.
-- The visible tenants are named besides row-level security, because a superuser's login has none.
CREATE OR REPLACE VIEW awgp.assistant_suspension WITH (security_invoker = true) AS
SELECT a.tenant_id, a.id AS assistant_id,
       COALESCE(p.policy ->> 'reviewer_role', d.of ->> 'hallucination_policy.reviewer_role') AS reviewer_role,
       COALESCE(p.policy ->> 'overturn_role', d.of ->> 'hallucination_policy.overturn_role') AS overturn_role,
       COALESCE((p.policy ->> 'creator_may_conclude')::boolean,
                (d.of ->> 'hallucination_policy.creator_may_conclude')::boolean) AS creator_may_conclude,
       (p.policy #>> '{suspend,confirmed}')::integer AS suspend_confirmed,
       (p.policy #>> '{suspend,rate_percent}')::integer AS suspend_rate_percent,
       limits.least_conversations, limits.window_hours,
       flags.confirmed, conversations.conversations
FROM awgp.assistants AS a
JOIN awgp.tenants AS t ON t.id = a.tenant_id
CROSS JOIN LATERAL (SELECT t.settings -> 'hallucination_policy' AS policy) AS p
CROSS JOIN (SELECT jsonb_object_agg(k.key, k.default_value) AS of FROM awgp.setting_keys() AS k) AS d
-- Without a rule that suspends there is no window either.
LEFT JOIN LATERAL (
    SELECT COALESCE((s.suspend ->> 'least_conversations')::integer, 20) AS least_conversations,
           COALESCE((s.suspend ->> 'window_hours')::integer, 168) AS window_hours
    FROM (SELECT p.policy -> 'suspend' AS suspend) AS s WHERE jsonb_typeof(s.suspend) = 'object') AS limits ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS confirmed FROM awgp.hallucination_flags AS f
    WHERE f.tenant_id = a.tenant_id AND f.assistant_id = a.id AND f.status = 'confirmed' AND f.suspended_at IS NULL
      AND f.reviewed_at >= statement_timestamp() - make_interval(hours => limits.window_hours)) AS flags
CROSS JOIN LATERAL (
    SELECT count(*) AS conversations FROM awgp.conversation_logs AS c
    WHERE c.tenant_id = a.tenant_id AND c.assistant_id = a.id
      AND c.started_at >= statement_timestamp() - make_interval(hours => limits.window_hours)) AS conversations
WHERE a.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]);

COMMENT ON VIEW awgp.assistant_suspension IS 'Who reviews the flags of each assistant, how many confirmed ones suspend it, and how many count now. The rules are those of hallucination_policy in the settings of its tenant.';
COMMENT ON COLUMN awgp.assistant_suspension.tenant_id IS 'The tenant of the assistant.';
COMMENT ON COLUMN awgp.assistant_suspension.assistant_id IS 'The assistant.';
COMMENT ON COLUMN awgp.assistant_suspension.reviewer_role IS 'The least role that reviews its flags.';
COMMENT ON COLUMN awgp.assistant_suspension.overturn_role IS 'The least role that changes a conclusion.';
COMMENT ON COLUMN awgp.assistant_suspension.creator_may_conclude IS 'Whether the user who made the assistant may confirm its flags, or find them false.';
COMMENT ON COLUMN awgp.assistant_suspension.suspend_confirmed IS 'So many confirmed flags within the window suspend it; NULL: no number does.';
COMMENT ON COLUMN awgp.assistant_suspension.suspend_rate_percent IS 'So many confirmed flags for a hundred conversations within the window suspend it; NULL: no rate does.';
COMMENT ON COLUMN awgp.assistant_suspension.least_conversations IS 'With fewer conversations the rate does not count; NULL: nothing suspends it.';
COMMENT ON COLUMN awgp.assistant_suspension.window_hours IS 'The length of the window, which ends now; NULL: nothing suspends it.';
COMMENT ON COLUMN awgp.assistant_suspension.confirmed IS 'How many confirmed flags within the window count towards a suspension: those that have not led to one.';
COMMENT ON COLUMN awgp.assistant_suspension.conversations IS 'How many of its conversations began within the window.';

REVOKE ALL ON awgp.assistant_suspension FROM PUBLIC;
GRANT SELECT ON awgp.assistant_suspension TO awgp_app;
