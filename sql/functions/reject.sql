-- The body is the function of the same name in awgp_ext/src/approval/functions.rs.
CREATE OR REPLACE FUNCTION awgp.reject(
    approval_id uuid,
    reason text
) RETURNS awgp.approvals
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_reject';
COMMENT ON FUNCTION awgp.reject(uuid, text) IS 'The user in context rejects, in person or on behalf of a user who delegated to them, and returns the row. One rejection is enough.
approval_id: the approval
reason: why; not empty
Errors: 22023 reason_required; those of approve()';
REVOKE ALL ON FUNCTION awgp.reject(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.reject(uuid, text) TO awgp_app;
