CREATE OR REPLACE FUNCTION awgp.end_conversation(conversation_log_id uuid) RETURNS awgp.conversation_logs
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT awgp.own_conversation(end_conversation.conversation_log_id);
    UPDATE awgp.conversation_logs AS log
    SET ended_at = GREATEST(clock_timestamp(), log.started_at)
    WHERE log.id = end_conversation.conversation_log_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.end_conversation(uuid) IS 'Ends a conversation of the tenant in context, and returns the row. With an assistant in context, another assistant''s conversation is unknown. Cost and tokens that come from the ledger are computed a last time. Afterwards only a legal hold or erasing changes it.
conversation_log_id: the conversation
User role: operator
Errors: 42501 no_tenant_context, role_not_sufficient; P0002 unknown_conversation; 55000 conversation_ended, conversation_erased';
REVOKE ALL ON FUNCTION awgp.end_conversation(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.end_conversation(uuid) TO awgp_app;
