CREATE OR REPLACE FUNCTION awgp.top_up_credit_pool(
    provider text,
    amount awgp.number,
    until timestamptz DEFAULT NULL,
    reason text DEFAULT NULL
) RETURNS SETOF awgp.provider_credit_pools
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    -- A refusal of the change takes this event away again.
    SELECT awgp.log_event('top_up', 'provider_credit_pools', pool.id, metadata => jsonb_build_object(
        'amount', awgp.checked_amount(top_up_credit_pool.amount::numeric, 'amount'), 'reason', top_up_credit_pool.reason))
    FROM awgp.provider_credit_pools AS pool
    WHERE pool.tenant_id = (SELECT awgp.current_tenant()) AND pool.provider = top_up_credit_pool.provider
      AND top_up_credit_pool.reason IS NOT NULL;
    UPDATE awgp.provider_credit_pools AS pool
    SET monthly_budget = CASE WHEN top_up_credit_pool.until IS NULL
            THEN pool.monthly_budget + awgp.checked_amount(top_up_credit_pool.amount::numeric, 'amount')
            ELSE pool.monthly_budget END,
        raise_amount = CASE WHEN top_up_credit_pool.until IS NULL THEN pool.raise_amount
            ELSE awgp.combined_raise(pool.raise_amount, pool.raised_until,
                round(awgp.checked_amount(top_up_credit_pool.amount::numeric, 'amount'), 6),
                awgp.checked_moment('until', top_up_credit_pool.until)) END,
        raised_until = COALESCE(top_up_credit_pool.until, pool.raised_until)
    WHERE pool.tenant_id = (SELECT awgp.current_tenant()) AND pool.provider = top_up_credit_pool.provider
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.top_up_credit_pool(text, awgp.number, timestamptz, text) IS 'Adds to the budget of the tenant in context for a provider, for good or until a moment, and returns the row. Two that add at once lose nothing. A temporary raise ends by itself; while it is in force, a further one has the same end. No row if the tenant has no pool for the provider.
provider: the provider of the pool, compared exactly
amount: what is added; a negative amount takes it away again
until: the first moment at which it no longer counts; NULL: it is added to monthly_budget for good
reason: why; the trail has it, with the amount, as an event top_up of the pool. NULL: no reason
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range; 55000 raise_in_force; 23502 for NULL in amount; 23514 provider_credit_pools_budget_check';
REVOKE ALL ON FUNCTION awgp.top_up_credit_pool(text, awgp.number, timestamptz, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.top_up_credit_pool(text, awgp.number, timestamptz, text) TO awgp_app;
