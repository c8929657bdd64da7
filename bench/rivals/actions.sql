-- Governed actions: tenants with an active assistant, a pool that never runs dry, and work of risk 4
-- that an admin has approved and that is in progress; and what an application would keep of it by
-- itself: the same rows in tables with the keys and references it needs, without row-level security,
-- triggers or periods. Variables: tenants, items.

CREATE EXTENSION awgp;
CREATE SCHEMA bench;

INSERT INTO awgp.tenants (id, name, slug, type, quota_monthly_cost_limit)
SELECT md5('tenant' || n)::uuid, 'T', 't' || n, 'subsidiary', 1e9 FROM generate_series(0, :tenants - 1) AS n;
INSERT INTO awgp.users (id, tenant_id, email, role)
SELECT md5(role || n)::uuid, md5('tenant' || n)::uuid, role || '@t.example', role
FROM generate_series(0, :tenants - 1) AS n, unnest(ARRAY['operator', 'admin']) AS role;
INSERT INTO awgp.assistants (id, tenant_id, name, slug, type, status, risk_tier, capabilities, max_cost_per_day)
SELECT md5('assistant' || n)::uuid, md5('tenant' || n)::uuid, 'A', 'a', 'custom', 'active', 1, '{look,write}', 1e9
FROM generate_series(0, :tenants - 1) AS n;
INSERT INTO awgp.provider_credit_pools (tenant_id, provider, monthly_budget, current_balance)
SELECT md5('tenant' || n)::uuid, 'openai', 1e9, 1e9 FROM generate_series(0, :tenants - 1) AS n;
-- Item n is of tenant n modulo the number of tenants.
INSERT INTO awgp.work_items (id, tenant_id, assistant_id, title, description, risk_level, context)
SELECT md5('item' || n)::uuid, md5('tenant' || n % :tenants)::uuid, md5('assistant' || n % :tenants)::uuid, 'Pay', 'All of it', 4,
       '{"invoice": 7}'
FROM generate_series(0, :items - 1) AS n;

CREATE FUNCTION bench.begin_item(n integer, tenant integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    item uuid := md5('item' || n)::uuid;
    approval uuid;
BEGIN
    PERFORM awgp.set_context(md5('tenant' || tenant)::uuid, md5('operator' || tenant)::uuid);
    SELECT id INTO approval FROM awgp.request_approval(item);
    PERFORM awgp.set_context(md5('tenant' || tenant)::uuid, md5('admin' || tenant)::uuid);
    PERFORM awgp.approve(approval);
    PERFORM awgp.start_work_item(item);
END $$;
SELECT count(bench.begin_item(n, n % :tenants)) FROM generate_series(0, :items - 1) AS n;

CREATE TABLE bench.tenants (id uuid PRIMARY KEY);
CREATE TABLE bench.assistants (
    id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES bench.tenants, status text NOT NULL, risk_tier integer NOT NULL,
    capabilities text[] NOT NULL);
CREATE TABLE bench.work_items (
    id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES bench.tenants, assistant_id uuid NOT NULL REFERENCES bench.assistants,
    title text NOT NULL, description text, risk_level integer, status text NOT NULL, context jsonb, pinned_digest text);
CREATE TABLE bench.provider_credit_pools (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL REFERENCES bench.tenants, provider text NOT NULL,
    monthly_budget numeric(18,6) NOT NULL, current_balance numeric(18,6) NOT NULL, updated_at timestamptz DEFAULT now(),
    UNIQUE (tenant_id, provider)
) WITH (fillfactor = 50);
CREATE TABLE bench.credit_reservations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL REFERENCES bench.tenants,
    assistant_id uuid NOT NULL REFERENCES bench.assistants, work_item_id uuid REFERENCES bench.work_items, provider text NOT NULL,
    amount numeric(18,6) NOT NULL, state text NOT NULL DEFAULT 'held', expires_at timestamptz NOT NULL,
    created_at timestamptz DEFAULT now(), resolved_at timestamptz);
CREATE INDEX ON bench.credit_reservations (tenant_id, expires_at) WHERE state = 'held';
CREATE TABLE bench.cost_transactions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL REFERENCES bench.tenants,
    assistant_id uuid NOT NULL REFERENCES bench.assistants, work_item_id uuid REFERENCES bench.work_items, provider text NOT NULL,
    model text NOT NULL, input_tokens integer NOT NULL, output_tokens integer NOT NULL, cost_amount numeric(18,6) NOT NULL,
    metadata jsonb DEFAULT '{}', created_at timestamptz DEFAULT now());
CREATE INDEX ON bench.cost_transactions (tenant_id, created_at DESC);
CREATE INDEX ON bench.cost_transactions (assistant_id, created_at DESC);
CREATE TABLE bench.actions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL REFERENCES bench.tenants,
    work_item_id uuid NOT NULL REFERENCES bench.work_items, assistant_id uuid NOT NULL REFERENCES bench.assistants, action text NOT NULL,
    provider text, estimated_cost numeric(18,6), status text NOT NULL DEFAULT 'begun',
    reservation_id uuid REFERENCES bench.credit_reservations, cost_transaction_id uuid REFERENCES bench.cost_transactions, result jsonb,
    begun_at timestamptz DEFAULT clock_timestamp(), expires_at timestamptz NOT NULL, finished_at timestamptz);
CREATE INDEX ON bench.actions (work_item_id, begun_at DESC);
CREATE INDEX ON bench.actions (expires_at) WHERE status = 'begun';
CREATE SEQUENCE bench.audit_id;
CREATE TABLE bench.audit (LIKE awgp.audit_logs INCLUDING INDEXES);

INSERT INTO bench.tenants SELECT id FROM awgp.tenants;
INSERT INTO bench.assistants SELECT id, tenant_id, status, risk_tier, capabilities FROM awgp.assistants;
INSERT INTO bench.work_items
SELECT id, tenant_id, assistant_id, title, description, risk_level, status, context,
       encode(sha256(convert_to(concat_ws('|', title, description, risk_level, context), 'UTF8')), 'hex')
FROM awgp.work_items;
INSERT INTO bench.provider_credit_pools (tenant_id, provider, monthly_budget, current_balance)
SELECT tenant_id, provider, monthly_budget, current_balance FROM awgp.provider_credit_pools;
GRANT USAGE ON SCHEMA bench TO awgp_app;
