-- Context: who is asking.

COMMENT ON FUNCTION awgp.set_context(uuid, uuid, uuid) IS 'Puts tenant, user and assistant in context until the end of the transaction, and returns the tenant. In signed mode: only an assistant beside the verified tenant and user. tenant_id: an active tenant; user_id: an active user of it; assistant_id: an assistant of it. Errors (42501): unknown_tenant, unknown_user, unknown_assistant, signed_mode.';
GRANT EXECUTE ON FUNCTION awgp.set_context(uuid, uuid, uuid) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.authenticate(text, boolean) IS 'Verifies an access token against the active rows of awgp.identity_providers, puts its user and their tenant in context, and returns the tenant. token: a JWT, passed as a parameter; for_session: false for the transaction, true for the session, once the transaction commits, until the token expires, a transaction fails or is rolled back, or DISCARD ALL or RESET ALL. Where the transaction may write, its commit keeps the time in users.last_login_at, once a minute at most. A refusal also leaves a line in the server''s log. Errors (42501, 22023): token_… as in docs/errors.md; unknown_user, user_inactive, tenant_inactive, token_tenant_mismatch.';
GRANT EXECUTE ON FUNCTION awgp.authenticate(text, boolean) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.context_mode() IS 'Where the context may come from in this session: trusted or signed.';
GRANT EXECUTE ON FUNCTION awgp.context_mode() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.current_tenant() IS 'The tenant in context; NULL where there is none. Error 22023 malformed_tenant_id where app.current_tenant is no uuid.';
GRANT EXECUTE ON FUNCTION awgp.current_tenant() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.current_user_id() IS 'The user in context; NULL where there is none.';
GRANT EXECUTE ON FUNCTION awgp.current_user_id() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.current_assistant_id() IS 'The assistant in context; NULL where there is none.';
GRANT EXECUTE ON FUNCTION awgp.current_assistant_id() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.own_tenant() IS 'The tenant in context, where its rows may be read: NULL without a context and where it has become inactive.';
GRANT EXECUTE ON FUNCTION awgp.own_tenant() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.find_tenant(text) IS 'The id of an active tenant, from its slug or its id. Error 42501 unknown_tenant. SECURITY DEFINER: without a context no tenant is seen.';
GRANT EXECUTE ON FUNCTION awgp.find_tenant(text) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.find_user(text) IS 'The id of an active user of the tenant in context, from any spelling of the e-mail address or from the id. Error 42501 unknown_user.';
GRANT EXECUTE ON FUNCTION awgp.find_user(text) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.email_key(text) IS 'The key by which an e-mail address is unique in its tenant: the same for all spellings of it, in UTF-8. Case, Unicode form, characters that are not seen and Punycode do not count.';
GRANT EXECUTE ON FUNCTION awgp.email_key(text) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
