CREATE OR REPLACE FUNCTION awgp.create_credit_pool(
    provider text,
    monthly_budget awgp.number,
    reset_day_of_month bigint DEFAULT 1
) RETURNS awgp.provider_credit_pools
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.provider_credit_pools (tenant_id, provider, monthly_budget, current_balance, reset_day_of_month)
    VALUES (awgp.current_tenant(), create_credit_pool.provider, awgp.checked_amount(create_credit_pool.monthly_budget::numeric, 'monthly_budget'),
            create_credit_pool.monthly_budget, COALESCE(awgp.checked_whole('reset_day_of_month', create_credit_pool.reset_day_of_month), 1))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.create_credit_pool(text, awgp.number, bigint) IS 'Makes the pool of the tenant in context for a provider, with nothing spent yet, and returns the row.
provider: openai, anthropic, openrouter, local, azure, bedrock, vertex_ai, gemini, mistral, groq, or a provider that the tenant''s settings.providers or the price list names; compared exactly
monthly_budget: what may be spent in a period, rounded to six decimals
reset_day_of_month: the day on which a period begins, 1 to 31; in shorter months the last day. A period lasts until the next reset day
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range; 23502 for NULL in provider or monthly_budget; 23505 provider_credit_pools_tenant_id_provider_key; 23514 unknown_provider, provider_credit_pools_budget_check, provider_credit_pools_reset_day_check';
REVOKE ALL ON FUNCTION awgp.create_credit_pool(text, awgp.number, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_credit_pool(text, awgp.number, bigint) TO awgp_app;
