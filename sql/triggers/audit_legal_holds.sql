-- audit_legal_holds: how large what is written may be.
--
-- They fire in this order:
--   before a row: bounds

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.audit_legal_holds
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('audit_legal_holds');
COMMENT ON TRIGGER bounds ON awgp.audit_legal_holds IS 'A value that is larger than docs/limits.md allows is refused.';
