CREATE OR REPLACE FUNCTION awgp.erase_conversation(conversation_log_id uuid, reason text) RETURNS awgp.conversation_logs
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT awgp.own_conversation(erase_conversation.conversation_log_id);
    UPDATE awgp.conversation_logs AS log
    SET erased_at = COALESCE(log.erased_at + interval '1 microsecond', clock_timestamp()),
        erased_reason = erase_conversation.reason
    WHERE log.id = erase_conversation.conversation_log_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.erase_conversation(uuid, text) IS 'Erases the content of a conversation of the tenant in context for good, and returns the row: messages, external_id, the words for searching, and what flags quote of it. Who, when, why and the digest of the content stay. The audit trail still verifies, for it never held the content.
conversation_log_id: the conversation
reason: why, 1 to 500 bytes; it stays, so it names no person
Errors: 42501 no_tenant_context, role_not_sufficient below admin, human_needed with an assistant in context; P0002 unknown_conversation; 22023 out_of_range; 55000 legal_hold, conversation_erased';
REVOKE ALL ON FUNCTION awgp.erase_conversation(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.erase_conversation(uuid, text) TO awgp_app;
