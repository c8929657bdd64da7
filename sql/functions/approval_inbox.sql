CREATE OR REPLACE FUNCTION awgp.approval_inbox(
    user_id uuid DEFAULT NULL
) RETURNS SETOF awgp.approvals
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT approval.* FROM awgp.approvals AS approval
    WHERE approval.tenant_id = awgp.current_tenant() AND approval.status IN ('pending', 'escalated')
      AND approval.expires_at > pg_catalog.clock_timestamp()
      AND awgp.may_decide_approval(approval.id, COALESCE(approval_inbox.user_id, awgp.current_user_id()))
    ORDER BY approval.risk_level DESC, approval.expires_at, approval.id;
$$;
COMMENT ON FUNCTION awgp.approval_inbox(uuid) IS 'The open approvals of the tenant in context that a user may decide now, in person or on behalf of another user. The highest risk comes first, then what expires first. Without a user it has no rows. The view approval_queue has the same approvals with names and votes, for the user in context; the view approval_details has all approvals with names.
user_id: the user; NULL: the user in context. Everybody may ask for every user of the tenant';
REVOKE ALL ON FUNCTION awgp.approval_inbox(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.approval_inbox(uuid) TO awgp_app;
