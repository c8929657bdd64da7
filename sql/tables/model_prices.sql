-- What a token of a model costs, and since when; the same for every tenant.

CREATE TABLE awgp.model_prices (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    provider text NOT NULL,
    model text NOT NULL,
    from_input_tokens integer NOT NULL DEFAULT 0,
    input_price numeric(27,24) NOT NULL,
    output_price numeric(27,24) NOT NULL,
    cached_price numeric(27,24),
    valid_from timestamptz NOT NULL DEFAULT pg_catalog.now(),
    source text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT model_prices_pkey PRIMARY KEY (id),
    -- Led by the model: a cost looks its price up by it.
    CONSTRAINT model_prices_model_key UNIQUE (model, provider, valid_from, from_input_tokens),
    CONSTRAINT model_prices_provider_check CHECK (pg_catalog.btrim(provider) <> ''),
    CONSTRAINT model_prices_model_check CHECK (pg_catalog.btrim(model) <> '' AND pg_catalog.length(model) <= 300),
    CONSTRAINT model_prices_from_input_tokens_check CHECK (from_input_tokens >= 0),
    -- NaN is greater than any number.
    CONSTRAINT model_prices_input_price_check CHECK (input_price >= 0 AND input_price < 1000),
    CONSTRAINT model_prices_output_price_check CHECK (output_price >= 0 AND output_price < 1000),
    CONSTRAINT model_prices_cached_price_check CHECK (cached_price >= 0 AND cached_price < 1000),
    CONSTRAINT model_prices_source_check CHECK (pg_catalog.btrim(source) <> '')
);
CREATE INDEX idx_model_prices_provider ON awgp.model_prices (provider);

COMMENT ON TABLE awgp.model_prices IS 'Prices of models, for each token, the same for every tenant; awgp_admin adds them. A price is never changed: one with a later valid_from takes its place. docs/prices.md explains how a cost is computed.';
COMMENT ON COLUMN awgp.model_prices.id IS 'Id of the price; stored as metadata.price.id in the cost entries computed with it.';
COMMENT ON COLUMN awgp.model_prices.provider IS 'The provider of the model, compared exactly; the names of provider_credit_pools or any other.';
COMMENT ON COLUMN awgp.model_prices.model IS 'The model, as its provider calls it.';
COMMENT ON COLUMN awgp.model_prices.from_input_tokens IS 'The price is for calls that send at least this many tokens, and for all of their tokens. 0: any call.';
COMMENT ON COLUMN awgp.model_prices.input_price IS 'Price of a token sent, with up to 24 decimals.';
COMMENT ON COLUMN awgp.model_prices.output_price IS 'Price of a token received.';
COMMENT ON COLUMN awgp.model_prices.cached_price IS 'Price of a token sent that the provider had in its cache; NULL: the same as input_price.';
COMMENT ON COLUMN awgp.model_prices.valid_from IS 'When the price takes effect. For a model only the rows of the latest valid_from that has come count: enter all sizes (from_input_tokens) of a model with the same valid_from.';
COMMENT ON COLUMN awgp.model_prices.source IS 'Where the price is from.';
COMMENT ON COLUMN awgp.model_prices.created_at IS 'When the row was made.';
COMMENT ON CONSTRAINT model_prices_pkey ON awgp.model_prices IS 'The id identifies the price.';
COMMENT ON CONSTRAINT model_prices_model_key ON awgp.model_prices IS 'A model has one price for each moment and size.';
COMMENT ON CONSTRAINT model_prices_provider_check ON awgp.model_prices IS 'A price names its provider.';
COMMENT ON CONSTRAINT model_prices_model_check ON awgp.model_prices IS 'A price names its model, in 300 characters at most.';
COMMENT ON CONSTRAINT model_prices_from_input_tokens_check ON awgp.model_prices IS 'A count of tokens is not negative.';
COMMENT ON CONSTRAINT model_prices_input_price_check ON awgp.model_prices IS 'A price is not negative, and less than 1000 for a token.';
COMMENT ON CONSTRAINT model_prices_output_price_check ON awgp.model_prices IS 'A price is not negative, and less than 1000 for a token.';
COMMENT ON CONSTRAINT model_prices_cached_price_check ON awgp.model_prices IS 'A price is not negative, and less than 1000 for a token.';
COMMENT ON CONSTRAINT model_prices_source_check ON awgp.model_prices IS 'A price says where it comes from.';
COMMENT ON INDEX awgp.idx_model_prices_provider IS 'Whether the price list names a provider.';
