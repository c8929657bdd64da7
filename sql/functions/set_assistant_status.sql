CREATE OR REPLACE FUNCTION awgp.set_assistant_status(
    assistant_id uuid,
    status text,
    reason text DEFAULT NULL
) RETURNS awgp.assistants
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE awgp.assistants AS assistant SET status = set_assistant_status.status,
        status_reason = set_assistant_status.reason
    WHERE assistant.id = (SELECT awgp.require_assistant(set_assistant_status.assistant_id))
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.set_assistant_status(uuid, text, text) IS 'Moves an assistant to another state, and returns the row. Only an active assistant begins work; work that it has begun stays.
assistant_id: an assistant of the tenant in context, or of a subsidiary of a holding
status: active, inactive, suspended or error
reason: why; kept as status_reason
Errors: 42501 unknown_assistant, no_tenant_context, role_not_sufficient; 55000 illegal_transition; 23514 no such status';
REVOKE ALL ON FUNCTION awgp.set_assistant_status(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.set_assistant_status(uuid, text, text) TO awgp_app;
