//! AWGP, the PostgreSQL extension: the imperative shell around `awgp_core`.
//!
//! | module | what it is |
//! |---|---|
//! | [`context`] | who is asking: tenant, user and assistant, in backend memory |
//! | [`identity`] | signed mode: verified tokens |
//! | [`audit`] | every change: captured, chained, kept |
//! | [`guard`] | the triggers that hold plain DML to the rules |
//! | [`bounds`] | how large what clients write may be |
//! | [`action`] | governed actions: before an assistant acts, and after |
//! | [`messaging`] | what assistants may say to each other |
//! | [`templates`] | what assistants are made from |
//! | [`work`], [`assistant`], [`machine`] | the state machines, the gate, and who decides |
//! | [`tenant_settings`] | the settings of a tenant, judged when they are written |
//! | [`quota`] | how many users and assistants a tenant may have |
//! | [`records`] | conversations and hallucination flags |
//! | [`references`] | references that a foreign key cannot say |
//! | [`money`] | what calls cost |
//! | [`install`] | structure: migrations and scripts, applied outside of the extension |
//! | [`partitions`] | the months of the audit trail |
//! | [`maintenance`] | everything that is due, step by step |
//! | [`doctor`] | what is wrong with this installation, as rows |
//! | [`settings`] | configuration parameters |
//! | [`argument`], [`catalog`], [`query`], [`raise`], [`relation`], [`jsonb`], [`encoding`], [`lock`], [`number`], [`patience`], [`clock`], [`server_log`], [`statement`], [`datum_statement`], [`c_function`], [`row_function`], [`transaction`], [`subtransaction`], [`trigger`] | the edges to PostgreSQL |

// Pedantic lints that the edge to a C server meets everywhere.
#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "PostgreSQL's constants and datums"
)]
#![allow(clippy::cast_ptr_alignment, reason = "nodes and varlenas are palloc'd, aligned for any of them")]
#![allow(clippy::result_large_err, reason = "a refusal is raised at once, once")]

mod action;
mod approval;
mod argument;
mod assistant;
mod audit;
mod bounds;
mod c_function;
mod catalog;
mod clock;
mod context;
mod datum_statement;
mod doctor;
mod encoding;
mod guard;
mod identity;
mod install;
mod jsonb;
mod lock;
mod machine;
mod maintenance;
mod messaging;
mod money;
mod number;
mod partitions;
mod patience;
mod query;
mod quota;
mod raise;
mod records;
mod references;
mod relation;
mod row_function;
mod server_log;
mod settings;
mod statement;
mod subtransaction;
mod templates;
mod tenant_settings;
mod transaction;
mod trigger;
mod work;

::pgrx::pg_module_magic!(name, version);

// Roles first: grants name them. Then the functions, and at last what install/manifest.rs lists.
pgrx::extension_sql_file!("../../sql/roles.sql", name = "roles", bootstrap);
pgrx::extension_sql_file!("../../sql/number.sql", name = "number");
pgrx::extension_sql!("SELECT awgp.install();", name = "install", finalize);

/// Runs when the library is loaded: parameters, and what ends a context.
#[allow(non_snake_case)]
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    // DETAIL is one line of JSON: where the server was started with RUST_BACKTRACE, pgrx would append to it.
    // SAFETY: a backend has one thread.
    unsafe { std::env::set_var("RUST_LIB_BACKTRACE", "0") };
    settings::define();
    transaction::register_callbacks();
    context::session::watch_for_reset();
    maintenance::background::register();
}

#[cfg(any(test, feature = "pg_test"))]
mod pg_tests;

/// What `cargo pgrx test` asks of the crate's root.
#[cfg(test)]
pub mod pg_test {
    /// One-off initialisation: none is needed.
    pub fn setup(_options: Vec<&str>) {}

    /// Settings that the tests' server starts with: none is needed.
    #[must_use]
    pub fn postgresql_conf_options() -> Vec<&'static str> {
        vec![]
    }
}
