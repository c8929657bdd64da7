CREATE OR REPLACE FUNCTION awgp.rotate_identity_provider(issuer text, jwks text) RETURNS SETOF awgp.identity_providers
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.identity_providers AS provider SET jwks = rotate_identity_provider.jwks
    WHERE provider.issuer = rotate_identity_provider.issuer
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.rotate_identity_provider(text, text) IS 'Replaces the key set of a provider, and returns its row; no row where the issuer has none.
issuer: the claim iss of its tokens
jwks: the public key set as published; the old key stays in it while tokens of the old key live
Errors: 42501 not awgp_admin; 22023 jwks_invalid';
REVOKE ALL ON FUNCTION awgp.rotate_identity_provider(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.rotate_identity_provider(text, text) TO awgp_admin;
