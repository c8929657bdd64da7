-- It is STABLE and pins no search_path, so that the planner reads through it: with a LIMIT it walks
-- idx_approvals_open only as far as it shows. Every name and operator is qualified instead.
CREATE OR REPLACE FUNCTION awgp.approval_inbox(
    user_id uuid DEFAULT NULL
) RETURNS SETOF awgp.approvals
LANGUAGE sql STABLE SECURITY INVOKER
AS $$
    SELECT approval.* FROM awgp.approvals AS approval
    WHERE approval.tenant_id OPERATOR(pg_catalog.=) awgp.current_tenant()
      AND approval.status OPERATOR(pg_catalog.=) ANY (ARRAY['pending', 'escalated'])
      AND approval.expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()
      AND awgp.may_decide_approval(approval.id, (SELECT COALESCE(approval_inbox.user_id, awgp.current_user_id())),
                                   approval.risk_level, approval.escalated_to, approval.approver_ids,
                                   approval.requested_by)
    ORDER BY approval.risk_level USING OPERATOR(pg_catalog.>), approval.expires_at USING OPERATOR(pg_catalog.<),
             approval.id USING OPERATOR(pg_catalog.<);
$$;
COMMENT ON FUNCTION awgp.approval_inbox(uuid) IS 'The open approvals of the tenant in context that a user may decide now, in person or on behalf of another user. The highest risk comes first, then what expires first. Without a user it has no rows. The view approval_queue has the same approvals with names and votes, for the user in context; the view approval_details has all approvals with names.
user_id: the user; NULL: the user in context. Everybody may ask for every user of the tenant';
REVOKE ALL ON FUNCTION awgp.approval_inbox(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.approval_inbox(uuid) TO awgp_app;
