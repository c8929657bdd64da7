CREATE OR REPLACE FUNCTION awgp.remove_identity_provider(issuer text) RETURNS SETOF awgp.identity_providers
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM awgp.identity_providers AS provider
    WHERE provider.issuer = remove_identity_provider.issuer
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.remove_identity_provider(text) IS 'Removes a provider, whose tokens are refused from now on, and returns the row it had; no row where the issuer has none.
issuer: the claim iss of its tokens
Errors: 42501 not awgp_admin';
REVOKE ALL ON FUNCTION awgp.remove_identity_provider(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.remove_identity_provider(text) TO awgp_admin;
