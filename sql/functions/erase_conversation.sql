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
COMMENT ON FUNCTION awgp.erase_conversation(uuid, text) IS 'Erases for good the content of a conversation of the tenant in context: messages, external_id, the words for searching, and what flags quote of it. Returns the row. Who, when, why and the digest of the content stay. The audit trail still verifies, because it never held the content. No assistant may be in context.
conversation_log_id: the conversation
reason: why, 1 to 500 bytes; it is kept for good: do not name a person
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient, human_needed; P0002 unknown_conversation; 22023 out_of_range; 55000 legal_hold, conversation_erased';
REVOKE ALL ON FUNCTION awgp.erase_conversation(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.erase_conversation(uuid, text) TO awgp_app;
