-- Budgets, one a provider and tenant.

CREATE TABLE awgp.provider_credit_pools (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    tenant_id uuid NOT NULL,
    provider text NOT NULL,
    monthly_budget numeric(18,6) NOT NULL,
    current_balance numeric(18,6) NOT NULL,
    alert_threshold_50 boolean NOT NULL DEFAULT false,
    alert_threshold_75 boolean NOT NULL DEFAULT false,
    alert_threshold_90 boolean NOT NULL DEFAULT false,
    reset_day_of_month integer NOT NULL DEFAULT 1,
    period_starts_at timestamptz,
    period_ends_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    raise_amount numeric(18,6) NOT NULL DEFAULT 0,
    raised_until timestamptz,
    CONSTRAINT provider_credit_pools_pkey PRIMARY KEY (id),
    CONSTRAINT provider_credit_pools_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT provider_credit_pools_tenant_id_provider_key UNIQUE (tenant_id, provider),
    CONSTRAINT provider_credit_pools_provider_check CHECK (
        pg_catalog.btrim(provider) <> '' AND pg_catalog.length(provider) <= 100),
    CONSTRAINT provider_credit_pools_budget_check CHECK (monthly_budget >= 0 AND monthly_budget < 'NaN'),
    CONSTRAINT provider_credit_pools_raise_check CHECK (
        raise_amount >= 0 AND raise_amount < 'NaN' AND (raise_amount = 0 OR raised_until IS NOT NULL)),
    CONSTRAINT provider_credit_pools_raised_until_check CHECK (raised_until < 'infinity' AND raised_until > '-infinity'),
    CONSTRAINT provider_credit_pools_balance_check CHECK (current_balance <= monthly_budget),
    CONSTRAINT provider_credit_pools_reset_day_check CHECK (reset_day_of_month BETWEEN 1 AND 31),
    CONSTRAINT provider_credit_pools_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT
    -- The row of a busy pool is rewritten in its own page.
) WITH (fillfactor = 50);

COMMENT ON TABLE awgp.provider_credit_pools IS 'Budgets: one pool for each tenant and provider.';
COMMENT ON COLUMN awgp.provider_credit_pools.id IS 'Id of the pool.';
COMMENT ON COLUMN awgp.provider_credit_pools.tenant_id IS 'The tenant whose money it is; never changes.';
COMMENT ON COLUMN awgp.provider_credit_pools.provider IS 'The provider who is paid, compared exactly: openai, anthropic, openrouter, local, azure, bedrock, vertex_ai, gemini, mistral, groq, or any that the tenant''s settings.providers or the price list names. It cannot be changed.';
COMMENT ON COLUMN awgp.provider_credit_pools.monthly_budget IS 'What may be spent in a period, with six decimals. A raise in force adds to it.';
COMMENT ON COLUMN awgp.provider_credit_pools.current_balance IS 'monthly_budget minus spent, in the current period, without a raise; below zero if more was spent. Held reservations are not subtracted: see budget_status.left_amount. An INSERT may give less than the budget: the difference counts as spent. Kept by the ledger.';
COMMENT ON COLUMN awgp.provider_credit_pools.alert_threshold_50 IS 'True if half of the budget has been spent in the current period. Kept by the ledger.';
COMMENT ON COLUMN awgp.provider_credit_pools.alert_threshold_75 IS 'True if three quarters of the budget have been spent in the current period. Kept by the ledger.';
COMMENT ON COLUMN awgp.provider_credit_pools.alert_threshold_90 IS 'True if nine tenths of the budget have been spent in the current period. Kept by the ledger.';
COMMENT ON COLUMN awgp.provider_credit_pools.reset_day_of_month IS 'The day, 1 to 31, on which a period begins; in shorter months the last day. A change takes effect with the next period.';
COMMENT ON COLUMN awgp.provider_credit_pools.period_starts_at IS 'When the current period began. Kept by the ledger.';
COMMENT ON COLUMN awgp.provider_credit_pools.period_ends_at IS 'When it ends: the first moment of the next one. Kept by the ledger.';
COMMENT ON COLUMN awgp.provider_credit_pools.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.provider_credit_pools.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.provider_credit_pools.raise_amount IS 'A temporary raise: what may be spent in addition until raised_until.';
COMMENT ON COLUMN awgp.provider_credit_pools.raised_until IS 'The first moment at which raise_amount no longer counts; nothing has to run then. NULL if the budget was never raised for a time.';
COMMENT ON CONSTRAINT provider_credit_pools_pkey ON awgp.provider_credit_pools IS 'The id identifies the pool.';
COMMENT ON CONSTRAINT provider_credit_pools_tenant_id_id_key ON awgp.provider_credit_pools IS 'Referenced by foreign keys over (tenant_id, id).';
COMMENT ON CONSTRAINT provider_credit_pools_tenant_id_provider_key ON awgp.provider_credit_pools IS 'A tenant has one pool for each provider.';
COMMENT ON CONSTRAINT provider_credit_pools_provider_check ON awgp.provider_credit_pools IS 'The name of a provider has 1 to 100 characters.';
COMMENT ON CONSTRAINT provider_credit_pools_budget_check ON awgp.provider_credit_pools IS 'A budget is a number, and not negative.';
COMMENT ON CONSTRAINT provider_credit_pools_raise_check ON awgp.provider_credit_pools IS 'A raise is a number, not negative, and ends.';
COMMENT ON CONSTRAINT provider_credit_pools_raised_until_check ON awgp.provider_credit_pools IS 'A raise ends at a moment, not at infinity.';
COMMENT ON CONSTRAINT provider_credit_pools_balance_check ON awgp.provider_credit_pools IS 'The balance is not above the budget.';
COMMENT ON CONSTRAINT provider_credit_pools_reset_day_check ON awgp.provider_credit_pools IS 'The reset day is 1 to 31.';
COMMENT ON CONSTRAINT provider_credit_pools_tenant_id_fkey ON awgp.provider_credit_pools IS 'The tenant exists, and cannot be deleted while it has pools.';
