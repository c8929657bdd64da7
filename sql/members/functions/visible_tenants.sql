-- What the policies for reading ask.
CREATE OR REPLACE FUNCTION awgp.visible_tenants() RETURNS uuid[] LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
    AS '$libdir/awgp', 'awgp_visible_tenants';
COMMENT ON FUNCTION awgp.visible_tenants() IS 'The tenants whose rows may be read: the one in context, first, and, for a holding, its direct active subsidiaries. Empty without a context.';
GRANT EXECUTE ON FUNCTION awgp.visible_tenants() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
