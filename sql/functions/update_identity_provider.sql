CREATE OR REPLACE FUNCTION awgp.update_identity_provider(
    issuer text,
    name text DEFAULT NULL,
    audience text[] DEFAULT NULL,
    algorithms text[] DEFAULT NULL,
    authorized_parties text[] DEFAULT NULL,
    leeway_seconds bigint DEFAULT NULL,
    max_lifetime_seconds bigint DEFAULT NULL,
    is_active boolean DEFAULT NULL
) RETURNS SETOF awgp.identity_providers
LANGUAGE sql VOLATILE SECURITY INVOKER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.identity_providers AS provider
    SET name = COALESCE(update_identity_provider.name, provider.name),
        audience = COALESCE(update_identity_provider.audience, provider.audience),
        algorithms = COALESCE(update_identity_provider.algorithms, provider.algorithms),
        authorized_parties = COALESCE(update_identity_provider.authorized_parties, provider.authorized_parties),
        leeway_seconds = COALESCE(awgp.checked_whole('leeway_seconds', update_identity_provider.leeway_seconds), provider.leeway_seconds),
        max_lifetime_seconds = COALESCE(awgp.checked_whole('max_lifetime_seconds', update_identity_provider.max_lifetime_seconds), provider.max_lifetime_seconds),
        is_active = COALESCE(update_identity_provider.is_active, provider.is_active)
    WHERE provider.issuer = update_identity_provider.issuer
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.update_identity_provider(text, text, text[], text[], text[], bigint, bigint, boolean) IS 'Changes an identity provider, and returns the row. rotate_identity_provider() changes its keys. No row if there is no provider with this issuer.
issuer: the claim iss of its tokens
name: display name; NULL keeps it
audience: the claim aud of a token has one of these; NULL keeps them
algorithms: the signature algorithms that are accepted; NULL keeps them
authorized_parties: the claim azp is one of these; NULL keeps them, an empty array: any
leeway_seconds: how much clocks may differ, 0 to 300 seconds; NULL keeps it
max_lifetime_seconds: the longest time from iat to exp, in seconds; NULL keeps it
is_active: false: its tokens are refused; NULL keeps it
Errors: 22023 unknown_algorithm, out_of_range; 23505 identity_providers_name_key; 23514 a CHECK of the table';
REVOKE ALL ON FUNCTION awgp.update_identity_provider(text, text, text[], text[], text[], bigint, bigint, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.update_identity_provider(text, text, text[], text[], text[], bigint, bigint, boolean) TO awgp_admin;
