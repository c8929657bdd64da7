-- hallucination_flags: as the others, but a flag is reviewed, not deleted.

ALTER TABLE awgp.hallucination_flags ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.hallucination_flags FORCE ROW LEVEL SECURITY;
-- Here, not in sql/tables/: the default is a function of the extension, dropped and made again with it.
ALTER TABLE awgp.hallucination_flags ALTER COLUMN tenant_id SET DEFAULT awgp.current_tenant();

DROP POLICY IF EXISTS tenant_isolation_hallucination_flags ON awgp.hallucination_flags;
CREATE POLICY tenant_isolation_hallucination_flags ON awgp.hallucination_flags FOR SELECT
    USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()),
        tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
COMMENT ON POLICY tenant_isolation_hallucination_flags ON awgp.hallucination_flags IS 'Rows of the tenant in context and, for a holding, of its direct active subsidiaries.';

DROP POLICY IF EXISTS own_tenant_insert ON awgp.hallucination_flags;
CREATE POLICY own_tenant_insert ON awgp.hallucination_flags FOR INSERT
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_insert ON awgp.hallucination_flags IS 'Rows of the tenant in context.';

DROP POLICY IF EXISTS own_tenant_update ON awgp.hallucination_flags;
CREATE POLICY own_tenant_update ON awgp.hallucination_flags FOR UPDATE
    USING (tenant_id = (SELECT awgp.current_tenant()))
    WITH CHECK (tenant_id = awgp.current_tenant());
COMMENT ON POLICY own_tenant_update ON awgp.hallucination_flags IS 'Rows of the tenant in context.';

REVOKE ALL ON awgp.hallucination_flags FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE ON awgp.hallucination_flags TO awgp_app;
