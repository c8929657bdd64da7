//! AWGP, the PostgreSQL extension: the imperative shell around `awgp_core`, a module a domain.

// Pedantic lints that the edge to a C server meets everywhere.
#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "PostgreSQL's constants and datums"
)]
#![allow(clippy::cast_ptr_alignment, reason = "nodes and varlenas are palloc'd, aligned for any of them")]
#![allow(clippy::result_large_err, reason = "a refusal is raised at once, once")]

mod action; // governed actions: before an assistant acts, and after
mod approval; // asking, deciding, escalating, expiring; delegations
mod assistant; // the state machine of assistants
mod audit; // every change: captured, chained, kept
mod context; // who is asking: tenant, user and assistant, in backend memory
mod doctor; // what is wrong with this installation, as rows
mod ends; // what happens when a transaction or a savepoint ends, in order
mod guard; // the triggers that hold plain DML to the rules
mod identity; // signed mode: verified tokens
mod install; // structure: tables, migrations and scripts, outside of the extension
mod locks; // what advisory locks are about
mod maintenance; // everything that is due, step by step; the background worker
mod messaging; // what assistants may say to each other
mod money; // what calls cost, and what may be spent
mod partitions; // the months of the audit trail
mod pg; // the edge to PostgreSQL, and nothing of the domain
mod records; // conversations and hallucination flags
mod state_machine; // what the triggers of the state machines share
mod templates; // what assistants are made from
mod work; // work items and the gate

#[cfg(any(test, feature = "pg_test"))]
mod pg_tests;
#[cfg(test)]
pub use pg_tests::pg_test;
::pgrx::pg_module_magic!(name, version);

// Roles first: the grants below name them. Then the functions, the trigger functions, what policies are made
// of, what may be called by whom, and at last the structure, which stands outside of the extension.
pgrx::extension_sql_file!("../../sql/roles.sql", name = "roles", bootstrap);
pgrx::extension_sql_file!("../../sql/number.sql", name = "number");
pgrx::extension_sql_file!("../../sql/triggers/functions.sql", name = "trigger_functions");
pgrx::extension_sql_file!("../../sql/visibility.sql", name = "visibility");
pgrx::extension_sql_file!("../../sql/members.sql", name = "members", finalize);

/// Runs when the library is loaded: each domain declares its parameters, and what it listens for.
#[allow(non_snake_case)]
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    pg::register();
    pg::transaction::watch(&ends::WATCHER);
    context::register();
    audit::register();
    approval::notice::define();
    money::accounting_time::define();
    records::settings::define();
    maintenance::register();
}
