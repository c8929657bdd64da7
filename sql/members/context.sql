-- Context: who is asking.

COMMENT ON FUNCTION awgp.set_context(uuid, uuid, uuid) IS 'Puts tenant, user and assistant in context until the transaction ends, and returns the tenant. In signed mode a caller may only add an assistant beside the verified tenant and user.
tenant_id: an active tenant
user_id: an active user of the tenant; empty for no user
assistant_id: an assistant of the tenant; empty for no assistant
Errors: 42501 unknown_tenant, unknown_user, unknown_assistant, signed_mode';
GRANT EXECUTE ON FUNCTION awgp.set_context(uuid, uuid, uuid) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.authenticate(text, boolean) IS 'Verifies an access token against the active rows of awgp.identity_providers, puts its user and their tenant in context, and returns the tenant. Where the transaction may write, its commit keeps the time in users.last_login_at, once a minute at most. A refusal also leaves a line in the server''s log.
token: a JWT, passed as a parameter
for_session: false for this transaction; true for the session, from the commit on, until the token expires, a transaction fails or is rolled back, or DISCARD ALL or RESET ALL. Needs awgp.session_context = allowed
Errors: 42501 session_context, token_wrong_audience and the other token_ reasons of docs/errors.md, unknown_user, user_inactive, tenant_inactive, token_tenant_mismatch; 22023 token_malformed';
GRANT EXECUTE ON FUNCTION awgp.authenticate(text, boolean) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.context_mode() IS 'Where the context of this session may come from: trusted or signed.';
GRANT EXECUTE ON FUNCTION awgp.context_mode() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.current_tenant() IS 'The tenant in context; NULL without one.
Errors: 22023 malformed_tenant_id where app.current_tenant is not a uuid; 42501 session_context where it was set for the session, and awgp.session_context refuses that';
GRANT EXECUTE ON FUNCTION awgp.current_tenant() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.current_user_id() IS 'The user in context; NULL without one.';
GRANT EXECUTE ON FUNCTION awgp.current_user_id() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.current_assistant_id() IS 'The assistant in context; NULL without one.';
GRANT EXECUTE ON FUNCTION awgp.current_assistant_id() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.own_tenant() IS 'The tenant in context where its rows may be read; NULL without a context and where the tenant is no longer active.';
GRANT EXECUTE ON FUNCTION awgp.own_tenant() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.find_tenant(text) IS 'The id of an active tenant.
slug_or_id: its slug or its id
Errors: 42501 unknown_tenant
SECURITY DEFINER: without a context no tenant is visible';
GRANT EXECUTE ON FUNCTION awgp.find_tenant(text) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.find_user(text) IS 'The id of an active user of the tenant in context.
email_or_id: the e-mail address in any spelling, or the id
Errors: 42501 unknown_user';
GRANT EXECUTE ON FUNCTION awgp.find_user(text) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.email_key(text) IS 'For AWGP itself: the key by which an e-mail address is unique in its tenant. All spellings of an address have the same key, in UTF-8: upper and lower case, Unicode forms, invisible characters and Punycode do not count.
email: the address';
GRANT EXECUTE ON FUNCTION awgp.email_key(text) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
