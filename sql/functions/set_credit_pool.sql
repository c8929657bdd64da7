CREATE OR REPLACE FUNCTION awgp.set_credit_pool(
    provider text,
    monthly_budget awgp.number DEFAULT NULL,
    reset_day_of_month bigint DEFAULT NULL
) RETURNS SETOF awgp.provider_credit_pools
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.provider_credit_pools AS pool
    SET monthly_budget = COALESCE(awgp.checked_amount(set_credit_pool.monthly_budget::numeric, 'monthly_budget'), pool.monthly_budget),
        reset_day_of_month = COALESCE(awgp.checked_whole('reset_day_of_month', set_credit_pool.reset_day_of_month), pool.reset_day_of_month)
    WHERE pool.tenant_id = (SELECT awgp.current_tenant()) AND pool.provider = set_credit_pool.provider
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.set_credit_pool(text, awgp.number, bigint) IS 'Changes the pool of the tenant in context for a provider, and returns the row. No row if the tenant has no pool for the provider.
provider: the provider of the pool, compared exactly
monthly_budget: what may be spent in a period, also less than is spent already; NULL keeps it
reset_day_of_month: 1 to 31; NULL keeps it. A change takes effect with the next period
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range; 23514 provider_credit_pools_budget_check, provider_credit_pools_reset_day_check';
REVOKE ALL ON FUNCTION awgp.set_credit_pool(text, awgp.number, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.set_credit_pool(text, awgp.number, bigint) TO awgp_app;
