//! `awgp.import_seed()`: brings the rows of a database that has the tables of the schema that AWGP was made
//! from, as an application's own migrations made them.
//!
//! Model: [`source`] finds tables and columns, whatever an ORM has made of names and types, and turns each
//! table into a sub-select with the seed's columns. `sql/import/rows/` selects from these the rows as they
//! would stand in AWGP. [`misfits`] evaluates every rule on those rows: AWGP's own constraints, read from
//! the catalog, and what its triggers check (`sql/import/rules/`). If all fit, [`rows`] inserts them
//! through the triggers, which see [`permit`] and keep states as they are, and [`trail`] chains the old
//! audit rows.
//!
//! The trail comes first: within a lane time never runs backwards, and each row that is brought in is an
//! event of the present.
//!
//! Failure handling: everything runs in the caller's transaction; an error leaves nothing behind. A dry run
//! writes nothing.

mod constraints;
mod judge;
mod misfits;
pub mod permit;
mod progress;
mod report;
mod rows;
mod source;
mod trail;

use crate::audit::queue;
use crate::locks::Subject;
use crate::pg::argument;
use crate::pg::encoding::Text;
use crate::pg::lock;
use crate::pg::query;
use crate::pg::raise::raise;
use crate::pg::role::{ActingAs, Purpose};
use crate::pg::transaction::refuse_read_only;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::seed::refusals;
use pgrx::pg_sys;
use pgrx::prelude::*;
use report::{Report, Severity};
use serde_json::json;
use source::Source;

/// The most ids that a report lists of one rule.
const SAMPLE_MAX: i64 = 10_000;

/// Imports, or lists what an import would do and what does not fit.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::type_complexity, reason = "pgrx reads the columns from the type")]
fn import_seed(
    from_schema: default!(Option<Text>, "'public'"),
    dry_run: default!(Option<bool>, "true"),
    sample: default!(Option<i64>, "20"),
) -> TableIterator<
    'static,
    (
        name!(severity, String),
        name!(table_name, String),
        name!(row_id, Option<String>),
        name!(column_name, Option<String>),
        name!(reason, String),
        name!(rows, i64),
        name!(detail, Option<String>),
    ),
> {
    let Text(schema) = argument::needed("from_schema", from_schema);
    let dry_run = argument::needed("dry_run", dry_run);
    let sample = argument::needed("sample", sample);
    if !(0..=SAMPLE_MAX).contains(&sample) {
        let hint = format!("Check sample: it must be 0 to {SAMPLE_MAX}.");
        raise(&Refusal::new(Reason::OutOfRange, "sample is not valid", hint).with("argument", "sample"));
    }
    refuse_others();
    // As the caller, to whom the tables of AWGP and of the application are open as to their owner.
    let acting = ActingAs::oneself(Purpose::PastRowSecurity);
    let mut report = Report::new(usize::try_from(sample).unwrap_or(0));
    if dry_run {
        let source = Source::find(&schema);
        misfits::check(&source, &mut report);
        count(&source, &mut report, "would_be_imported");
    } else {
        refuse_read_only(c"awgp.import_seed()");
        import(&schema, &mut report);
    }
    drop(acting);
    TableIterator::new(report.into_rows())
}

/// Checks everything, then writes everything.
fn import(schema: &str, report: &mut Report) {
    lock::lock_until_commit(Subject::Structure);
    let source = Source::find(schema);
    source.lock();
    misfits::check(&source, report);
    if let Some(first) = report.first_error() {
        raise(&refusals::misfits(schema, report.errors(), first));
    }
    let old = trail::import(&source);
    rows::import(&source);
    let counts = count(&source, report, "imported");
    let summary = json!({ "from_schema": schema, "rows": counts, "trail": old });
    queue::push_installation_event("import_seed", "installation", &summary);
}

/// Adds the number of rows of each table to the report, and returns them.
fn count(source: &Source, report: &mut Report, reason: &str) -> serde_json::Map<String, serde_json::Value> {
    let mut counts = serde_json::Map::new();
    for table in source.tables() {
        // Seals of the old trail are checked; AWGP makes its own.
        let Some(rows) = rows::text_of(source, table.name()) else { continue };
        let number = query::one::<i64>(&format!("SELECT count(*) FROM ({rows}) AS r"), &[]);
        let number = number.unwrap_or_else(|error| error!("{} could not be counted: {error}", table.name()));
        let number = number.unwrap_or(0);
        report.total(Severity::Info, table.name(), reason, number);
        counts.insert(table.name().to_owned(), number.into());
    }
    counts
}

/// Only a superuser, or a role with the privileges of the extension's owner.
fn refuse_others() {
    let owner = query::one::<pg_sys::Oid>(
        "SELECT extowner FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'awgp'",
        &[],
    );
    // SAFETY: reads the catalog and the backend's own state.
    let allowed = unsafe {
        pg_sys::superuser()
            || owner.ok().flatten().is_some_and(|owner| pg_sys::has_privs_of_role(pg_sys::GetUserId(), owner))
    };
    if !allowed {
        raise(&refusals::not_allowed());
    }
}
