CREATE OR REPLACE FUNCTION awgp.trail_actors(
    name text
) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT named.id
    FROM (SELECT u.tenant_id, u.id FROM awgp.users AS u
          WHERE awgp.email_key(u.email) = awgp.email_key(trail_actors.name)
          UNION ALL
          SELECT a.tenant_id, a.id FROM awgp.assistants AS a WHERE a.slug = trail_actors.name) AS named
    WHERE named.tenant_id = ANY (awgp.visible_tenants())
       -- The caller's role: inside of this function current_user is its owner.
       OR pg_has_role(CASE current_setting('role') WHEN 'none' THEN session_user
                           ELSE current_setting('role')::name END, 'awgp_auditor', 'USAGE');
$$;
COMMENT ON FUNCTION awgp.trail_actors(text) IS 'The ids of the users with an e-mail address, in any spelling, and of the assistants with a slug, in the tenants that the caller sees. Auditors find them in every tenant.
name: the e-mail address or the slug
SECURITY DEFINER: auditors read the trail, and no table of a tenant';
REVOKE ALL ON FUNCTION awgp.trail_actors(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.trail_actors(text) TO awgp_app, awgp_auditor;
