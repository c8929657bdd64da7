-- The body is the function of the same name in awgp_ext/src/money/functions.rs.
CREATE OR REPLACE FUNCTION awgp.release_credit(
    reservation_id uuid
) RETURNS awgp.credit_reservations
LANGUAGE c VOLATILE SECURITY INVOKER PARALLEL UNSAFE
AS '$libdir/awgp', 'awgp_release_credit';
COMMENT ON FUNCTION awgp.release_credit(uuid) IS 'Gives back what a reservation holds, and returns the reservation. One that is released or expired already is returned as it is.
reservation_id: the reservation
User role: operator
Errors: P0002 unknown_reservation; 55000 reservation_resolved if it is settled; 42501 no_tenant_context, role_not_sufficient';
REVOKE ALL ON FUNCTION awgp.release_credit(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION awgp.release_credit(uuid) TO awgp_app;
