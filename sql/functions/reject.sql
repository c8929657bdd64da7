-- The body is the function of the same name in awgp_ext/src/approval/functions.rs.
CREATE OR REPLACE FUNCTION awgp.reject(
    approval_id uuid,
    reason text
) RETURNS awgp.approvals
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_reject';
COMMENT ON FUNCTION awgp.reject(uuid, text) IS 'The user in context rejects, in person or on behalf of a user who delegated to him, and returns the row. One who may decide is enough. reason: not empty. Errors: as of approve(), and 22023 reason_required.';
REVOKE ALL ON FUNCTION awgp.reject(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.reject(uuid, text) TO awgp_app;
