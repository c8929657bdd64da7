-- Whom a pool can pay: the trigger keep_pool asks which providers are known, the CHECK that it is a name.

ALTER TABLE awgp.provider_credit_pools
    DROP CONSTRAINT provider_credit_pools_provider_check,
    ADD CONSTRAINT provider_credit_pools_provider_check CHECK (
        pg_catalog.btrim(provider) <> '' AND pg_catalog.length(provider) <= 100);
COMMENT ON COLUMN awgp.provider_credit_pools.provider IS 'Who is paid: openai, anthropic, openrouter, local, azure, bedrock, vertex_ai, gemini, mistral, groq, or any that the tenant''s settings.providers or the price list names.';
COMMENT ON CONSTRAINT provider_credit_pools_provider_check ON awgp.provider_credit_pools IS 'A provider has a name of 100 characters at most; which are known, the trigger keep_pool says.';

CREATE INDEX idx_model_prices_provider ON awgp.model_prices (provider);
COMMENT ON INDEX awgp.idx_model_prices_provider IS 'Whether the price list names a provider.';
