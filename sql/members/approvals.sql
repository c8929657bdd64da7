-- Approvals and delegations.

COMMENT ON FUNCTION awgp.step_up_approval(uuid, text, uuid[]) IS 'For AWGP itself: what escalate_approval() calls. Returns the id.
approval_id: the approval
reason: why
approver_ids: who is asked
Errors: as of escalate_approval()';
GRANT EXECUTE ON FUNCTION awgp.step_up_approval(uuid, text, uuid[]) TO awgp_app;

COMMENT ON FUNCTION awgp.force_approval(uuid, text) IS 'For AWGP itself: what break_glass() calls. No role is granted it. Returns the id.
approval_id: the approval
reason: why
Errors: as of break_glass()';

COMMENT ON FUNCTION awgp.expire_approvals(timestamptz) IS 'Expires the open approvals whose time is over, and returns how many: those of every tenant for maintainers, else those of the tenant in context. An approval whose time is over cannot be decided, whether this has run or not.
at: the moment to look at; now where it is empty or in the future
Errors: 42501 no_tenant_context';
GRANT EXECUTE ON FUNCTION awgp.expire_approvals(timestamptz) TO awgp_app, awgp_maintainer;

COMMENT ON FUNCTION awgp.escalate_due_approvals(timestamptz) IS 'Escalates the open approvals of every tenant that have waited as long as their tenant''s policy allows, and returns how many.
at: the moment to look at; now where it is empty or in the future';
GRANT EXECUTE ON FUNCTION awgp.escalate_due_approvals(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.explain_approval(uuid, uuid) IS 'Whether a user may decide an approval now, as a JSON object: may_decide and authority (in_person, or delegated with on_behalf_of and delegation_id), or the reason, message and hint of the refusal. Changes nothing.
approval_id: the approval
user_id: the user; empty for the user in context
Errors: P0002 unknown_approval; 42501 unknown_user, no_user_context, no_tenant_context';
GRANT EXECUTE ON FUNCTION awgp.explain_approval(uuid, uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.may_decide_approval(uuid, uuid) IS 'For AWGP itself: true where the user may decide the approval of the tenant in context now.
approval_id: the approval
user_id: the user';
GRANT EXECUTE ON FUNCTION awgp.may_decide_approval(uuid, uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.require_delegation(uuid) IS 'For AWGP itself: the id, where the tenant in context has such a delegation.
delegation_id: the delegation
Errors: P0002 unknown_delegation; 42501 no_tenant_context';
GRANT EXECUTE ON FUNCTION awgp.require_delegation(uuid) TO awgp_app;
