-- Who may vouch for users in signed mode.

CREATE TABLE awgp.identity_providers (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    name text NOT NULL,
    issuer text NOT NULL,
    audience text[] NOT NULL,
    -- The text as published: jsonb would keep the last of two equal members, and hide that there were two.
    jwks text NOT NULL,
    algorithms text[] NOT NULL DEFAULT '{RS256,ES256,EdDSA,Ed25519}',
    subject_claim text NOT NULL DEFAULT 'sub',
    tenant_claim text,
    authorized_parties text[] NOT NULL DEFAULT '{}',
    leeway_seconds integer NOT NULL DEFAULT 10,
    max_lifetime_seconds integer,
    only_tenant_id uuid,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT identity_providers_pkey PRIMARY KEY (id),
    CONSTRAINT identity_providers_name_key UNIQUE (name),
    -- The issuer decides whose keys count.
    CONSTRAINT identity_providers_issuer_key UNIQUE (issuer),
    CONSTRAINT identity_providers_name_check CHECK (pg_catalog.btrim(name) <> ''),
    CONSTRAINT identity_providers_issuer_check CHECK (pg_catalog.btrim(issuer) <> ''),
    CONSTRAINT identity_providers_audience_check CHECK (
        pg_catalog.cardinality(audience) > 0
        AND pg_catalog.array_position(audience, NULL) IS NULL AND pg_catalog.array_position(audience, '') IS NULL),
    CONSTRAINT identity_providers_algorithms_check CHECK (
        pg_catalog.cardinality(algorithms) > 0 AND pg_catalog.array_position(algorithms, NULL) IS NULL),
    CONSTRAINT identity_providers_claims_check CHECK (subject_claim <> '' AND tenant_claim <> ''),
    CONSTRAINT identity_providers_authorized_parties_check CHECK (
        pg_catalog.array_position(authorized_parties, NULL) IS NULL),
    CONSTRAINT identity_providers_leeway_seconds_check CHECK (leeway_seconds BETWEEN 0 AND 300),
    CONSTRAINT identity_providers_max_lifetime_seconds_check CHECK (max_lifetime_seconds > 0),
    CONSTRAINT identity_providers_only_tenant_id_fkey FOREIGN KEY (only_tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT
);

COMMENT ON TABLE awgp.identity_providers IS 'Issuers whose access tokens awgp.authenticate() accepts; awgp_admin maintains them. docs/identity.md explains the columns.';
COMMENT ON COLUMN awgp.identity_providers.id IS 'Id of the provider.';
COMMENT ON COLUMN awgp.identity_providers.name IS 'Display name, unique.';
COMMENT ON COLUMN awgp.identity_providers.issuer IS 'The claim iss of its tokens, compared exactly, such as https://id.example.com/realms/acme.';
COMMENT ON COLUMN awgp.identity_providers.audience IS 'The claim aud of a token has one of these. An empty array is refused.';
COMMENT ON COLUMN awgp.identity_providers.jwks IS 'The public keys: a JWK set as the provider publishes it. During a rotation it has the old key and the new one.';
COMMENT ON COLUMN awgp.identity_providers.algorithms IS 'The signature algorithms that are accepted, of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519. An empty array is refused.';
COMMENT ON COLUMN awgp.identity_providers.subject_claim IS 'The claim with the user''s subject, which is compared with users.keycloak_id; or a path to it, such as org.user.';
COMMENT ON COLUMN awgp.identity_providers.tenant_claim IS 'The claim that must name the user''s tenant by id or slug, or a path to it, such as org.id. Its value is a text, an array of texts, or Keycloak''s organization. NULL: no such claim is needed.';
COMMENT ON COLUMN awgp.identity_providers.authorized_parties IS 'The claim azp is one of these; an empty array: any.';
COMMENT ON COLUMN awgp.identity_providers.leeway_seconds IS 'How far the provider''s clock may differ, in seconds, 0 to 300.';
COMMENT ON COLUMN awgp.identity_providers.max_lifetime_seconds IS 'The longest time from iat to exp, in seconds; NULL: exp is at most 365 days ahead.';
COMMENT ON COLUMN awgp.identity_providers.only_tenant_id IS 'The only tenant for whose users the provider vouches; NULL: every tenant.';
COMMENT ON COLUMN awgp.identity_providers.is_active IS 'Tokens of an inactive provider are refused, and its sessions end with their next transaction.';
COMMENT ON COLUMN awgp.identity_providers.created_at IS 'When the row was made.';
COMMENT ON COLUMN awgp.identity_providers.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON CONSTRAINT identity_providers_pkey ON awgp.identity_providers IS 'The id identifies the provider.';
COMMENT ON CONSTRAINT identity_providers_name_key ON awgp.identity_providers IS 'No two providers have the same name.';
COMMENT ON CONSTRAINT identity_providers_issuer_key ON awgp.identity_providers IS 'An issuer has one row. To change its keys, rotate them.';
COMMENT ON CONSTRAINT identity_providers_name_check ON awgp.identity_providers IS 'A provider has a name.';
COMMENT ON CONSTRAINT identity_providers_issuer_check ON awgp.identity_providers IS 'A provider has an issuer.';
COMMENT ON CONSTRAINT identity_providers_audience_check ON awgp.identity_providers IS 'A provider has at least one audience, and no audience is the empty text.';
COMMENT ON CONSTRAINT identity_providers_algorithms_check ON awgp.identity_providers IS 'At least one algorithm is allowed.';
COMMENT ON CONSTRAINT identity_providers_claims_check ON awgp.identity_providers IS 'The name of a claim is not the empty text; leave tenant_claim out instead.';
COMMENT ON CONSTRAINT identity_providers_authorized_parties_check ON awgp.identity_providers IS 'An authorized party has a name.';
COMMENT ON CONSTRAINT identity_providers_leeway_seconds_check ON awgp.identity_providers IS 'The leeway is 0 to 300 seconds.';
COMMENT ON CONSTRAINT identity_providers_max_lifetime_seconds_check ON awgp.identity_providers IS 'The longest lifetime is at least a second.';
COMMENT ON CONSTRAINT identity_providers_only_tenant_id_fkey ON awgp.identity_providers IS 'The tenant exists, and cannot be deleted while a provider vouches for its users.';
