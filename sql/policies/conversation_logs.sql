-- conversation_logs: as the others, but a conversation is not deleted.

ALTER TABLE awgp.conversation_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.conversation_logs FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.conversation_logs ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_conversation_logs ON awgp.conversation_logs;
CREATE POLICY tenant_isolation_conversation_logs ON awgp.conversation_logs FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_conversation_logs ON awgp.conversation_logs IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.conversation_logs;
CREATE POLICY own_tenant_insert ON awgp.conversation_logs FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.conversation_logs IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_update ON awgp.conversation_logs;
CREATE POLICY own_tenant_update ON awgp.conversation_logs FOR UPDATE
    USING (tenant_id = (SELECT awgp.current_tenant()))
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_update ON awgp.conversation_logs IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.conversation_logs FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE ON awgp.conversation_logs TO awgp_app;
