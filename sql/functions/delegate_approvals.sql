CREATE OR REPLACE FUNCTION awgp.delegate_approvals(
    delegate_id uuid,
    starts_at timestamptz DEFAULT NULL,
    ends_at timestamptz DEFAULT NULL,
    risk_levels bigint[] DEFAULT NULL,
    reason text DEFAULT NULL
) RETURNS awgp.approval_delegations
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO awgp.approval_delegations (tenant_id, delegator_id, delegate_id, starts_at, ends_at, risk_levels, reason)
    VALUES (awgp.current_tenant(), awgp.current_user_id(), delegate_approvals.delegate_id,
            COALESCE(awgp.checked_moment('starts_at', delegate_approvals.starts_at), pg_catalog.clock_timestamp()),
            -- infinity is a delegation without an end.
            CASE WHEN delegate_approvals.ends_at = 'infinity' THEN delegate_approvals.ends_at
                 ELSE awgp.checked_moment('ends_at', delegate_approvals.ends_at) END,
            delegate_approvals.risk_levels::integer[], delegate_approvals.reason)
    RETURNING *;
$$;
COMMENT ON FUNCTION awgp.delegate_approvals(uuid, timestamptz, timestamptz, bigint[], text) IS 'Lets another user decide on behalf of the user in context, and returns the row. What was delegated cannot be delegated further.
delegate_id: a user of the tenant
starts_at: the first moment it is in force; now where it is empty
ends_at: the first moment it is no longer in force; must be given
risk_levels: the risk levels it is for; empty for all that the delegator may decide
reason: why
Errors: 42501 no_user_context, beyond_authority, role_not_sufficient; 23502 no ends_at; 23503 no such user; 23514 bad times or risk levels';
REVOKE ALL ON FUNCTION awgp.delegate_approvals(uuid, timestamptz, timestamptz, bigint[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.delegate_approvals(uuid, timestamptz, timestamptz, bigint[], text) TO awgp_app;
