-- audit_logs: written by the chain alone. ALWAYS, so that session_replication_role does not pass them.
-- The row trigger is cloned to the partitions; TRUNCATE asks each table's own.
--
-- They fire in this order:
--   before a statement: guard_truncate
--   before a row: guard_audit

CREATE OR REPLACE TRIGGER guard_audit BEFORE INSERT OR UPDATE OR DELETE ON awgp.audit_logs
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_audit('audit_logs');
ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit;
COMMENT ON TRIGGER guard_audit ON awgp.audit_logs IS 'Only AWGP''s own chain appends rows, and no row is changed or deleted.';

CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON awgp.audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_audit('audit_logs');
ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_truncate;
COMMENT ON TRIGGER guard_truncate ON awgp.audit_logs IS 'Only AWGP''s own chain appends rows, and no row is changed or deleted.';

CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON awgp.audit_logs_default
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_audit('audit_logs_default');
ALTER TABLE awgp.audit_logs_default ENABLE ALWAYS TRIGGER guard_truncate;
COMMENT ON TRIGGER guard_truncate ON awgp.audit_logs_default IS 'Only AWGP''s own chain appends rows, and no row is changed or deleted.';
