//! What is wrong with this installation.
//!
//! A check is a query in `sql/doctor/` that returns object, message and hint of each finding; its name is the
//! stable code. Read as the caller: nothing here needs more than the catalogs, which everybody may read.

use crate::install;
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
            query: include_str!(concat!("../../sql/doctor/", stringify!($code), ".sql")),
        },)+]
    };
}

const CHECKS: &[Check] = checks! {
    error rls_disabled,
    error rls_not_forced,
    error policy_missing,
    error trigger_disabled,
    error partition_grant,
    error public_grant,
    error owner,
    error role_missing,
    warning partition_missing,
};

struct Finding {
    code: &'static str,
    severity: &'static str,
    object: String,
    message: String,
    hint: String,
}

/// What is wrong with this installation, a row a finding.
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
    let findings = migration_due().into_iter().chain(CHECKS.iter().flat_map(found));
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

/// The structure is older than the logic: after an update, or an old dump restored under a newer version.
fn migration_due() -> Option<Finding> {
    let due = install::due();
    let first = due.first()?;
    Some(Finding {
        code: "migration_due",
        severity: "error",
        object: "schema awgp".to_owned(),
        message: format!("{} migrations or scripts are not applied, the first is {first}", due.len()),
        hint: "SELECT awgp.migrate();".to_owned(),
    })
}

fn found(check: &'static Check) -> Vec<Finding> {
    Spi::connect(|client| {
        client
            .select(check.query, None, &[])?
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
