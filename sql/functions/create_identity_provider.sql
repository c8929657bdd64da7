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
COMMENT ON FUNCTION awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], bigint, bigint, uuid) IS 'Makes an identity provider whose tokens authenticate() accepts, and returns the row.
name: its name for people; unique
issuer: the claim iss of its tokens; unique
audience: the claim aud of a token names one of these
jwks: the public key set as published; keys of unknown kinds are left out with a notice
algorithms: the signature algorithms that are accepted; empty: RS256, ES256, EdDSA, Ed25519
subject_claim: the claim that is users.keycloak_id, or the path to it, as org.user; empty: sub
tenant_claim: the claim that names the tenant by id or slug, or the path to it, as org.id; empty: no such claim is needed
authorized_parties: the claim azp names one of these; empty: any
leeway_seconds: how much clocks may differ, 0 to 300 seconds; empty: 10
max_lifetime_seconds: the longest time from iat to exp, in seconds; empty: exp is at most 365 days ahead
only_tenant_id: the only tenant whose users it vouches for; empty: every tenant
Errors: 42501 not awgp_admin; 22023 jwks_invalid, unknown_algorithm; 23505 name or issuer taken; 23514 bad value';
REVOKE ALL ON FUNCTION awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], bigint, bigint, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], bigint, bigint, uuid) TO awgp_admin;
