-- Who may use the schema awgp.

REVOKE ALL ON SCHEMA awgp FROM PUBLIC;
GRANT USAGE ON SCHEMA awgp TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin, awgp_monitor, awgp_notifier;
COMMENT ON SCHEMA awgp IS 'AWGP: governance of an AI workforce.';
