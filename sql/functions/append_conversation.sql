-- One UPDATE that appends to what is there when the row is locked: two that append at once lose nothing.
CREATE OR REPLACE FUNCTION awgp.append_conversation(conversation_log_id uuid, messages jsonb) RETURNS awgp.conversation_logs
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT awgp.own_conversation(append_conversation.conversation_log_id);
    UPDATE awgp.conversation_logs AS log
    SET messages = log.messages || awgp.checked_messages(append_conversation.messages)
    WHERE log.id = append_conversation.conversation_log_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.append_conversation(uuid, jsonb) IS 'Appends messages to a conversation of the tenant in context that has not ended, and returns the row. With an assistant in context, another assistant''s conversation is unknown. The same call again appends them again: after a lost answer, compare message_count first.
conversation_log_id: the conversation
messages: as for log_conversation(); NULL is refused
User role: operator
Errors: 42501 no_tenant_context, role_not_sufficient; P0002 unknown_conversation; 22023 messages_invalid, messages_too_large; 55000 conversation_ended, conversation_erased';
REVOKE ALL ON FUNCTION awgp.append_conversation(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.append_conversation(uuid, jsonb) TO awgp_app;
