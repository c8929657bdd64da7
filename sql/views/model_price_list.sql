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

COMMENT ON VIEW awgp.model_price_list IS 'The prices of models: one for each provider, model, size of the call and moment.';
COMMENT ON COLUMN awgp.model_price_list.provider IS 'The provider of the model, compared exactly; the names of provider_credit_pools or any other.';
COMMENT ON COLUMN awgp.model_price_list.model IS 'The model, as its provider calls it.';
COMMENT ON COLUMN awgp.model_price_list.from_input_tokens IS 'The price is for calls that send at least this many tokens, and for all of their tokens. 0: any call.';
COMMENT ON COLUMN awgp.model_price_list.input_price IS 'Price of a token sent, without trailing zeros.';
COMMENT ON COLUMN awgp.model_price_list.output_price IS 'Price of a token received, without trailing zeros.';
COMMENT ON COLUMN awgp.model_price_list.cached_price IS 'Price of a token sent that the provider had in its cache, without trailing zeros; NULL: the same as input_price.';
COMMENT ON COLUMN awgp.model_price_list.valid_from IS 'When the price takes effect. For a model only the rows of the latest valid_from that has come count: enter all sizes (from_input_tokens) of a model with the same valid_from.';
COMMENT ON COLUMN awgp.model_price_list.source IS 'Where the price is from.';
COMMENT ON COLUMN awgp.model_price_list.id IS 'Id of the price; stored as metadata.price.id in the cost entries computed with it.';
COMMENT ON COLUMN awgp.model_price_list.input_per_million IS 'Price of a million tokens sent.';
COMMENT ON COLUMN awgp.model_price_list.output_per_million IS 'Price of a million tokens received.';
COMMENT ON COLUMN awgp.model_price_list.cached_per_million IS 'Price of a million tokens sent that the provider had in its cache; NULL: the same as input_per_million.';

REVOKE ALL ON awgp.model_price_list FROM PUBLIC;
GRANT SELECT ON awgp.model_price_list TO awgp_app, awgp_admin;
