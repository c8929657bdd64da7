-- users: a tenant reads and writes its own rows; a holding also reads those of its direct subsidiaries.

ALTER TABLE awgp.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.users FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.users ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

-- This too: its key is a function of the extension. Rows that clash were reported before, by name.
CREATE UNIQUE INDEX IF NOT EXISTS users_tenant_id_email_key_key ON awgp.users (tenant_id, awgp.email_key(email));
COMMENT ON INDEX awgp.users_tenant_id_email_key_key IS 'An e-mail address names one user of a tenant, in any upper and lower case and Unicode form.';

DROP POLICY IF EXISTS tenant_isolation_users ON awgp.users;
CREATE POLICY tenant_isolation_users ON awgp.users FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_users ON awgp.users IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.users;
CREATE POLICY own_tenant_insert ON awgp.users FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.users IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_update ON awgp.users;
CREATE POLICY own_tenant_update ON awgp.users FOR UPDATE
    USING (tenant_id = (SELECT awgp.current_tenant()))
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_update ON awgp.users IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_delete ON awgp.users;
CREATE POLICY own_tenant_delete ON awgp.users FOR DELETE
    USING (tenant_id = (SELECT awgp.current_tenant()));
COMMENT ON POLICY own_tenant_delete ON awgp.users IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.users FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.users TO awgp_app;

-- Administrators make the first users of a tenant, before anybody can be in context there.
DROP POLICY IF EXISTS administrators_select ON awgp.users;
CREATE POLICY administrators_select ON awgp.users FOR SELECT TO awgp_admin USING (true);
COMMENT ON POLICY administrators_select ON awgp.users IS 'Members of awgp_admin read every tenant''s users.';

DROP POLICY IF EXISTS administrators_insert ON awgp.users;
CREATE POLICY administrators_insert ON awgp.users FOR INSERT TO awgp_admin WITH CHECK (true);
COMMENT ON POLICY administrators_insert ON awgp.users IS 'Members of awgp_admin make users of any tenant.';

DROP POLICY IF EXISTS administrators_update ON awgp.users;
CREATE POLICY administrators_update ON awgp.users FOR UPDATE TO awgp_admin USING (true) WITH CHECK (true);
COMMENT ON POLICY administrators_update ON awgp.users IS 'Members of awgp_admin change users of any tenant.';

GRANT SELECT, INSERT, UPDATE ON awgp.users TO awgp_admin;
