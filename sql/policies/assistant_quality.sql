-- assistant_quality: a view that reads with the caller's rights, so the policies of its tables are its own.

REVOKE ALL ON awgp.assistant_quality FROM PUBLIC;
GRANT SELECT ON awgp.assistant_quality TO awgp_app;
