//! AWGP, the PostgreSQL extension: the imperative shell around `awgp_core`, one module per domain.

// Pedantic lints that code at the edge to a C server cannot avoid.
#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "PostgreSQL's constants and datums"
)]
#![allow(clippy::cast_ptr_alignment, reason = "nodes and varlenas are palloc'd, aligned for any of them")]
#![allow(clippy::result_large_err, reason = "a refusal is raised immediately")]

mod action; // governed actions: the calls before an assistant acts and after
mod approval; // requesting, deciding, escalating, expiring; delegations
mod assistant; // the state machine of assistants
mod audit; // the audit trail: every change is captured, chained, stored
mod context; // tenant, user and assistant in context, in backend memory
mod doctor; // what is wrong with this installation, as rows
mod ends; // what runs when a transaction or a savepoint ends, in order
mod guard; // the triggers that apply the rules to plain DML
mod identity; // signed mode: verified tokens
mod import; // rows of the seed's own tables, brought in
mod injection; // where tests kill a process; nothing in a release
mod install; // structure: tables, migrations and scripts, outside the extension
mod locks; // the subjects of advisory locks
mod maintenance; // maintenance, step by step; the background worker
mod messaging; // messages between assistants
mod metrics; // numbers for monitoring, over every tenant
mod money; // what calls cost, and what may be spent
mod moving; // a family moves to another installation
mod notices; // what people wait for: the outbox
mod partitions; // the months of the audit trail
mod pg; // the edge to PostgreSQL, without any domain code
mod records; // conversations and hallucination flags
mod report; // a month of a tenant or of all, for people
mod state_machine; // shared by the triggers of the state machines
mod stop; // stops: from the commit of one nothing begins in its scope
mod templates; // templates of assistants
mod tenant_settings; // changing the settings of a tenant, alone or together
mod work; // work items and the gate

#[cfg(feature = "server_tests")]
mod server_tests;
::pgrx::pg_module_magic!(name, version);

// Roles first, because grants name them. Then the functions, and finally what install/manifest.rs lists.
pgrx::extension_sql_file!("../../sql/roles.sql", name = "roles", bootstrap);
pgrx::extension_sql_file!("../../sql/number.sql", name = "number");
pgrx::extension_sql!("SELECT awgp.install();", name = "install", finalize);

/// Runs when the library is loaded: each domain declares its parameters and registers its callbacks.
#[allow(non_snake_case)]
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    pg::register();
    pg::transaction::watch(&ends::WATCHER);
    context::register();
    audit::register();
    approval::notice::define();
    money::accounting_time::define();
    notices::define();
    records::settings::define();
    stop::define();
    money::book::watch();
    moving::register();
    maintenance::register();
}
