//! AWGP, the PostgreSQL extension.
::pgrx::pg_module_magic!();
