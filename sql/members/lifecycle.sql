-- Installing, upgrading, and what is wrong.

COMMENT ON FUNCTION awgp.version() IS 'The version of the installed library, such as 0.1.0.';
GRANT EXECUTE ON FUNCTION awgp.version() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin, awgp_monitor;

COMMENT ON FUNCTION awgp.install(boolean) IS 'Makes what is missing of the structure, and returns what it did. CREATE EXTENSION calls it.
force: true applies every policy, trigger, grant, view and function again, and so repairs what somebody dropped. NULL is refused
Errors: 55000 foreign_objects, library_too_old, structure_too_new';

COMMENT ON FUNCTION awgp.migrate() IS 'Applies the migrations and scripts that are due, and returns what it did. ALTER EXTENSION awgp UPDATE calls it; call it after restoring an older dump.
Errors: 55000 foreign_objects, library_too_old, structure_too_new; 23514 rows_refused, email_clash';

COMMENT ON FUNCTION awgp.doctor() IS 'What is wrong with this installation: one row for each finding, with a stable code, severity (error, warning, info), object, message, and a hint with the command to type. An installation without a row of severity error is sound.';
GRANT EXECUTE ON FUNCTION awgp.doctor() TO awgp_auditor, awgp_maintainer, awgp_admin;
-- JIT seldom saves what it costs in statements that run once.
ALTER FUNCTION awgp.doctor() SET jit = off;

COMMENT ON FUNCTION awgp.restored() IS 'Whether the identity of this installation is at home in this database: install_id; restored is true in another database than the remembered one, as after restoring a dump; promoted is true on another timeline of the same server, as after a failover; is_copy; and both places. Nothing is known of a standby.';
GRANT EXECUTE ON FUNCTION awgp.restored() TO awgp_auditor, awgp_maintainer, awgp_admin;

COMMENT ON FUNCTION awgp.keep_identity() IS 'Says that this database is the original and no other one with its install id is written to: remembers the place, and returns whether it was another one. For the owner of the extension.
Errors: 55000 installation_is_copy';

COMMENT ON FUNCTION awgp.adopt(text) IS 'Gives a copy that is used beside its original an install id of its own, and returns it. The trail up to this point verifies as before; what follows can never be taken for the original''s. Waits for open writers of the trail. For the owner of the extension.
reason: why, in words, at most 1000 bytes
Errors: 22023 reason_required, out_of_range; 55000 installation_is_copy; 40001 trail_busy';

COMMENT ON FUNCTION awgp.become_copy(uuid, text) IS 'Makes a new database a copy of another installation, which only its subscription writes, and returns the install id. For the owner of the extension; there is no way back.
install_id: the original''s, from awgp.installation
subscription: the name of the subscription that will bring the trail
Errors: 55000 installation_in_use';
