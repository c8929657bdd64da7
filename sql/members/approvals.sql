-- Approvals and delegations.

COMMENT ON FUNCTION awgp.step_up_approval(uuid, text, uuid[]) IS 'What escalate_approval() calls. Returns the id. Errors: as of escalate_approval().';
GRANT EXECUTE ON FUNCTION awgp.step_up_approval(uuid, text, uuid[]) TO awgp_app;

COMMENT ON FUNCTION awgp.force_approval(uuid, text) IS 'What break_glass() calls; granted to nobody. Returns the id. Errors: as of break_glass().';

COMMENT ON FUNCTION awgp.expire_approvals(timestamptz) IS 'Expires the open approvals whose time is over at at (default, and at most: now), and returns how many: of every tenant for maintainers, else of the tenant in context. Nobody decides them any more, expired or not. Error 42501 no_tenant_context.';
GRANT EXECUTE ON FUNCTION awgp.expire_approvals(timestamptz) TO awgp_app, awgp_maintainer;

COMMENT ON FUNCTION awgp.escalate_due_approvals(timestamptz) IS 'Escalates the open approvals of every tenant that nobody has decided for as long as their tenant''s policy waits, and returns how many. at: default, and at most, now.';
GRANT EXECUTE ON FUNCTION awgp.escalate_due_approvals(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.explain_approval(uuid, uuid) IS 'Whether a user may decide an approval now, as a JSON object: may_decide, authority (in_person or delegated, with on_behalf_of and delegation_id), or reason, message and hint. user_id: default the user in context. Changes nothing. Errors: P0002 unknown_approval; 42501 unknown_user, no_user_context, no_tenant_context.';
GRANT EXECUTE ON FUNCTION awgp.explain_approval(uuid, uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.may_decide_approval(uuid, uuid) IS 'True where the user may decide the approval of the tenant in context now.';
GRANT EXECUTE ON FUNCTION awgp.may_decide_approval(uuid, uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.require_delegation(uuid) IS 'The id, where the tenant in context has such a delegation. Errors: P0002 unknown_delegation; 42501 no_tenant_context.';
GRANT EXECUTE ON FUNCTION awgp.require_delegation(uuid) TO awgp_app;
