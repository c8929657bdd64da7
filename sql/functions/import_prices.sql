CREATE OR REPLACE FUNCTION awgp.import_prices(
    prices jsonb,
    source text,
    valid_from timestamptz DEFAULT NULL
) RETURNS SETOF awgp.model_prices
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH moment (valid_from) AS (SELECT COALESCE(awgp.checked_moment('valid_from', import_prices.valid_from), now())),
    given AS (
        SELECT p.provider, p.model, COALESCE(p.from_input_tokens, 0) AS from_input_tokens,
               p.input_price, p.output_price, p.cached_price
        FROM jsonb_to_recordset(awgp.checked_objects('prices', import_prices.prices)) AS p (
            provider text, model text, from_input_tokens integer,
            input_price numeric(27,24), output_price numeric(27,24), cached_price numeric(27,24))
    ),
    given_whole AS (
        SELECT g.provider, g.model,
               jsonb_agg(jsonb_build_array(g.from_input_tokens, g.input_price, g.output_price, g.cached_price)
                         ORDER BY g.from_input_tokens) AS tiers
        FROM given g GROUP BY g.provider, g.model
    ),
    in_force AS (
        SELECT w.provider, w.model,
               (SELECT max(p.valid_from) FROM awgp.model_prices p
                WHERE p.provider = w.provider AND p.model = w.model AND p.valid_from <= m.valid_from) AS valid_from
        FROM given_whole w CROSS JOIN moment m
    ),
    in_force_whole AS (
        SELECT p.provider, p.model,
               jsonb_agg(jsonb_build_array(p.from_input_tokens, p.input_price, p.output_price, p.cached_price)
                         ORDER BY p.from_input_tokens) AS tiers
        FROM awgp.model_prices p JOIN in_force f USING (provider, model, valid_from)
        GROUP BY p.provider, p.model
    )
    INSERT INTO awgp.model_prices (provider, model, from_input_tokens, input_price, output_price, cached_price,
                                   valid_from, source)
    SELECT g.provider, g.model, g.from_input_tokens, g.input_price, g.output_price, g.cached_price,
           m.valid_from, import_prices.source
    FROM given g CROSS JOIN moment m
    -- Rows that name no provider or no model go on to the constraint that refuses them.
    WHERE NOT EXISTS (
        SELECT FROM given_whole w JOIN in_force_whole f USING (provider, model, tiers)
        WHERE w.provider = g.provider AND w.model = g.model)
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.import_prices(jsonb, text, timestamptz) IS 'Adds the prices that differ from those in force, and returns the rows added; the same prices again add none. Models that are not in the array keep their price.
prices: a JSON array of objects with provider, model, from_input_tokens (default 0), input_price, output_price and cached_price (optional), each the price of one token. If a model has prices by size (from_input_tokens), give all of them in one call. Numbers may be JSON strings
source: where they are from
valid_from: when they take effect; NULL: now
Errors: 22023 out_of_range; 22P02 and 22003 for what is not a number; 23502 for a missing key or NULL in source; 23505 model_prices_model_key if a model has other prices from this moment on; 23514 a CHECK of the table';
REVOKE ALL ON FUNCTION awgp.import_prices(jsonb, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.import_prices(jsonb, text, timestamptz) TO awgp_admin;
