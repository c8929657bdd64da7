-- Messages between assistants.

COMMENT ON FUNCTION awgp.authorize_message(uuid, uuid, text, text, jsonb) IS 'Decides whether an assistant of the tenant in context may send a message, and returns the decision as a JSON object. An allowed message counts in the hourly limits. The decision is recorded in the trail; a denial is returned, not raised, and also leaves a line in the server''s log. Commit before you send. docs/messages.md explains every key of the answer.
from_assistant_id: the sender
to_assistant_id: the receiver
channel: where the message is sent
content: the text; it is never recorded
metadata: fields of the message, a JSON object
User role: operator
Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.authorize_message(uuid, uuid, text, text, jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.test_message(uuid, uuid, text, text, jsonb, timestamptz) IS 'What authorize_message() would return, without audit_id. It counts and records nothing.
from_assistant_id: the sender
to_assistant_id: the receiver
channel: where the message would be sent
content: the text
metadata: fields of the message, a JSON object
at: the hourly limits are those of this moment, which may be in the future; NULL: now
Errors: 42501 no_tenant_context; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.test_message(uuid, uuid, text, text, jsonb, timestamptz) TO awgp_app;

COMMENT ON FUNCTION awgp.forget_message_windows(timestamptz) IS 'Deletes counters of rate limits (rows of awgp.message_windows) whose last hour is over, and returns how many.
at: what is over at this moment; NULL or a future moment: now
SECURITY DEFINER: maintainers have no grant on the tables';
GRANT EXECUTE ON FUNCTION awgp.forget_message_windows(timestamptz) TO awgp_maintainer;
