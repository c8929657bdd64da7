-- What the policies for reading are made of; the choice is made in awgp_ext/src/context/plans.rs.

CREATE FUNCTION awgp.visible_tenants() RETURNS uuid[] LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'awgp_visible_tenants';
COMMENT ON FUNCTION awgp.visible_tenants() IS 'The tenants whose rows may be read: the one in context, first, and, for a holding, its direct active subsidiaries. Empty without a context.';

CREATE FUNCTION awgp.own_or_visible_support(internal) RETURNS internal LANGUAGE c STRICT
    AS 'MODULE_PATHNAME', 'awgp_own_or_visible_support';
COMMENT ON FUNCTION awgp.own_or_visible_support(internal) IS 'Tells the planner which argument of own_or_visible() the context in force needs.';

-- Where the planner does not ask, the general answer stands.
CREATE FUNCTION awgp.own_or_visible(own boolean, visible boolean) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SUPPORT awgp.own_or_visible_support SET search_path = pg_catalog, pg_temp
    AS 'SELECT $2';
COMMENT ON FUNCTION awgp.own_or_visible(boolean, boolean) IS 'For policies. own: the row is the tenant''s own; visible: the row is of a tenant that may be seen. A plan has the first where the context sees itself alone, so that it can walk an ordered index, and the second elsewhere.';
