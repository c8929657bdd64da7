//! `set_erasable()`: which columns of AWGP's own tables the trail has in a form that can be erased.
//!
//! The declaration is a row of `awgp.audit_erasable_columns`, not an argument of the trigger: the scripts of
//! an update create the triggers again. It counts for changes that begin after it is committed; writers that
//! run are waited for, so that none of them goes on with what was declared before.

use super::queue;
use crate::pg::argument;
use crate::pg::catalog;
use crate::pg::query::text;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role;
use crate::pg::scan::Condition;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::erasable::{OWN_TABLES, OwnTable, own_table};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::json;
use std::ffi::CString;

/// Replaces what is declared of a table.
const DECLARE: &str = "
    WITH gone AS (
        DELETE FROM awgp.audit_erasable_columns WHERE table_name = $1 AND column_name <> ALL ($2))
    INSERT INTO awgp.audit_erasable_columns (table_name, column_name, declared_by)
    SELECT $1, named, session_user FROM unnest($2) AS named
    ON CONFLICT (table_name, column_name) DO NOTHING";

/// The columns of one of AWGP's own tables that are declared.
pub fn declared(table: &str) -> Vec<String> {
    let mut columns = Vec::new();
    let conditions = [(c"table_name", Condition::Text(table))];
    let index = Some(c"audit_erasable_columns_pkey");
    relation::for_each_where(c"audit_erasable_columns", index, &conditions, |row| {
        columns.extend(row.text(c"column_name"));
    });
    columns
}

/// Declares which columns of one of AWGP's own tables are erasable from now on, in place of what was declared
/// before, and returns them.
///
/// SECURITY DEFINER, because only this function writes the declarations.
#[pg_extern(sql = r#"
CREATE FUNCTION awgp."set_erasable"("table" regclass, "columns" text[])
RETURNS text[] VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path TO pg_catalog, pg_temp
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn set_erasable(table: Option<pg_sys::Oid>, columns: Option<Vec<Option<String>>>) -> Vec<String> {
    refuse_read_only(c"awgp.set_erasable()");
    let oid = argument::needed("table", table);
    let mut columns = argument::texts("columns", argument::needed("columns", columns));
    columns.sort_unstable();
    columns.dedup();
    let table = own(oid);
    if let Some(column) = columns.iter().find(|column| table.column(column).is_none()) {
        raise(&unknown(table, column));
    }
    // As CREATE TRIGGER locks: writers that have read the former declaration end first.
    // SAFETY: the table exists, and the lock is held until the transaction ends.
    unsafe {
        pg_sys::LockRelationOid(oid, pg_sys::ShareRowExclusiveLock.cast_signed());
    }
    let arguments = [text(Some(table.name)), columns.clone().into()];
    let done = role::as_owner_past_row_security(c"audit_logs", || Spi::run_with_args(DECLARE, &arguments));
    if let Err(error) = done {
        error!("the declaration could not be written: {error}");
    }
    // SAFETY: the table is locked. Every session forgets the rules of its trigger.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(oid) };
    let after =
        json!({ "table": format!("awgp.{}", table.name), "erasable": columns, "subject": table.subject });
    queue::push_installation_event("set_erasable", "table", &after);
    columns
}

/// The table of AWGP's own.
fn own(oid: pg_sys::Oid) -> &'static OwnTable {
    let name = relation::name_of(oid);
    let is_own = CString::new(name.as_str()).is_ok_and(|name| catalog::relation_oid(&name) == oid);
    own_table(&name).filter(|_| is_own).unwrap_or_else(|| {
        let tables: Vec<&str> = OWN_TABLES.iter().map(|table| table.name).collect();
        raise(
            &Refusal::new(
                Reason::OutOfRange,
                "table is not valid",
                format!(
                    "Name one of {}. For a table of your own: awgp.track_table(…, erasable => …, subject => …).",
                    tables.join(", ")
                ),
            )
            .with("argument", "table"),
        )
    })
}

fn unknown(table: &OwnTable, column: &str) -> Refusal {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    Refusal::new(
        Reason::OutOfRange,
        "columns is not valid",
        format!("Name columns among {}.", columns.join(", ")),
    )
    .with("argument", "columns")
    .with("table", table.name)
    .with("column", column)
}
