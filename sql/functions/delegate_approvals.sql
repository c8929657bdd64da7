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
starts_at: start of the delegation; NULL: now
ends_at: end of the delegation, exclusive; infinity: it does not end. It has a default only because starts_at has one: it must be given
risk_levels: the risk levels that are delegated, 0 to 5; NULL: all that the delegator may decide. An empty array is refused
reason: why. NULL: no reason
User role: manager
Errors: 42501 no_user_context, no_tenant_context, beyond_authority, role_not_sufficient; 22023 out_of_range; 23502 for NULL in ends_at or delegate_id; 23503 approval_delegations_delegate_id_fkey; 23514 approval_delegations_window_check, approval_delegations_risk_levels_check, valid_delegation';
REVOKE ALL ON FUNCTION awgp.delegate_approvals(uuid, timestamptz, timestamptz, bigint[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.delegate_approvals(uuid, timestamptz, timestamptz, bigint[], text) TO awgp_app;
