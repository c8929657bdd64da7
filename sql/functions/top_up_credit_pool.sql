CREATE OR REPLACE FUNCTION awgp.top_up_credit_pool(
    provider text,
    amount awgp.number
) RETURNS SETOF awgp.provider_credit_pools
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.provider_credit_pools AS pool
    SET monthly_budget = pool.monthly_budget + awgp.checked_amount(top_up_credit_pool.amount::numeric, 'amount')
    WHERE pool.tenant_id = (SELECT awgp.current_tenant()) AND pool.provider = top_up_credit_pool.provider
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.top_up_credit_pool(text, awgp.number) IS 'Adds to the budget of the tenant in context for a provider, from the present period on, and returns the row. Two that add at once lose nothing. No row if the tenant has no pool for the provider.
provider: the provider of the pool, compared exactly
amount: what is added; a negative amount takes it away again
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range; 23502 for NULL in amount; 23514 provider_credit_pools_budget_check';
REVOKE ALL ON FUNCTION awgp.top_up_credit_pool(text, awgp.number) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.top_up_credit_pool(text, awgp.number) TO awgp_app;
