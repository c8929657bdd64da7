-- The type awgp.number: its functions are made in sql/number.sql.

GRANT EXECUTE ON FUNCTION awgp.number(smallint) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.number(integer) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.number(bigint) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.number(real) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.number(double precision) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
