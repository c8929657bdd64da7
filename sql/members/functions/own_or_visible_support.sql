CREATE OR REPLACE FUNCTION awgp.own_or_visible_support(internal) RETURNS internal LANGUAGE c STRICT
    AS '$libdir/awgp', 'awgp_own_or_visible_support';
COMMENT ON FUNCTION awgp.own_or_visible_support(internal) IS 'For AWGP itself: tells the planner which argument of own_or_visible() the context in force needs.';
