CREATE OR REPLACE FUNCTION awgp.doctor_findings(
    OUT code text,
    OUT severity text,
    OUT object text,
    OUT message text,
    OUT hint text
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT finding.code, finding.severity, finding.object, finding.message, finding.hint FROM awgp.doctor() AS finding;
$$;
COMMENT ON FUNCTION awgp.doctor_findings() IS 'What doctor() finds, for a program whose login is no member of a role that may ask it, such as the console. To call it, the owner of the extension must have granted EXECUTE on it. Its findings are about the whole installation: such a program has to see to it who reads them.
SECURITY DEFINER: doctor() reads what applications do not';
REVOKE ALL ON FUNCTION awgp.doctor_findings() FROM PUBLIC;
