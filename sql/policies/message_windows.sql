-- message_windows: a tenant reads its own rows, a holding also those of its direct subsidiaries; written by
-- awgp.authorize_message() alone, so that nobody resets a rate limit.

ALTER TABLE awgp.message_windows ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.message_windows FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_message_windows ON awgp.message_windows;
CREATE POLICY tenant_isolation_message_windows ON awgp.message_windows FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_message_windows ON awgp.message_windows IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

REVOKE ALL ON awgp.message_windows FROM PUBLIC;
GRANT SELECT ON awgp.message_windows TO awgp_app;
