//! The edge to PostgreSQL: one mechanism for each job, and nothing of the domain.

pub mod argument;
pub mod c_function;
pub mod catalog;
pub mod clock;
pub mod datum;
pub mod descriptor;
pub mod encoding;
pub mod guc;
pub mod invalidation;
pub mod jsonb;
pub mod lock;
pub mod notify;
pub mod number;
pub mod parameter;
pub mod permit;
pub mod query;
pub mod raise;
pub mod relation;
pub mod role;
pub mod row_function;
pub mod scan;
pub mod server_log;
pub mod statement;
pub mod subtransaction;
pub mod transaction;
pub mod trigger;
pub mod tuple;

/// Called once per backend, before the domains register.
pub fn register() {
    // DETAIL is one line of JSON. Where the server runs with RUST_BACKTRACE, pgrx would append a backtrace to
    // it.
    // SAFETY: a backend has one thread.
    unsafe { std::env::set_var("RUST_LIB_BACKTRACE", "0") };
    catalog::listen();
}
