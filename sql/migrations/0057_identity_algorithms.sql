-- RFC 9864 gives EdDSA on Ed25519 a name of its own. New providers allow both; a row that is there keeps its list.

ALTER TABLE awgp.identity_providers ALTER COLUMN algorithms SET DEFAULT '{RS256,ES256,EdDSA,Ed25519}';

COMMENT ON COLUMN awgp.identity_providers.algorithms IS 'The signature algorithms that are accepted: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519.';
COMMENT ON COLUMN awgp.identity_providers.subject_claim IS 'The claim that is users.keycloak_id, or the path to it: org.user.';
COMMENT ON COLUMN awgp.identity_providers.tenant_claim IS 'The claim that names the user''s tenant by id or slug, or the path to it (org.id), and must agree with it; a text, an array, or Keycloak''s organization; empty: none is asked for.';
COMMENT ON COLUMN awgp.identity_providers.max_lifetime_seconds IS 'The longest a token may live, from iat to exp; empty: exp is at most 365 days ahead.';
