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

COMMENT ON FUNCTION awgp.expire_approvals(timestamptz) IS 'Marks the open approvals that have expired, and returns how many: of every tenant for maintainers, else of the tenant in context. An expired approval cannot be decided, whether this has run or not.
at: what has expired at this moment; NULL or a future moment: now
Errors: 42501 no_tenant_context';
GRANT EXECUTE ON FUNCTION awgp.expire_approvals(timestamptz) TO awgp_app, awgp_maintainer;

COMMENT ON FUNCTION awgp.escalate_due_approvals(timestamptz) IS 'Escalates the open approvals of every tenant that have waited as long as escalation.after_seconds of their tenant''s policy, and returns how many.
at: what is due at this moment; NULL or a future moment: now';
GRANT EXECUTE ON FUNCTION awgp.escalate_due_approvals(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.explain_approval(uuid, uuid) IS 'Says whether a user may decide an approval now, and changes nothing. Returns a JSON object with may_decide, votes, votes_needed, risk_level, least_role, status and seconds_left; if they may, also authority (in_person, or delegated with on_behalf_of and delegation_id); if not, reason, message and hint of the refusal.
approval_id: the approval
user_id: the user; NULL: the user in context
Errors: P0002 unknown_approval; 42501 unknown_user, no_user_context, no_tenant_context';
GRANT EXECUTE ON FUNCTION awgp.explain_approval(uuid, uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.may_decide_approval(uuid, uuid, integer, text, uuid[], uuid) IS 'For AWGP itself: true if the user may decide the approval of the tenant in context now.
approval_id: the approval
user_id: the user
risk_level: the column of the approval, as the caller has read it; given together with the others, it spares reading the approval of a user whom they bar. NULL: not given
escalated_to: the same
approver_ids: the same
requested_by: the same';
GRANT EXECUTE ON FUNCTION awgp.may_decide_approval(uuid, uuid, integer, text, uuid[], uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.require_delegation(uuid) IS 'For AWGP itself: the id, if the tenant in context has such a delegation.
delegation_id: the delegation
Errors: P0002 unknown_delegation; 42501 no_tenant_context';
GRANT EXECUTE ON FUNCTION awgp.require_delegation(uuid) TO awgp_app;
