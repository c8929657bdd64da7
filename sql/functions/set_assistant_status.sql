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
COMMENT ON FUNCTION awgp.set_assistant_status(uuid, text, text) IS 'Changes the status of an assistant, and returns the row. Only an active assistant begins work; its work items in progress stay in progress. docs/state_machines.md shows which changes are possible.
assistant_id: an assistant of the tenant in context or, if that is a holding, of one of its direct active subsidiaries
status: active, inactive, suspended or error
reason: why; kept as status_reason. NULL: no reason
User role: manager
Errors: 42501 unknown_assistant, no_tenant_context, role_not_sufficient; 53400 quota_exceeded; 55000 illegal_transition; 23502 for NULL in status; 23514 assistants_status_check';
REVOKE ALL ON FUNCTION awgp.set_assistant_status(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.set_assistant_status(uuid, text, text) TO awgp_app;
