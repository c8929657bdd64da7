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
COMMENT ON FUNCTION awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], bigint, bigint, uuid) IS 'Makes an identity provider whose tokens authenticate() accepts, and returns the row. docs/identity.md explains the arguments.
name: display name; unique
issuer: the claim iss of its tokens, compared exactly; unique
audience: the claim aud of a token has one of these; NULL and an empty array are refused
jwks: the public key set as published; keys that AWGP does not understand are left out with a notice
algorithms: the signature algorithms that are accepted; NULL: RS256, ES256, EdDSA, Ed25519. An empty array is refused
subject_claim: the claim with the user''s subject, which is compared with users.keycloak_id; a path is possible, such as org.user. NULL: sub
tenant_claim: the claim that must name the user''s tenant by id or slug; a path is possible, such as org.id. NULL: no such claim is needed
authorized_parties: the claim azp is one of these; NULL or an empty array: any
leeway_seconds: how much clocks may differ, 0 to 300 seconds; NULL: 10
max_lifetime_seconds: the longest time from iat to exp, in seconds; NULL: exp is at most 365 days ahead
only_tenant_id: the only tenant for whose users it vouches; NULL: every tenant
Errors: 22023 jwks_invalid, unknown_algorithm, out_of_range; 23502 for NULL in name, issuer, audience or jwks; 23503 identity_providers_only_tenant_id_fkey; 23505 identity_providers_name_key, identity_providers_issuer_key; 23514 a CHECK of the table';
REVOKE ALL ON FUNCTION awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], bigint, bigint, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], bigint, bigint, uuid) TO awgp_admin;
