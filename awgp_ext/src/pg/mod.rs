//! The edge to PostgreSQL: one mechanism for each job, and nothing of the domain.

pub mod additions; // what an operator has added to a table
pub mod argument; // arguments as SQL passes them, refused by their names
pub mod c_function; // C functions that pgrx does not declare
pub mod catalog; // AWGP's own relations, and where the catalog has them
pub mod clock; // the wall clock, and moments that callers give in its place
pub mod compiled_checks; // CHECKs of our own tables, compiled once a session
pub mod cursor; // queries that are read row by row, in bounded memory
pub mod datum; // values between SQL and Rust
pub mod descriptor; // columns of a row type: numbers and names
pub mod direct; // rows of our own tables, written without a statement
pub mod encoding; // text between the server's encoding and UTF-8
pub mod guc; // parameters of the server, set for a while
pub mod invalidation; // what the server tells of changes in the catalog
pub mod jsonb; // jsonb values outside of the server's memory: read, printed, built
pub mod lock; // advisory locks that meet no application's
pub mod notify; // NOTIFY
pub mod number; // awgp.number: a number as an argument
pub mod outdated; // memory kept for the session, once nothing new uses it
pub mod parameter; // parameters of our own
pub mod permit; // "this write is ours"
pub mod query; // queries that are planned each time, and only read
pub mod raise; // a refusal as an error, a warning, a notice
pub mod relation; // AWGP's own tables, read by their names below SQL
pub mod replication; // workers of logical replication
pub mod role; // as whom the backend acts, and what a role may
pub mod row_function; // C functions that return a row of a table
pub mod row_lock; // rows found and locked below SQL
pub mod scan; // scans below SQL
pub mod server_log; // lines in the server's log
pub mod statement; // statements of our own, planned once a session
pub mod subtransaction; // work that may fail without failing the transaction
pub mod transaction; // how transactions and savepoints end, and what they may
pub mod trigger; // calls of triggers
pub mod tuple; // rows and their columns

/// Called once per backend, before the domains register.
pub fn register() {
    // DETAIL is one line of JSON. Where the server runs with RUST_BACKTRACE, pgrx would append a backtrace to
    // it.
    // SAFETY: a backend has one thread.
    unsafe { std::env::set_var("RUST_LIB_BACKTRACE", "0") };
    catalog::listen();
    compiled_checks::watch();
    direct::watch();
}
