-- Messages between assistants.

COMMENT ON FUNCTION awgp.authorize_message(uuid, uuid, text, text, jsonb) IS 'Decides whether an assistant of the tenant in context may send a message, counts it in the hourly limits if so, records the decision in the trail, and returns it: {allowed, policy_id, reason, retry_after_seconds, retry_at, rule, side, hint, considered, policies, audit_id}; see docs/messages.md. from_assistant_id; to_assistant_id; channel; content: never recorded; metadata: fields, a JSON object. A denial is returned, not raised, and also leaves a line in the server''s log. Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.authorize_message(uuid, uuid, text, text, jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.test_message(uuid, uuid, text, text, jsonb, timestamptz) IS 'What authorize_message() would answer at a moment (default: now). Counts and records nothing.';
GRANT EXECUTE ON FUNCTION awgp.test_message(uuid, uuid, text, text, jsonb, timestamptz) TO awgp_app;

COMMENT ON FUNCTION awgp.forget_message_windows(timestamptz) IS 'Deletes the counts of rate limits that are no longer needed at a moment (default: now; never later than that) and returns how many windows went. SECURITY DEFINER: maintainers have no grant on the tables.';
GRANT EXECUTE ON FUNCTION awgp.forget_message_windows(timestamptz) TO awgp_maintainer;
