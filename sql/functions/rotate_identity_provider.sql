CREATE OR REPLACE FUNCTION awgp.rotate_identity_provider(issuer text, jwks text) RETURNS SETOF awgp.identity_providers
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.identity_providers AS provider SET jwks = rotate_identity_provider.jwks
    WHERE provider.issuer = rotate_identity_provider.issuer
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.rotate_identity_provider(text, text) IS 'Replaces the key set of a provider, and returns its row. No row if there is no provider with this issuer.
issuer: the claim iss of its tokens
jwks: the public key set as published. It must still contain the old key until all tokens signed with it have expired
Errors: 22023 jwks_invalid';
REVOKE ALL ON FUNCTION awgp.rotate_identity_provider(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.rotate_identity_provider(text, text) TO awgp_admin;
