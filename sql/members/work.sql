-- Work: what the functions of sql/functions ask before they write.

COMMENT ON FUNCTION awgp.require_work_item(uuid, text) IS 'For AWGP itself: the id, if the tenant in context has such a work item.
work_item_id: the work item
verb: start, ask, complete, fail or cancel; locks the item and checks that its state allows this
Errors: P0002 unknown_work_item; 55000 illegal_transition; 42501 no_tenant_context';
GRANT EXECUTE ON FUNCTION awgp.require_work_item(uuid, text) TO awgp_app;

COMMENT ON FUNCTION awgp.require_assistant(uuid) IS 'For AWGP itself: the id, if the context may write such an assistant.
assistant_id: the assistant
Errors: 42501 unknown_assistant, no_tenant_context';
GRANT EXECUTE ON FUNCTION awgp.require_assistant(uuid) TO awgp_app;
