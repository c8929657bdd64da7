-- Conversations and hallucination flags.

COMMENT ON FUNCTION awgp.own_conversation(uuid) IS 'For AWGP itself: the id, if it is a conversation of the tenant in context and, where one is in context, of the assistant.
conversation_log_id: the conversation
Errors: 42501 no_tenant_context; P0002 unknown_conversation';
GRANT EXECUTE ON FUNCTION awgp.own_conversation(uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.own_flag(uuid) IS 'For AWGP itself: the id, if it is a hallucination flag of the tenant in context.
flag_id: the flag
Errors: 42501 no_tenant_context; P0002 unknown_flag';
GRANT EXECUTE ON FUNCTION awgp.own_flag(uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.checked_messages(jsonb) IS 'Returns the messages, if each is in a known form and within the bounds: what log_conversation() would accept.
messages: an array of messages
Errors: 22023 messages_invalid, messages_too_large';
GRANT EXECUTE ON FUNCTION awgp.checked_messages(jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.message_text(jsonb) IS 'The text of a message, one line for each text in it: what search_conversations() searches. It never raises: an empty text if the message has no words or the value is not a message.
message: an element of conversation_logs.messages';
GRANT EXECUTE ON FUNCTION awgp.message_text(jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.read_message(jsonb) IS 'Reads a message of any form into a JSON object: role (system, developer, user, assistant or tool), text (as message_text()) and tokens (null if the message has no count). It raises an error if the value is not a message.
message: an element of conversation_logs.messages
Errors: 22023 messages_invalid';
GRANT EXECUTE ON FUNCTION awgp.read_message(jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.conversation_hits(text, uuid, bigint) IS 'For AWGP itself, in search_conversations(): ids of conversations visible to the caller that have a message with these words, the newest first. It reads the index as its owner, for the visible tenants only.
query: as for search_conversations()
assistant_id: only of this assistant
max_rows: 1 to 1000
Errors: 42501 no_tenant_context; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.conversation_hits(text, uuid, bigint) TO awgp_app;
-- As many as are asked for where nothing is said: a plan that expects a thousand reads all of the
-- tenant's conversations.
ALTER FUNCTION awgp.conversation_hits(text, uuid, bigint) ROWS 50;

COMMENT ON FUNCTION awgp.erase_due_conversations(timestamptz) IS 'Erases the content of conversations that are past their retention and not on legal hold, and returns how many. One call erases at most 1000 of each tenant, with the reason retention. docs/conversations.md explains the retention: conversation_policy.retention_days of the tenant''s settings, else the setting awgp.conversation_retention.
at: what is past its retention at this moment; NULL or a future moment: now
SECURITY DEFINER: maintainers see no tenant''s rows';
GRANT EXECUTE ON FUNCTION awgp.erase_due_conversations(timestamptz) TO awgp_maintainer;
