CREATE OR REPLACE FUNCTION awgp.guard_statement() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_statement';
COMMENT ON FUNCTION awgp.guard_statement() IS 'BEFORE … FOR EACH STATEMENT (table): refuses a write without a tenant in context (42501, no_tenant_context), and one that the role of the user in context does not allow (42501, role_not_sufficient).';
