CREATE OR REPLACE FUNCTION awgp.remove_identity_provider(issuer text) RETURNS SETOF awgp.identity_providers
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM awgp.identity_providers AS provider
    WHERE provider.issuer = remove_identity_provider.issuer
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.remove_identity_provider(text) IS 'Removes a provider, and returns the row it had. Its tokens are refused from now on. No row if there is no provider with this issuer.
issuer: the claim iss of its tokens';
REVOKE ALL ON FUNCTION awgp.remove_identity_provider(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.remove_identity_provider(text) TO awgp_admin;
