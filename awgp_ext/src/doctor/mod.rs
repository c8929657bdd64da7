//! The doctor: what is wrong with this installation.
//!
//! A check is a query in `sql/doctor/` that returns object, message and hint of each finding; its name is
//! the stable code. $1 is the policies and $2 the triggers that the scripts create, $3 what they grant,
//! $4 the roles of their policies and $5 the parts of the structure. Checks run as the caller: they read
//! only catalogs that every role may read.
//!
//! Each check runs on its own, in a subtransaction: one that fails is itself a finding, and the others still
//! run.

mod background;
mod cut;
mod finding;
mod late;
mod people;
mod place;
mod tracking;
pub mod versions;

use crate::context::mode::{self, ContextMode};
use crate::context::outliving;
use crate::install::{STRUCTURE, declared, shape};
use crate::money::verify;
use crate::pg::query;
use crate::pg::relation;
use crate::pg::role;
use crate::pg::subtransaction;
use awgp_core::counted::counted;
use awgp_core::server_release;
use finding::Finding;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys;
use pgrx::prelude::*;

struct Check {
    code: &'static str,
    severity: &'static str,
    query: &'static str,
}

macro_rules! checks {
    ($($severity:ident $code:ident,)+) => {
        &[$(Check {
            code: stringify!($code),
            severity: stringify!($severity),
            query: include_str!(concat!("../../../sql/doctor/", stringify!($code), ".sql")),
        },)+]
    };
}

const CHECKS: &[Check] = checks! {
    error table_gone,
    error column_gone,
    error key_gone,
    warning index_gone,
    error object_gone,
    error rls_disabled,
    error rls_not_forced,
    error policy_missing,
    error trigger_disabled,
    error partition_grant,
    error public_grant,
    error owner,
    error role_missing,
    error role_bypasses_rls,
    error role_owns,
    error schema_create,
    error policy_gone,
    error policy_foreign,
    error policy_open,
    error trigger_gone,
    error guard_missing,
    error definer_search_path,
    error view_definer,
    error private_key,
    error grant_gone,
    error rule_foreign,
    warning partition_missing,
    warning transaction_prepared,
    warning retention_short,
    warning session_context,
    warning autovacuum_off,
    warning dead_rows,
    warning freeze_overdue,
};

/// Checks that read tables. They run as the owner, so that an administrator gets their findings too, and only
/// where the tables exist.
const STATE_CHECKS: &[Check] = checks! {
    error replication_refused,
    warning copy_not_fed,
    warning seal_overdue,
    warning maintenance_overdue,
    warning maintenance_failing,
    warning token_logged,
    warning notices_dead,
    warning stop_in_force,
    warning move_open,
};

/// What is wrong with this installation, one row per finding.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity)] // pgrx reads the columns from the type
fn doctor() -> TableIterator<
    'static,
    (
        name!(code, String),
        name!(severity, String),
        name!(object, String),
        name!(message, String),
        name!(hint, String),
    ),
> {
    let findings = without_ledger()
        .into_iter()
        .chain(alone("ledger_differs", || ledger_differs().into_iter().collect()));
    let rows: Vec<_> = findings
        .map(|finding| {
            (
                finding.code.to_owned(),
                finding.severity.to_owned(),
                finding.object,
                finding.message,
                finding.hint,
            )
        })
        .collect();
    TableIterator::new(rows)
}

/// All checks but that of the ledger, which reads its entries of this month.
pub fn without_ledger() -> Vec<Finding> {
    let declared = [
        declared::policies().into(),
        declared::triggers().into(),
        declared::grants().into(),
        declared::policy_roles().into(),
        shape::parts().into(),
    ];
    let checks = CHECKS.iter().flat_map(|check| alone(check.code, || found(check, &declared)));
    let state = STATE_CHECKS.iter().flat_map(|check| alone(check.code, || state(check, &declared)));
    alone("migration_due", || versions::structure(&STRUCTURE))
        .into_iter()
        .chain(alone("version_differs", || versions::extension().into_iter().collect()))
        .chain(alone("server_minor", || server_minor().collect()))
        .chain(checks)
        .chain(alone("tracking", tracking::findings))
        .chain(state)
        .chain(alone("place", || place::findings().into_iter().collect()))
        .chain(alone("default_partition_rows", || default_partition_rows().into_iter().collect()))
        .chain(alone("trail_cut", cut::trail_cut))
        .chain(alone("notices_late", late::notices_late))
        .chain(alone("glass_broken", || glass_broken().into_iter().collect()))
        .chain(alone("approval_undecidable", || people::approval_undecidable().into_iter().collect()))
        .chain(alone("signed_without_provider", || people::signed_without_provider().into_iter().collect()))
        .chain(alone("trusted_with_provider", || people::trusted_with_provider().into_iter().collect()))
        .chain(alone("provider_names_no_tenant", || people::provider_names_no_tenant().into_iter().collect()))
        .chain(alone("context_mode", || vec![people::mode()]))
        .chain(alone("session_setting", || session_setting().into_iter().collect()))
        .chain(alone("preload", || vec![background::preload()]))
        .collect()
}

