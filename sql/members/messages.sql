-- Messages between assistants.

COMMENT ON FUNCTION awgp.authorize_message(uuid, uuid, text, text, jsonb) IS 'Decides whether an assistant of the tenant in context may send a message, counts it in the hourly limits if it may, records the decision in the trail, and returns it: {allowed, policy_id, reason, retry_after_seconds, retry_at, rule, side, hint, considered, policies, audit_id}. A denial is returned and not raised, and also leaves a line in the server''s log. docs/messages.md describes the answer.
from_assistant_id: the sender
to_assistant_id: the receiver
channel: where the message is sent
content: the text; never recorded
metadata: fields of the message, a JSON object
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.authorize_message(uuid, uuid, text, text, jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.test_message(uuid, uuid, text, text, jsonb, timestamptz) IS 'What authorize_message() would return. Counts and records nothing.
from_assistant_id: the sender
to_assistant_id: the receiver
channel: where the message would be sent
content: the text
metadata: fields of the message, a JSON object
at: the moment to look at; now where it is empty
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.test_message(uuid, uuid, text, text, jsonb, timestamptz) TO awgp_app;

COMMENT ON FUNCTION awgp.forget_message_windows(timestamptz) IS 'Deletes the counts of rate limits that are no longer needed, and returns how many windows were deleted.
at: the moment to look at; now where it is empty or in the future
SECURITY DEFINER: maintainers have no grant on the tables';
GRANT EXECUTE ON FUNCTION awgp.forget_message_windows(timestamptz) TO awgp_maintainer;
