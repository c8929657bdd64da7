-- A holding with two subsidiaries, as an application of the seed's schema left them: something in every
-- table and in every state. Costs are of this month and of 2025; the trail is of February and March 2025.

INSERT INTO tenants (id, name, slug, type, parent_tenant_id, settings, quota_max_users) VALUES
    ('10000000-0000-4000-8000-000000000003', 'South', 'south', 'subsidiary', NULL, '{}', 5),
    ('10000000-0000-4000-8000-000000000001', 'Group', 'group', 'holding', NULL, '{"time_zone": "Europe/Berlin"}', 50),
    ('10000000-0000-4000-8000-000000000002', 'North', 'north', 'subsidiary', '10000000-0000-4000-8000-000000000001', '{"theme": "dark"}', 5);
UPDATE tenants SET parent_tenant_id = '10000000-0000-4000-8000-000000000001' WHERE slug = 'south';

INSERT INTO users (id, tenant_id, keycloak_id, email, first_name, role, is_active, created_at) VALUES
    ('20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'kc-1', 'gia@group.example', 'Gia', 'super_admin', true, '2025-01-01'),
    ('20000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', 'kc-2', 'ada@north.example', 'Ada', 'admin', true, '2025-01-01'),
    ('20000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', NULL, 'mel@north.example', 'Mel', 'manager', true, '2025-01-01'),
    ('20000000-0000-4000-8000-000000000004', '10000000-0000-4000-8000-000000000002', NULL, 'oz@north.example', 'Oz', 'operator', true, '2025-01-01'),
    ('20000000-0000-4000-8000-000000000005', '10000000-0000-4000-8000-000000000002', NULL, 'gone@north.example', NULL, 'viewer', false, '2025-01-01');

INSERT INTO assistants (id, tenant_id, name, slug, type, status, capabilities, risk_tier, version, created_by, updated_at) VALUES
    ('30000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', 'Ledger', 'ledger', 'company_finance', 'active', '{read,post}', 2, 7, '20000000-0000-4000-8000-000000000002', '2025-02-03'),
    ('30000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', 'Paused', 'paused', 'custom', 'suspended', NULL, 1, 1, NULL, '2025-02-03'),
    ('30000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', 'Broken', 'broken', 'custom', 'error', NULL, 1, 1, NULL, '2025-02-03'),
    ('30000000-0000-4000-8000-000000000004', '10000000-0000-4000-8000-000000000001', 'Chief', 'chief', 'executive_cos', 'inactive', NULL, 5, 1, NULL, '2025-02-03');

INSERT INTO assistant_templates (id, name, slug, type, is_system) VALUES
    ('31000000-0000-4000-8000-000000000001', 'Our writer', 'our-writer', 'custom', false),
    ('31000000-0000-4000-8000-000000000002', 'Our reader', 'our-reader', 'custom', true);

INSERT INTO work_items (id, tenant_id, assistant_id, title, status, risk_level, estimated_cost, started_at, completed_at, created_by, created_at)
SELECT ('40000000-0000-4000-8000-00000000000' || place)::uuid, '10000000-0000-4000-8000-000000000002',
       '30000000-0000-4000-8000-000000000001', 'Item ' || place, status, risk, 1.5,
       CASE WHEN status IN ('in_progress', 'completed') THEN timestamptz '2025-02-10' END,
       CASE WHEN status = 'completed' THEN timestamptz '2025-02-11' END,
       '20000000-0000-4000-8000-000000000003', '2025-02-09'
FROM (VALUES (1, 'backlog', 3), (2, 'in_progress', 4), (3, 'awaiting_approval', 3), (4, 'completed', 4), (5, 'failed', NULL),
             (6, 'cancelled', 1), (7, 'backlog', 3)) AS item (place, status, risk);

INSERT INTO approvals (id, tenant_id, work_item_id, title, risk_level, status, requested_by, approver_ids, approved_by, approved_at,
                       rejected_reason, expires_at, escalation_count, context, created_at)
SELECT ('50000000-0000-4000-8000-00000000000' || place)::uuid, '10000000-0000-4000-8000-000000000002',
       ('40000000-0000-4000-8000-00000000000' || item)::uuid, 'May I? ' || place, risk, status,
       '20000000-0000-4000-8000-000000000003', approvers, approver, at, reason, now() + interval '1 day', escalations, context, '2025-02-09'
FROM (VALUES
    (1, 3, 3, 'pending', '{20000000-0000-4000-8000-000000000002}'::uuid[], NULL::uuid, NULL::timestamptz, NULL, 0, '{"why": "month end"}'::jsonb),
    (2, 4, 4, 'approved', NULL, '20000000-0000-4000-8000-000000000002', '2025-02-10', NULL, 1, '{}'),
    (3, 7, 3, 'approved', NULL, '20000000-0000-4000-8000-000000000002', '2025-02-10', NULL, 0, '{}'),
    (4, 6, 1, 'rejected', NULL, '20000000-0000-4000-8000-000000000002', '2025-02-10', 'no', 0, '{}'),
    (5, 5, 2, 'expired', NULL, NULL, NULL, NULL, 0, '{}')
) AS approval (place, item, risk, status, approvers, approver, at, reason, escalations, context);

INSERT INTO approval_delegations (id, tenant_id, delegator_id, delegate_id, risk_levels, starts_at, ends_at, is_active) VALUES
    ('51000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000003', '{2,3}', '2025-01-01', '2125-01-01', true),
    ('51000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000004', NULL, '2025-01-01', '2025-02-01', false);

INSERT INTO communication_policies (id, tenant_id, name, from_assistant_types, allowed_channels, content_rules, rate_limit_per_hour) VALUES
    ('60000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', 'Talk', '{company_finance}', '{internal,slack}', '{"max_length": 1000}', 50);

-- The second balance forgot a cost of 0.004; the third was spent in part before there were entries.
INSERT INTO provider_credit_pools (id, tenant_id, provider, monthly_budget, current_balance, alert_threshold_50) VALUES
    ('70000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', 'openai', 100, 98.75, false),
    ('70000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', 'anthropic', 10, 10, false),
    ('70000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000001', 'openai', 10, 4, true);

INSERT INTO cost_transactions (id, tenant_id, assistant_id, work_item_id, provider, model, input_tokens, output_tokens, cost_amount, created_at) VALUES
    ('80000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000004', 'openai', 'gpt-4', 100, 10, 2.5, '2025-02-10 12:00+00'),
    ('80000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', NULL, 'openai', 'gpt-4', 100, 10, 0.000123, '2025-02-10 23:30+00'),
    ('80000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', NULL, 'openai', 'gpt-4', 100, 10, 1.25, now() - interval '1 millisecond'),
    ('80000000-0000-4000-8000-000000000004', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', NULL, 'anthropic', 'claude', 1, 1, 0.004, now() - interval '1 millisecond'),
    ('80000000-0000-4000-8000-000000000005', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', NULL, 'local', 'llama', 1, 1, 0, '2025-03-01');

INSERT INTO conversation_logs (id, tenant_id, assistant_id, work_item_id, channel, external_id, messages, cost_amount, token_count, started_at, ended_at, created_at) VALUES
    ('90000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000004', 'telegram', 'chat-7', '[{"role": "user", "content": "How much is left?"}]', 0.5, 12, '2025-02-10', '2025-02-10 01:00', '2025-02-10'),
    ('90000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', NULL, 'telegram', 'chat-7', '[{"role": "user", "content": "And now?"}]', NULL, NULL, NULL, NULL, '2025-02-12'),
    ('90000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', NULL, 'telegram', 'chat-7', '[]', NULL, NULL, NULL, NULL, '2025-02-11');

INSERT INTO hallucination_flags (id, tenant_id, assistant_id, work_item_id, conversation_log_id, detection_method, confidence_score, flagged_content, status, reviewed_by, reviewed_at, notes, created_at) VALUES
    ('a0000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', NULL, '90000000-0000-4000-8000-000000000001', 'fact_check', 0.75, 'It was 12.', 'confirmed', '20000000-0000-4000-8000-000000000002', '2025-02-11', 'It was 11.', '2025-02-10'),
    ('a0000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', NULL, NULL, 'pattern', NULL, NULL, 'pending', NULL, NULL, NULL, '2025-02-10');

CREATE TABLE audit_logs_2025_03 PARTITION OF audit_logs FOR VALUES FROM ('2025-03-01') TO ('2025-04-01');
INSERT INTO audit_logs (id, "timestamp", tenant_id, actor_type, actor_id, action, entity_type, entity_id, before_state, after_state, metadata, integrity_hash)
SELECT 1000 + place, timestamptz '2025-02-27 12:00+00' + place * interval '10 minutes',
       CASE place % 2 WHEN 0 THEN '10000000-0000-4000-8000-000000000002' ELSE '10000000-0000-4000-8000-000000000001' END::uuid,
       CASE place % 3 WHEN 0 THEN 'user' WHEN 1 THEN 'assistant' ELSE 'system' END,
       CASE place % 3 WHEN 0 THEN '20000000-0000-4000-8000-000000000002'::uuid WHEN 1 THEN '30000000-0000-4000-8000-000000000001' END,
       'update', 'work_items', '40000000-0000-4000-8000-000000000001', '{"n": 1.10}', jsonb_build_object('n', place),
       CASE place % 4 WHEN 0 THEN NULL WHEN 1 THEN '{"request": "r-1"}' WHEN 2 THEN '{"origin": "web", "n": 2.50}' ELSE '["list"]' END::jsonb,
       encode(sha256(('old ' || place)::bytea), 'hex')
FROM generate_series(1, 400) AS place;
INSERT INTO audit_log_integrity (partition_name, last_sequence_number, cumulative_hash)
SELECT 'audit_logs_2025_02', id, integrity_hash FROM audit_logs_2025_02 ORDER BY id DESC LIMIT 1;
