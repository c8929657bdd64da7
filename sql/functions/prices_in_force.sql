CREATE OR REPLACE FUNCTION awgp.prices_in_force(
    at timestamptz DEFAULT NULL
) RETURNS SETOF awgp.model_price_list
LANGUAGE sql STABLE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT listed.* FROM awgp.model_price_list AS listed
    WHERE listed.valid_from = (
        SELECT max(p.valid_from) FROM awgp.model_prices AS p
        WHERE p.provider = listed.provider AND p.model = listed.model
          AND p.valid_from <= COALESCE(prices_in_force.at, now()));
$$;
COMMENT ON FUNCTION awgp.prices_in_force(timestamptz) IS 'The prices of all models that are in force at a moment. at: default now.';
REVOKE ALL ON FUNCTION awgp.prices_in_force(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.prices_in_force(timestamptz) TO awgp_app, awgp_admin;
