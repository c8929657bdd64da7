-- Installing, upgrading, and what is wrong.

COMMENT ON FUNCTION awgp.version() IS 'The version of the extension''s logic.';
GRANT EXECUTE ON FUNCTION awgp.version() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.install(boolean) IS 'Applies what is missing of the structure and returns what it did. force: every policy, trigger, grant and function again, also where its text has not changed. Errors (55000): foreign_objects, structure_too_new.';

COMMENT ON FUNCTION awgp.migrate() IS 'Applies the migrations and scripts that are due and returns what it did. Errors (55000): foreign_objects, structure_too_new.';

COMMENT ON FUNCTION awgp.doctor() IS 'What is wrong with this installation, a row a finding: stable code, severity (error, warning, info), object, message, and a hint with the command to type. No row of severity error means sound.';
GRANT EXECUTE ON FUNCTION awgp.doctor() TO awgp_auditor, awgp_maintainer, awgp_admin;
