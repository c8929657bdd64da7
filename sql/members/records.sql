-- Conversations and hallucination flags.

COMMENT ON FUNCTION awgp.own_conversation(uuid) IS 'The id itself, where it is a conversation of the tenant in context; for functions that write one. Errors: 42501 no_tenant_context; P0002 unknown_conversation.';
GRANT EXECUTE ON FUNCTION awgp.own_conversation(uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.own_flag(uuid) IS 'The id itself, where it is a hallucination flag of the tenant in context; for functions that write one. Errors: 42501 no_tenant_context; P0002 unknown_flag.';
GRANT EXECUTE ON FUNCTION awgp.own_flag(uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.checked_messages(jsonb) IS 'The messages themselves, where each is in a form that is read, within the bounds. Errors (22023): messages_invalid, messages_too_large.';
GRANT EXECUTE ON FUNCTION awgp.checked_messages(jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.message_text(jsonb) IS 'What a message says, a text a line: what it is searched by. Empty where it says nothing, or is no message. message: an element of conversation_logs.messages.';
GRANT EXECUTE ON FUNCTION awgp.message_text(jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.read_message(jsonb) IS 'What a message says, whatever form it is in, as a JSON object: role (system, developer, user, assistant or tool), text (a text a line) and tokens (null where it tells none). message: an element of conversation_logs.messages. Error 22023 messages_invalid.';
GRANT EXECUTE ON FUNCTION awgp.read_message(jsonb) TO awgp_app;

COMMENT ON FUNCTION awgp.conversation_hits(text, uuid, bigint) IS 'Ids of conversations that the context sees and that have a message with these words, the newest first; for awgp.search_conversations(), which says the rest. Asks the index as its owner, for the visible tenants alone. Errors: 42501 no_tenant_context; 22023 out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.conversation_hits(text, uuid, bigint) TO awgp_app;
-- As many as are asked for where nothing is said: a plan that expects a thousand reads all of the tenant's conversations.
ALTER FUNCTION awgp.conversation_hits(text, uuid, bigint) ROWS 50;

COMMENT ON FUNCTION awgp.erase_due_conversations(timestamptz) IS 'Erases the content of conversations that are past their retention at that moment (later than now counts as now) and not on legal hold, with the reason retention, at most 1000 a tenant a call, and returns how many. Retention: conversation_policy.retention_days of the tenant''s settings, else the setting awgp.conversation_retention, in days after the end, or after the last change of one that never ended. SECURITY DEFINER: maintainers see no tenant''s row.';
GRANT EXECUTE ON FUNCTION awgp.erase_due_conversations(timestamptz) TO awgp_maintainer;
