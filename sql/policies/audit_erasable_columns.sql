-- audit_erasable_columns: everybody who works with the trail reads it; written by set_erasable() alone.

ALTER TABLE awgp.audit_erasable_columns ENABLE ROW LEVEL SECURITY;
ALTER TABLE awgp.audit_erasable_columns FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS in_context_select ON awgp.audit_erasable_columns;
CREATE POLICY in_context_select ON awgp.audit_erasable_columns FOR SELECT TO awgp_app
    USING ((SELECT awgp.own_tenant()) IS NOT NULL);
COMMENT ON POLICY in_context_select ON awgp.audit_erasable_columns IS 'A tenant in context reads what is declared.';

DROP POLICY IF EXISTS keepers_select ON awgp.audit_erasable_columns;
CREATE POLICY keepers_select ON awgp.audit_erasable_columns FOR SELECT TO awgp_auditor, awgp_admin USING (true);
COMMENT ON POLICY keepers_select ON awgp.audit_erasable_columns IS 'Auditors and members of awgp_admin read what is declared.';

REVOKE ALL ON awgp.audit_erasable_columns FROM PUBLIC;
GRANT SELECT ON awgp.audit_erasable_columns TO awgp_app, awgp_auditor, awgp_admin;
