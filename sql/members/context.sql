-- Context: who is asking.

COMMENT ON FUNCTION awgp.set_context(uuid, uuid, uuid) IS 'Puts tenant, user and assistant in context until the transaction ends, and returns the tenant. A second call replaces the first: a user or assistant that it does not name is no longer in context. In signed mode a caller may only add an assistant beside the verified tenant and user, and names all three.
tenant_id: an active tenant
user_id: an active user of the tenant; NULL: no user
assistant_id: an assistant of the tenant, with any status; NULL: no assistant
Errors: 42501 unknown_tenant, unknown_user, unknown_assistant, signed_mode; 55000 parallel_worker';
GRANT EXECUTE ON FUNCTION awgp.set_context(uuid, uuid, uuid) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.set_context(text, text) IS 'Puts a tenant and a user in context by the names that people know, until the transaction ends, and returns the tenant''s id. Ids are taken too. In signed mode it is refused.
slug_or_id: the slug or the id of an active tenant
email_or_id: the e-mail address in any spelling, or the id, of an active user of the tenant; NULL: no user. A login that is a member of neither awgp_app nor awgp_admin gives an id
Errors: 42501 unknown_tenant, unknown_user, signed_mode; 55000 parallel_worker';
GRANT EXECUTE ON FUNCTION awgp.set_context(text, text) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.authenticate(text, boolean) IS 'Verifies an access token against the active rows of awgp.identity_providers, puts its user and their tenant in context, and returns the tenant. If the transaction may write, its commit writes the time to users.last_login_at, at most once a minute. A refusal also leaves a line in the server''s log.
token: a JWT; pass it as a parameter, so that no log has it
for_session: false: until the transaction ends. true: for the session, from the commit on, until the token expires. It ends earlier if a transaction fails or is rolled back, with DISCARD ALL and RESET ALL, if user or tenant is deactivated, and if the login role changes. Needs awgp.session_context = allowed. NULL is refused
Errors: 42501 and 22023 the reasons of docs/errors.md that begin with token_; 42501 session_context, unknown_user, user_inactive, tenant_inactive; 55000 identity_provider_ambiguous, parallel_worker';
GRANT EXECUTE ON FUNCTION awgp.authenticate(text, boolean) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.context_mode() IS 'The mode of this session: trusted (the session names its tenant) or signed (a verified token does).';
GRANT EXECUTE ON FUNCTION awgp.context_mode() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.current_tenant() IS 'The tenant in context; NULL without one.
Errors: 22023 malformed_tenant_id if app.current_tenant is not a uuid; 42501 session_context if it was set for the session, and awgp.session_context refuses that';
GRANT EXECUTE ON FUNCTION awgp.current_tenant() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.current_user_id() IS 'The user in context; NULL without one.';
GRANT EXECUTE ON FUNCTION awgp.current_user_id() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.current_assistant_id() IS 'The assistant in context; NULL without one.';
GRANT EXECUTE ON FUNCTION awgp.current_assistant_id() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.own_tenant() IS 'As current_tenant(), but NULL once the tenant is deactivated. Policies use it; applications need current_tenant().';
GRANT EXECUTE ON FUNCTION awgp.own_tenant() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.find_tenant(text) IS 'The id of an active tenant. In signed mode it finds only tenants that the caller may read; members of awgp_admin find all.
slug_or_id: its slug or its id
Errors: 42501 unknown_tenant
SECURITY DEFINER: without a context no tenant is visible';
GRANT EXECUTE ON FUNCTION awgp.find_tenant(text) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.find_user(text) IS 'The id of an active user of the tenant in context.
email_or_id: the e-mail address in any spelling, or the id
Errors: 42501 unknown_user, also if no tenant is in context';
GRANT EXECUTE ON FUNCTION awgp.find_user(text) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.email_key(text) IS 'The key by which an e-mail address is unique in its tenant, as UTF-8. All spellings of an address have the same key: upper and lower case, Unicode forms, invisible characters and Punycode do not count.
email: the address; for NULL the key is NULL';
GRANT EXECUTE ON FUNCTION awgp.email_key(text) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
