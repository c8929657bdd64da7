-- Who may name what is in the schema awgp at all.

REVOKE ALL ON SCHEMA awgp FROM PUBLIC;
GRANT USAGE ON SCHEMA awgp TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
COMMENT ON SCHEMA awgp IS 'AWGP: governance of an AI workforce.';
