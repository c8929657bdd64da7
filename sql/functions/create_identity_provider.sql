CREATE OR REPLACE FUNCTION awgp.create_identity_provider(
    name text,
    issuer text,
    audience text[],
    jwks text,
    algorithms text[] DEFAULT NULL,
    subject_claim text DEFAULT NULL,
    tenant_claim text DEFAULT NULL,
    authorized_parties text[] DEFAULT NULL,
    leeway_seconds bigint DEFAULT NULL,
    max_lifetime_seconds bigint DEFAULT NULL,
    only_tenant_id uuid DEFAULT NULL
) RETURNS awgp.identity_providers
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.identity_providers (name, issuer, audience, jwks, algorithms, subject_claim, tenant_claim,
                                         authorized_parties, leeway_seconds, max_lifetime_seconds, only_tenant_id)
    VALUES (create_identity_provider.name, create_identity_provider.issuer, create_identity_provider.audience,
            create_identity_provider.jwks, COALESCE(create_identity_provider.algorithms, '{RS256,ES256,EdDSA,Ed25519}'),
            COALESCE(create_identity_provider.subject_claim, 'sub'), create_identity_provider.tenant_claim,
            COALESCE(create_identity_provider.authorized_parties, '{}'),
            COALESCE(awgp.checked_whole('leeway_seconds', create_identity_provider.leeway_seconds), 10),
            awgp.checked_whole('max_lifetime_seconds', create_identity_provider.max_lifetime_seconds),
            create_identity_provider.only_tenant_id)
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], bigint, bigint, uuid) IS 'Makes an identity provider whose tokens awgp.authenticate() accepts, and returns the row. name: unique; issuer: what iss is, unique; audience: one of these stands in aud; jwks: the public key set as published, of which keys that are not understood are left out with a notice; algorithms: default RS256, ES256, EdDSA, Ed25519; subject_claim: default sub; tenant_claim: names the tenant by id or slug; either may be a path such as org.id; authorized_parties: azp is one of these; leeway_seconds: 0 to 300, default 10; max_lifetime_seconds: longest exp - iat, default exp at most 365 days ahead; only_tenant_id: the only tenant it vouches for. Errors: 42501 for all but awgp_admin; 22023 jwks_invalid, unknown_algorithm; 23505 name or issuer taken; 23514 bad value.';
REVOKE ALL ON FUNCTION awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], bigint, bigint, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], bigint, bigint, uuid) TO awgp_admin;
