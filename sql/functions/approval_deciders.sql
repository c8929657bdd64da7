CREATE OR REPLACE FUNCTION awgp.approval_deciders(
    approval_id uuid
) RETURNS TABLE (user_id uuid, email text, role text)
LANGUAGE sql VOLATILE SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT u.id, u.email, u.role FROM awgp.users AS u
    WHERE u.tenant_id = awgp.current_tenant() AND u.is_active
      AND awgp.may_decide_approval(approval_deciders.approval_id, u.id)
    ORDER BY u.email;
$$;
COMMENT ON FUNCTION awgp.approval_deciders(uuid) IS 'The users of the tenant in context who may decide an approval now, in person or on behalf of another user, by e-mail address. No rows for an approval that is not open.
approval_id: the approval';
REVOKE ALL ON FUNCTION awgp.approval_deciders(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.approval_deciders(uuid) TO awgp_app;
