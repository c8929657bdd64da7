-- What the policies for reading are made of.
-- Where the planner does not ask, the general answer stands.
CREATE OR REPLACE FUNCTION awgp.own_or_visible(own boolean, visible boolean) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SUPPORT awgp.own_or_visible_support SET search_path = pg_catalog, pg_temp
    AS 'SELECT $2';
COMMENT ON FUNCTION awgp.own_or_visible(boolean, boolean) IS 'For AWGP itself, in policies. If the caller reads only their own tenant, the plan keeps the first argument, so that it can walk an ordered index; otherwise it keeps the second.
own: the row is the tenant''s own
visible: the row is of a tenant that may be read';
GRANT EXECUTE ON FUNCTION awgp.own_or_visible(boolean, boolean) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
