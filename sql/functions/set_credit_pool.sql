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
COMMENT ON FUNCTION awgp.set_credit_pool(text, awgp.number, bigint) IS 'Changes the pool of the tenant in context for a provider, and returns the row; no row where the tenant has none.
provider: the pool''s provider
monthly_budget: what may be spent in a period, also less than is spent already; empty keeps it
reset_day_of_month: 1 to 31; empty keeps it
Errors: 42501 no_tenant_context; 23514 bad value';
REVOKE ALL ON FUNCTION awgp.set_credit_pool(text, awgp.number, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.set_credit_pool(text, awgp.number, bigint) TO awgp_app;
