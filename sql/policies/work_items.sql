-- work_items: a tenant reads and writes its own rows; a holding also reads those of its direct subsidiaries.

ALTER TABLE awgp.work_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.work_items FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.work_items ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_work_items ON awgp.work_items;
CREATE POLICY tenant_isolation_work_items ON awgp.work_items FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_work_items ON awgp.work_items IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.work_items;
CREATE POLICY own_tenant_insert ON awgp.work_items FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.work_items IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_update ON awgp.work_items;
CREATE POLICY own_tenant_update ON awgp.work_items FOR UPDATE
    USING (tenant_id = (SELECT awgp.current_tenant()))
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_update ON awgp.work_items IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_delete ON awgp.work_items;
CREATE POLICY own_tenant_delete ON awgp.work_items FOR DELETE
    USING (tenant_id = (SELECT awgp.current_tenant()));
COMMENT ON POLICY own_tenant_delete ON awgp.work_items IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.work_items FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.work_items TO awgp_app;