/// Runs a check; an error in it is reported as a finding.
fn alone(code: &str, check: impl FnOnce() -> Vec<Finding>) -> Vec<Finding> {
    subtransaction::within(check).unwrap_or_else(|failed| {
        vec![Finding {
            code: "check_failed",
            severity: "error",
            object: format!("check {code}"),
            message: format!("the check failed: {}", failed.message()),
            hint: "SELECT * FROM awgp.doctor(); -- again, after resolving the other findings".to_owned(),
        }]
    })
}

fn state(check: &'static Check, declared: &[DatumWithOid<'_>]) -> Vec<Finding> {
    if relation::oid(c"maintenance_steps") == pg_sys::InvalidOid {
        return Vec::new();
    }
    role::as_installer_past_row_security(|| found(check, declared))
}

/// The server's minor release has a vulnerability in row-level security that a later one fixes.
fn server_minor() -> impl Iterator<Item = Finding> {
    let version: Option<i32> =
        query::one("SELECT current_setting('server_version_num')::integer", &[]).ok().flatten();
    let version = version.unwrap_or_default();
    server_release::open_holes(version).map(move |hole| {
        let major = version / 10_000;
        Finding {
            code: "server_minor",
            severity: "error",
            object: format!("server {major}.{}", version % 10_000),
            message: format!("{}: {}", hole.cve, hole.what),
            hint: match hole.fixed_minor(major) {
                Some(minor) => {
                    format!("Update the server to {major}.{minor} or later, then: SELECT version();")
                }
                None => "Upgrade the server to a supported major version, then: SELECT version();".to_owned(),
            },
        }
    })
}

/// Rows of months without a partition are in the default partition.
fn default_partition_rows() -> Option<Finding> {
    relation::has_rows(c"audit_logs_default").then(|| Finding {
        code: "default_partition_rows",
        severity: "warning",
        object: "awgp.audit_logs_default".to_owned(),
        message: "it contains rows of months that have no partition".to_owned(),
        hint: "SELECT awgp.run_maintenance();".to_owned(),
    })
}

/// Break-glass approvals in the last 30 days. Only their number is reported, not their tenants, because
/// maintainers read the doctor's findings.
fn glass_broken() -> Option<Finding> {
    if relation::oid(c"approvals") == pg_sys::InvalidOid {
        return None;
    }
    let count = role::as_installer_past_row_security(|| {
        query::one::<i64>(
            "SELECT count(*) FROM awgp.approvals
             WHERE break_glass AND approved_at OPERATOR(pg_catalog.>) (clock_timestamp() OPERATOR(pg_catalog.-) interval '30 days')",
            &[],
        )
    });
    let count = count.ok().flatten().filter(|count| *count > 0)?;
    Some(Finding {
        code: "glass_broken",
        severity: "warning",
        object: "awgp.approvals".to_owned(),
        message: format!("{} by break-glass in the last 30 days", counted(count, "approval")),
        hint: "SELECT * FROM awgp.audit_logs WHERE action = 'break_glass' ORDER BY timestamp DESC; -- as an auditor".to_owned(),
    })
}

/// A balance differs from the sum of its entries.
fn ledger_differs() -> Option<Finding> {
    let tables = [
        c"budget_periods",
        c"cost_transactions",
        c"credit_reservations",
        c"provider_credit_pools",
        c"maintenance_steps",
    ];
    // Without its tables there is no ledger to verify; migration_due reports that.
    if tables.iter().any(|table| relation::oid(table) == pgrx::pg_sys::InvalidOid) {
        return None;
    }
    let findings = verify::findings_of_late();
    let first = findings.first()?;
    Some(Finding {
        code: "ledger_differs",
        severity: "error",
        object: "awgp.budget_periods".to_owned(),
        message: format!(
            "balances that differ from the sum of their entries: {}; the first: {}",
            findings.len(),
            first.6
        ),
        hint: "SELECT * FROM awgp.verify_ledger();".to_owned(),
    })
}

/// In trusted mode `app.current_tenant` may be set for the session, which is right only where no pool hands
/// the connection on in between.
fn session_setting() -> Option<Finding> {
    let applies = mode::context_mode() == ContextMode::Trusted && !outliving::refuses_settings_of_sessions();
    let hint = "SELECT format('ALTER DATABASE %I SET awgp.session_context = refused;', current_database())";
    applies.then(|| Finding {
        code: "session_setting",
        severity: "info",
        object: "awgp.session_context".to_owned(),
        message: "app.current_tenant may be set for the session: refuse it behind a pool in transaction mode"
            .to_owned(),
        hint: query::one(hint, &[]).ok().flatten().unwrap_or_default(),
    })
}

fn found(check: &'static Check, declared: &[DatumWithOid<'_>]) -> Vec<Finding> {
    Spi::connect(|client| {
        client
            .select(check.query, None, declared)?
            .map(|row| {
                Ok(Finding {
                    code: check.code,
                    severity: check.severity,
                    object: row.get(1)?.unwrap_or_default(),
                    message: row.get(2)?.unwrap_or_default(),
                    hint: row.get(3)?.unwrap_or_default(),
                })
            })
            .collect::<spi::Result<Vec<_>>>()
    })
    .unwrap_or_else(|error| error!("the check {} failed: {error}", check.code))
}
