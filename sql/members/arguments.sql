-- Arguments of the functions of sql/functions, checked before they are used.

COMMENT ON FUNCTION awgp.checked_moment(text, timestamptz) IS 'For AWGP itself: the moment, if it is of the years 1 to 9999.
argument: its name, for the error
moment: the moment
Errors: 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.checked_moment(text, timestamptz) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.checked_whole(text, bigint) IS 'For AWGP itself: the number, if it fits into 32 bits.
argument: its name, for the error
number: the number
Errors: 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.checked_whole(text, bigint) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.checked_objects(text, jsonb) IS 'For AWGP itself: the value, if it is an array of objects.
argument: its name, for the error
value: the value
Errors: 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.checked_objects(text, jsonb) TO awgp_app, awgp_admin;
