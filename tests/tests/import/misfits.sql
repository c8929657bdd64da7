-- What the seed's schema allows and AWGP does not, one of each, beside the good rows.

INSERT INTO tenants (id, name, slug, type, parent_tenant_id, settings, quota_max_users, quota_max_assistants, is_active) VALUES
    ('1b000000-0000-4000-8000-000000000001', 'Bad slug', 'Bad Slug!', 'subsidiary', NULL, '{}', 5, 5, true),
    ('1b000000-0000-4000-8000-000000000002', 'Bad parent', 'bad-parent', 'subsidiary', '10000000-0000-4000-8000-000000000002', '{}', 5, 5, true),
    ('1b000000-0000-4000-8000-000000000003', 'Bad settings', 'bad-settings', 'subsidiary', NULL, '{"time_zone": "Europe/Nowhere"}', 5, 5, true),
    ('1b000000-0000-4000-8000-000000000004', 'Full', 'full', 'subsidiary', NULL, '{}', 1, 0, NULL),
    ('1b000000-0000-4000-8000-000000000005', 'Ring', 'ring', 'holding', '1b000000-0000-4000-8000-000000000005', '{}', 1, 1, true);

INSERT INTO users (id, tenant_id, email, role) VALUES
    ('2b000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', 'Ada@North.example', 'viewer'),
    ('2b000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', 'no address', 'viewer'),
    ('2b000000-0000-4000-8000-000000000003', '1b000000-0000-4000-8000-000000000004', 'one@full.example', 'viewer'),
    ('2b000000-0000-4000-8000-000000000004', '1b000000-0000-4000-8000-000000000004', 'two@full.example', 'viewer');

INSERT INTO assistants (id, tenant_id, name, slug, type, status, description, created_by) VALUES
    ('3b000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', 'Long', 'long', 'custom', 'inactive', repeat('x', 300000), NULL),
    ('3b000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', 'Foreign', 'foreign', 'custom', 'inactive', NULL, '20000000-0000-4000-8000-000000000001'),
    ('3b000000-0000-4000-8000-000000000003', '1b000000-0000-4000-8000-000000000004', 'Too many', 'too-many', 'custom', 'active', NULL, NULL);

INSERT INTO assistant_templates (id, name, slug, type) VALUES
    ('3c000000-0000-4000-8000-000000000001', 'Strange', 'strange', 'wizard');

INSERT INTO work_items (id, tenant_id, assistant_id, title, created_at) VALUES
    ('4b000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', '   ', '2025-02-09'),
    ('4b000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000004', 'Of another tenant', 'infinity'),
    ('4b000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000002', 'Of the paused', '2025-02-09');

INSERT INTO approvals (id, tenant_id, work_item_id, title, risk_level, status, requested_by, approver_ids, expires_at) VALUES
    ('5b000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '40000000-0000-4000-8000-000000000003', 'Again', 3, 'pending', '20000000-0000-4000-8000-000000000003', NULL, '2125-01-01'),
    ('5b000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', '40000000-0000-4000-8000-000000000001', 'Whom?', 3, 'rejected', '20000000-0000-4000-8000-000000000003', '{2fffffff-0000-4000-8000-000000000000}', '2125-01-01'),
    ('5b000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', '40000000-0000-4000-8000-000000000001', 'By nobody', 3, 'approved', '20000000-0000-4000-8000-000000000003', NULL, '2125-01-01');

INSERT INTO approval_delegations (id, tenant_id, delegator_id, delegate_id, risk_levels, starts_at, ends_at) VALUES
    ('5c000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000003', '{9}', '2025-02-01', '2025-01-01');

INSERT INTO communication_policies (id, tenant_id, name, from_assistant_types, content_rules) VALUES
    ('6b000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', 'Pattern', NULL, '{"forbidden_patterns": ["("]}');

INSERT INTO provider_credit_pools (id, tenant_id, provider, monthly_budget, current_balance) VALUES
    ('7b000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', 'local', 10, 20);

INSERT INTO cost_transactions (id, tenant_id, assistant_id, provider, model, input_tokens, output_tokens, cost_amount, created_at) VALUES
    ('8b000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', 'openai', 'gpt-4', 1, 1, -1, '2025-02-10'),
    ('8b000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', 'openai', 'gpt-4', 1, 1, 1, '2125-02-10');

INSERT INTO conversation_logs (id, tenant_id, assistant_id, work_item_id, channel, messages) VALUES
    ('9b000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '3fffffff-0000-4000-8000-000000000000', NULL, 'slack', '[]'),
    ('9b000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', NULL, 'slack', '[{"text": 7}]'),
    ('9b000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', '4b000000-0000-4000-8000-000000000003', 'slack', '[]');

INSERT INTO hallucination_flags (id, tenant_id, assistant_id, detection_method, status) VALUES
    ('ab000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002', '30000000-0000-4000-8000-000000000001', 'pattern', 'confirmed');

ALTER TABLE audit_logs DETACH PARTITION audit_logs_2025_03;
CREATE TABLE audit_logs_rest PARTITION OF audit_logs DEFAULT;
INSERT INTO audit_logs (id, "timestamp", tenant_id, actor_type, action, entity_type, integrity_hash) VALUES
    (1001, '2125-01-01', '10000000-0000-4000-8000-000000000002', 'system', '', 'tenants', 'f'),
    (2001, '2025-02-28 23:00+00', '10000000-0000-4000-8000-00000000dead', 'system', 'insert', 'tenants', 'g'),
    (2002, '2025-02-28 23:01+00', '10000000-0000-4000-8000-00000000dead', 'system', 'insert', 'tenants', 'g');
UPDATE audit_log_integrity SET last_sequence_number = 5000;
