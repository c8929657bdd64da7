-- Messages: a hundred tenants with two active assistants and a policy each, whose limit is
-- never reached, and what an application would keep itself: policies, counters and times,
-- without row-level security and without triggers.

CREATE EXTENSION IF NOT EXISTS awgp;
CREATE SCHEMA IF NOT EXISTS bench;

INSERT INTO awgp.tenants (id, name, slug, type)
SELECT md5('tenant' || n)::uuid, 'Tenant ' || n, 'tenant-' || n, 'subsidiary' FROM generate_series(1, 100) AS n;
INSERT INTO awgp.assistants (id, tenant_id, name, slug, type, status)
SELECT md5(role || n)::uuid, md5('tenant' || n)::uuid, role, role, 'custom', 'active'
FROM generate_series(1, 100) AS n, unnest(ARRAY['sender', 'receiver']) AS role;
INSERT INTO awgp.communication_policies (id, tenant_id, name, content_rules, rate_limit_per_hour)
SELECT md5('policy' || n)::uuid, md5('tenant' || n)::uuid, 'All', '{"max_length": 2000, "forbidden_patterns": ["(?i)password"]}', 1000000
FROM generate_series(1, 100) AS n;

CREATE TABLE bench.assistants (LIKE awgp.assistants INCLUDING ALL);
INSERT INTO bench.assistants SELECT * FROM awgp.assistants;
CREATE TABLE bench.policies (LIKE awgp.communication_policies INCLUDING ALL);
INSERT INTO bench.policies SELECT * FROM awgp.communication_policies;
CREATE TABLE bench.windows (LIKE awgp.message_windows INCLUDING ALL) WITH (fillfactor = 50);
INSERT INTO bench.windows (tenant_id, policy_id) SELECT tenant_id, id FROM bench.policies;
CREATE TABLE bench.sends (LIKE awgp.message_sends INCLUDING ALL);
