-- message_sends: a tenant reads its own rows, a holding also those of its direct subsidiaries; written by
-- awgp.authorize_message() alone, so that nobody resets a rate limit.

ALTER TABLE awgp.message_sends ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.message_sends FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_message_sends ON awgp.message_sends;
CREATE POLICY tenant_isolation_message_sends ON awgp.message_sends FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_message_sends ON awgp.message_sends IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

REVOKE ALL ON awgp.message_sends FROM PUBLIC;
GRANT SELECT ON awgp.message_sends TO awgp_app;
