-- Installing, upgrading, and what is wrong.

COMMENT ON FUNCTION awgp.version() IS 'The version of the installed library, such as 0.1.0.';
GRANT EXECUTE ON FUNCTION awgp.version() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.install(boolean) IS 'Makes what is missing of the structure, and returns what it did. CREATE EXTENSION calls it.
force: true applies every policy, trigger, grant, view and function again, and so repairs what somebody dropped. NULL is refused
Errors: 55000 foreign_objects, library_too_old, structure_too_new';

COMMENT ON FUNCTION awgp.migrate() IS 'Applies the migrations and scripts that are due, and returns what it did. Call it after ALTER EXTENSION awgp UPDATE and after restoring an older dump.
Errors: 55000 foreign_objects, library_too_old, structure_too_new; 23514 rows_refused, email_clash';

COMMENT ON FUNCTION awgp.doctor() IS 'What is wrong with this installation: one row for each finding, with a stable code, severity (error, warning, info), object, message, and a hint with the command to type. An installation without a row of severity error is sound.';
GRANT EXECUTE ON FUNCTION awgp.doctor() TO awgp_auditor, awgp_maintainer, awgp_admin;
