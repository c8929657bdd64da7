-- Nobody calls a function that was not granted to them.

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA awgp FROM PUBLIC;
