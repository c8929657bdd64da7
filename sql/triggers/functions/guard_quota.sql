CREATE OR REPLACE FUNCTION awgp.guard_quota() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_guard_quota';
COMMENT ON FUNCTION awgp.guard_quota() IS 'AFTER INSERT or UPDATE … REFERENCING new_rows and old_rows, FOR EACH STATEMENT (table): refuses more active users or assistants than the tenant''s quota (53400, quota_exceeded).';
