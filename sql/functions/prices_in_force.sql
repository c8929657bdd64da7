CREATE OR REPLACE FUNCTION awgp.prices_in_force(
    at timestamptz DEFAULT NULL
) RETURNS SETOF awgp.model_price_list
LANGUAGE sql STABLE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    -- OFFSET 0: the moment is looked at first, also where there are no prices.
    SELECT listed.*
    FROM (SELECT COALESCE(awgp.checked_moment('at', prices_in_force.at), now()) AS at OFFSET 0) AS moment
    CROSS JOIN LATERAL (
        SELECT l.* FROM awgp.model_price_list AS l
        WHERE l.valid_from = (SELECT max(p.valid_from) FROM awgp.model_prices AS p
                              WHERE p.provider = l.provider AND p.model = l.model AND p.valid_from <= moment.at)
        OFFSET 0) AS listed;
$$;
COMMENT ON FUNCTION awgp.prices_in_force(timestamptz) IS 'The prices of all models that are in force at a moment, as rows of model_price_list.
at: the moment; NULL: now
Errors: 22023 out_of_range';
REVOKE ALL ON FUNCTION awgp.prices_in_force(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.prices_in_force(timestamptz) TO awgp_app, awgp_admin;
