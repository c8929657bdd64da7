-- conversation_search: read as the conversations are; nobody writes it but the trigger of conversation_logs.

ALTER TABLE awgp.conversation_search ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.conversation_search FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_conversation_search ON awgp.conversation_search;
CREATE POLICY tenant_isolation_conversation_search ON awgp.conversation_search FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_conversation_search ON awgp.conversation_search IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

REVOKE ALL ON awgp.conversation_search FROM PUBLIC;
GRANT SELECT ON awgp.conversation_search TO awgp_app;
