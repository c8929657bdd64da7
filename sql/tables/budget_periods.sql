-- What is spent and held of each limit, one row a period. The first amount of a period makes its row.

CREATE TABLE awgp.budget_periods (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    scope text NOT NULL,
    pool_id uuid,
    assistant_id uuid,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    limit_amount numeric(18,6) NOT NULL,
    opening numeric(18,6) NOT NULL DEFAULT 0,
    spent numeric(18,6) NOT NULL DEFAULT 0,
    held numeric(18,6) NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    remainder numeric NOT NULL DEFAULT 0,
    CONSTRAINT budget_periods_pkey PRIMARY KEY (id),
    CONSTRAINT budget_periods_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT budget_periods_scope_check CHECK (scope IN ('holding', 'tenant', 'pool', 'assistant')),
    CONSTRAINT budget_periods_subject_check CHECK (
        (pool_id IS NOT NULL) = (scope = 'pool') AND (assistant_id IS NOT NULL) = (scope = 'assistant')),
    CONSTRAINT budget_periods_window_check CHECK (starts_at < ends_at),
    CONSTRAINT budget_periods_amounts_check CHECK (
        limit_amount >= 0 AND limit_amount < 'NaN' AND opening >= 0 AND opening < 'NaN'
        AND spent >= 0 AND spent < 'NaN' AND held >= 0 AND held < 'NaN'),
    CONSTRAINT budget_periods_remainder_check CHECK (pg_catalog.abs(remainder) <= 0.0000005),
    CONSTRAINT budget_periods_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT budget_periods_pool_id_fkey FOREIGN KEY (tenant_id, pool_id) REFERENCES awgp.provider_credit_pools (tenant_id, id) ON DELETE RESTRICT,
    CONSTRAINT budget_periods_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id) REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT
    -- Rows that are rewritten with every cost stay in their page.
) WITH (fillfactor = 50);
CREATE INDEX idx_budget_periods_tenant ON awgp.budget_periods (tenant_id, scope, ends_at DESC);
-- The ledger finds the period of a moment through these: the first that ends after it.
CREATE UNIQUE INDEX idx_budget_periods_of_tenant ON awgp.budget_periods (tenant_id, ends_at) WHERE scope = 'tenant';
CREATE UNIQUE INDEX idx_budget_periods_of_holding ON awgp.budget_periods (tenant_id, ends_at) WHERE scope = 'holding';
CREATE UNIQUE INDEX idx_budget_periods_of_pool ON awgp.budget_periods (pool_id, ends_at) WHERE scope = 'pool';
CREATE UNIQUE INDEX idx_budget_periods_of_assistant ON awgp.budget_periods (assistant_id, ends_at) WHERE scope = 'assistant';

COMMENT ON TABLE awgp.budget_periods IS 'What is spent and held of each limit, one row for each period: of a pool, of a tenant''s month, of an assistant''s day, of a holding''s month. Only the ledger writes it.';
COMMENT ON COLUMN awgp.budget_periods.id IS 'Id of the period.';
COMMENT ON COLUMN awgp.budget_periods.tenant_id IS 'The tenant whose limit it is; for scope holding, the holding.';
COMMENT ON COLUMN awgp.budget_periods.scope IS 'holding: a holding and its direct subsidiaries, by month; tenant: a tenant, by month; pool: a pool, from reset day to reset day; assistant: an assistant, by day.';
COMMENT ON COLUMN awgp.budget_periods.pool_id IS 'The pool; NULL unless scope is pool.';
COMMENT ON COLUMN awgp.budget_periods.assistant_id IS 'The assistant; NULL unless scope is assistant.';
COMMENT ON COLUMN awgp.budget_periods.starts_at IS 'The first moment of the period.';
COMMENT ON COLUMN awgp.budget_periods.ends_at IS 'The first moment after it.';
COMMENT ON COLUMN awgp.budget_periods.time_zone IS 'The tenant''s time zone when the row was made; its midnights bound the period.';
COMMENT ON COLUMN awgp.budget_periods.limit_amount IS 'The limit when an amount last changed. The limit in force is a column of the pool, tenant or assistant, or a setting of the holding.';
COMMENT ON COLUMN awgp.budget_periods.opening IS 'The part of spent from before the ledger had entries of the pool: the budget minus the balance with which the pool was created.';
COMMENT ON COLUMN awgp.budget_periods.spent IS 'What was spent in the period: opening and the entries of the ledger.';
COMMENT ON COLUMN awgp.budget_periods.held IS 'What reservations in the state held hold. It includes expired ones that are not marked yet; these do not count towards the limit.';
COMMENT ON COLUMN awgp.budget_periods.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.budget_periods.updated_at IS 'When an amount last changed.';
COMMENT ON COLUMN awgp.budget_periods.remainder IS 'Exact sum minus spent, positive or negative: half a millionth at most.';
COMMENT ON CONSTRAINT budget_periods_pkey ON awgp.budget_periods IS 'The id identifies the period.';
COMMENT ON CONSTRAINT budget_periods_tenant_id_id_key ON awgp.budget_periods IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT budget_periods_scope_check ON awgp.budget_periods IS 'The scope is holding, tenant, pool or assistant.';
COMMENT ON CONSTRAINT budget_periods_subject_check ON awgp.budget_periods IS 'pool_id is set for the scope pool only, and assistant_id for the scope assistant only.';
COMMENT ON CONSTRAINT budget_periods_window_check ON awgp.budget_periods IS 'A period ends after it begins.';
COMMENT ON CONSTRAINT budget_periods_amounts_check ON awgp.budget_periods IS 'Amounts are numbers, and not negative.';
COMMENT ON CONSTRAINT budget_periods_remainder_check ON awgp.budget_periods IS 'spent is the exact sum, rounded to six decimals.';
COMMENT ON CONSTRAINT budget_periods_tenant_id_fkey ON awgp.budget_periods IS 'The tenant exists, and cannot be deleted while it has periods.';
COMMENT ON CONSTRAINT budget_periods_pool_id_fkey ON awgp.budget_periods IS 'The pool is one of the same tenant.';
COMMENT ON CONSTRAINT budget_periods_assistant_id_fkey ON awgp.budget_periods IS 'The assistant is one of the same tenant.';
COMMENT ON INDEX awgp.idx_budget_periods_tenant IS 'A tenant''s newest periods of a scope.';
COMMENT ON INDEX awgp.idx_budget_periods_of_tenant IS 'A tenant has one row for each month.';
COMMENT ON INDEX awgp.idx_budget_periods_of_holding IS 'A holding with a limit has one row for each month.';
COMMENT ON INDEX awgp.idx_budget_periods_of_pool IS 'A pool has one row for each period; serves its foreign key.';
COMMENT ON INDEX awgp.idx_budget_periods_of_assistant IS 'An assistant has one row for each day; serves its foreign key.';
