-- audit_erasable_values: written by the chain and by erasures alone. ALWAYS, so that
-- session_replication_role does not pass them.
--
-- They fire in this order:
--   before a statement: guard_truncate
--   before a row: guard_erasable

CREATE OR REPLACE TRIGGER guard_erasable BEFORE INSERT OR UPDATE OR DELETE ON awgp.audit_erasable_values
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_erasable('audit_erasable_values');
ALTER TABLE awgp.audit_erasable_values ENABLE ALWAYS TRIGGER guard_erasable;
COMMENT ON TRIGGER guard_erasable ON awgp.audit_erasable_values IS 'Only the chain and a move add values, an erasure removes them, and a month or a family takes its own with it.';

CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON awgp.audit_erasable_values
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_erasable('audit_erasable_values');
ALTER TABLE awgp.audit_erasable_values ENABLE ALWAYS TRIGGER guard_truncate;
COMMENT ON TRIGGER guard_truncate ON awgp.audit_erasable_values IS 'Only an erasure, a move and the end of a month remove values.';
