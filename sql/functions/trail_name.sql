CREATE OR REPLACE FUNCTION awgp.trail_name(
    tenant_id uuid,
    kind text,
    id uuid
) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER COST 1000
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN NOT (trail_name.tenant_id = ANY (awgp.visible_tenants())
                  -- The caller's role: inside of this function current_user is its owner.
                  OR pg_has_role(CASE current_setting('role') WHEN 'none' THEN session_user
                                      ELSE current_setting('role')::name END, 'awgp_auditor', 'USAGE')
                  OR pg_has_role(CASE current_setting('role') WHEN 'none' THEN session_user
                                      ELSE current_setting('role')::name END, 'awgp_admin', 'USAGE')) THEN NULL
        WHEN trail_name.kind IN ('user', 'users') THEN
            (SELECT u.email FROM awgp.users AS u
             WHERE u.tenant_id = trail_name.tenant_id AND u.id = trail_name.id)
        WHEN trail_name.kind IN ('assistant', 'assistants') THEN
            (SELECT a.slug FROM awgp.assistants AS a
             WHERE a.tenant_id = trail_name.tenant_id AND a.id = trail_name.id)
        WHEN trail_name.kind IN ('tenant', 'tenants') THEN
            (SELECT t.slug FROM awgp.tenants AS t WHERE t.id = trail_name.id AND t.id = trail_name.tenant_id)
        END;
$$;
COMMENT ON FUNCTION awgp.trail_name(uuid, text, uuid) IS 'The name of somebody or something in the trail: the e-mail address of a user, the slug of an assistant or a tenant; NULL for every other kind, for an id that is not known, and for a tenant that the caller does not see. Auditors and members of awgp_admin see the names of every tenant.
tenant_id: the tenant of the event
kind: actor_type or entity_type of the event: user, users, assistant, assistants, tenant or tenants
id: actor_id or entity_id of the event
SECURITY DEFINER: auditors read the trail, and no table of a tenant';
REVOKE ALL ON FUNCTION awgp.trail_name(uuid, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.trail_name(uuid, text, uuid) TO awgp_app, awgp_auditor, awgp_admin;
