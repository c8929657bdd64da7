CREATE OR REPLACE FUNCTION awgp.reject(
    approval_id uuid,
    reason text
) RETURNS awgp.approvals
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT awgp.vote_on_approval(reject.approval_id, false, reject.reason);
    SELECT approval.* FROM awgp.approvals AS approval
    WHERE approval.tenant_id = awgp.current_tenant() AND approval.id = reject.approval_id;
$$;
COMMENT ON FUNCTION awgp.reject(uuid, text) IS 'The user in context rejects, in person or on behalf of a user who delegated to him, and returns the row. One who may decide is enough. reason: not empty. Errors: as of approve(), and 22023 reason_required.';
REVOKE ALL ON FUNCTION awgp.reject(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.reject(uuid, text) TO awgp_app;
