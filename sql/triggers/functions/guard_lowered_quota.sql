CREATE OR REPLACE FUNCTION awgp.guard_lowered_quota() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_lowered_quota';
COMMENT ON FUNCTION awgp.guard_lowered_quota() IS 'AFTER UPDATE … FOR EACH ROW (table): refuses to lower a quota below what is active (53400, quota_in_use).';
