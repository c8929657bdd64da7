-- Arguments of the functions of sql/functions, checked before they are used.

COMMENT ON FUNCTION awgp.checked_moment(text, timestamptz) IS 'The moment itself, where it is of the years 1 to 9999; for functions in SQL. argument: its name, for the error. Error 22023 out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.checked_moment(text, timestamptz) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.checked_whole(text, bigint) IS 'The number itself, where 32 bits hold it; for functions in SQL. argument: its name, for the error. Error 22023 out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.checked_whole(text, bigint) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.checked_objects(text, jsonb) IS 'The value itself, where it is an array of objects; for functions in SQL. argument: its name, for the error. Error 22023 out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.checked_objects(text, jsonb) TO awgp_app, awgp_admin;
