CREATE OR REPLACE FUNCTION awgp.guard_tenant() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_tenant';
COMMENT ON FUNCTION awgp.guard_tenant() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): refuses a parent that is not a holding (23514, parent_not_holding) and a cycle (23514, tenant_cycle).';
