CREATE OR REPLACE FUNCTION awgp.capture() RETURNS trigger LANGUAGE c AS '$libdir/awgp', 'awgp_capture';
COMMENT ON FUNCTION awgp.capture() IS 'AFTER INSERT OR UPDATE OR DELETE … FOR EACH ROW (entity_type, exclude=a,b, mask=c): records the change in the audit trail. On an application''s own table the trigger is made by track_table(), which pins the columns: the second argument. Error 39P01 elsewhere.';
-- Whoever may track a table may make partitions of it, and bring it back from a dump. The function
-- records what happens to the table that it is on, under its own name.
GRANT EXECUTE ON FUNCTION awgp.capture() TO awgp_app, awgp_admin;
