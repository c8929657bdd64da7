-- Work: what the functions of sql/functions ask before they write.

COMMENT ON FUNCTION awgp.require_work_item(uuid, text) IS 'The id, where the tenant in context has such a work item. verb: start, ask, complete, fail or cancel, to lock the item and hear whether its state allows that. Errors: P0002 unknown_work_item; 55000 illegal_transition; 42501 no_tenant_context.';
GRANT EXECUTE ON FUNCTION awgp.require_work_item(uuid, text) TO awgp_app;

COMMENT ON FUNCTION awgp.require_assistant(uuid) IS 'The id, where the context may write such an assistant. Errors (42501): unknown_assistant, no_tenant_context.';
GRANT EXECUTE ON FUNCTION awgp.require_assistant(uuid) TO awgp_app;
