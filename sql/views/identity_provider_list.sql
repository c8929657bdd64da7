-- Identity providers, for lists: without their keys, of which the ids are enough to tell them apart.
-- A set was validated when it was written; a key without a kid shows as null. Keys that are left
-- out are listed too: they are in the set.
CREATE OR REPLACE VIEW awgp.identity_provider_list WITH (security_invoker = true) AS
SELECT p.name, p.issuer, p.audience, p.algorithms,
       (SELECT array_agg(key ->> 'kid') FROM jsonb_array_elements(p.jwks::jsonb -> 'keys') AS key) AS key_ids,
       p.is_active,
       p.updated_at,
       p.id
FROM awgp.identity_providers AS p;

COMMENT ON VIEW awgp.identity_provider_list IS 'The identity providers, with the ids of their keys.';
COMMENT ON COLUMN awgp.identity_provider_list.name IS 'Display name, unique.';
COMMENT ON COLUMN awgp.identity_provider_list.issuer IS 'The claim iss of its tokens, compared exactly, such as https://id.example.com/realms/acme.';
COMMENT ON COLUMN awgp.identity_provider_list.audience IS 'The claim aud of a token has one of these. An empty array is refused.';
COMMENT ON COLUMN awgp.identity_provider_list.algorithms IS 'The signature algorithms that are accepted, of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519. An empty array is refused.';
COMMENT ON COLUMN awgp.identity_provider_list.key_ids IS 'The kid of each key of its set, in the order of the set.';
COMMENT ON COLUMN awgp.identity_provider_list.is_active IS 'Tokens of an inactive provider are refused, and its sessions end with their next transaction.';
COMMENT ON COLUMN awgp.identity_provider_list.updated_at IS 'When the row last changed. Kept by trigger.';
COMMENT ON COLUMN awgp.identity_provider_list.id IS 'Id of the provider.';

REVOKE ALL ON awgp.identity_provider_list FROM PUBLIC;
GRANT SELECT ON awgp.identity_provider_list TO awgp_admin;
