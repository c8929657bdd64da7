CREATE OR REPLACE FUNCTION awgp.hold_conversation(conversation_log_id uuid, hold boolean DEFAULT true) RETURNS awgp.conversation_logs
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT awgp.own_conversation(hold_conversation.conversation_log_id);
    UPDATE awgp.conversation_logs AS log
    SET legal_hold = COALESCE(hold_conversation.hold, true)
    WHERE log.id = hold_conversation.conversation_log_id
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.hold_conversation(uuid, boolean) IS 'Puts a conversation of the tenant in context on legal hold, so that nothing erases it, or releases it, and returns the row. No assistant may be in context.
conversation_log_id: the conversation
hold: false releases it
User role: admin
Errors: 42501 no_tenant_context, role_not_sufficient, human_needed; P0002 unknown_conversation; 55000 conversation_erased';
REVOKE ALL ON FUNCTION awgp.hold_conversation(uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.hold_conversation(uuid, boolean) TO awgp_app;
