-- Prices of models, for lists: without zeros that end a number, and by the million tokens as price
-- lists print them.
CREATE OR REPLACE VIEW awgp.model_price_list WITH (security_invoker = true) AS
SELECT p.provider, p.model, p.from_input_tokens,
       trim_scale(p.input_price) AS input_price,
       trim_scale(p.output_price) AS output_price,
       trim_scale(p.cached_price) AS cached_price,
       p.valid_from,
       p.source,
       p.id,
       trim_scale(p.input_price * 1000000) AS input_per_million,
       trim_scale(p.output_price * 1000000) AS output_per_million,
       trim_scale(p.cached_price * 1000000) AS cached_per_million
FROM awgp.model_prices AS p;

COMMENT ON VIEW awgp.model_price_list IS 'The prices of models, one a provider, model, size of the call and moment of validity.';
COMMENT ON COLUMN awgp.model_price_list.provider IS 'Whose model: openai, anthropic, openrouter or local, as in the pools, or any other name.';
COMMENT ON COLUMN awgp.model_price_list.model IS 'The model, as its provider calls it.';
COMMENT ON COLUMN awgp.model_price_list.from_input_tokens IS 'The price is that of calls that send at least so many tokens, for all of their tokens; 0 for the price of any call.';
COMMENT ON COLUMN awgp.model_price_list.input_price IS 'Price of a token sent, in the currency of the pools, 24 decimals.';
COMMENT ON COLUMN awgp.model_price_list.output_price IS 'Price of a token received.';
COMMENT ON COLUMN awgp.model_price_list.cached_price IS 'Price of a token sent that the provider had in its cache; empty: as any token sent.';
COMMENT ON COLUMN awgp.model_price_list.valid_from IS 'Since when. Of a model the rows of the latest moment that is not to come are in force, and no earlier ones.';
COMMENT ON COLUMN awgp.model_price_list.source IS 'Where the price is from.';
COMMENT ON COLUMN awgp.model_price_list.id IS 'Key; metadata of a cost that was computed names it (price.id).';
COMMENT ON COLUMN awgp.model_price_list.input_per_million IS 'Price of a million tokens sent, in the currency of the pools.';
COMMENT ON COLUMN awgp.model_price_list.output_per_million IS 'Price of a million tokens received.';
COMMENT ON COLUMN awgp.model_price_list.cached_per_million IS 'Price of a million tokens sent that the provider had in its cache.';

REVOKE ALL ON awgp.model_price_list FROM PUBLIC;
GRANT SELECT ON awgp.model_price_list TO awgp_app, awgp_admin;
