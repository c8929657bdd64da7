-- What the policies for reading ask.
CREATE OR REPLACE FUNCTION awgp.visible_tenants() RETURNS uuid[] LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
    AS '$libdir/awgp', 'awgp_visible_tenants';
COMMENT ON FUNCTION awgp.visible_tenants() IS 'For AWGP itself, in policies: the tenants whose rows may be read. The tenant in context comes first; a holding also reads its direct active subsidiaries. An empty array without a context.';
GRANT EXECUTE ON FUNCTION awgp.visible_tenants() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
