//! `track_table()` and `untrack_table()`: the audit trail of an application's own tables.
//!
//! The caller must own the table. The triggers are created as the owner of the audit trail. Their arguments
//! contain all options, so a dump of the table is complete. Masked and excluded columns are pinned there by
//! number and name ([`awgp_core::audit::tracked`]), and [`super::follow`] updates that when the table
//! changes.

use super::follow;
use super::tracked::{CAPTURE, REFUSE_TRUNCATE, Table, as_owner, record};
use crate::pg::argument;
use crate::pg::query;
use crate::pg::raise::raise;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::tracked::{Column, Pinned, Treatment};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::json;

/// Records every insert, update and delete on the table from now on, and returns the table's name. Calling it
/// again replaces the options.
#[pg_extern(sql = r#"
CREATE FUNCTION awgp."track_table"("table" regclass, "exclude" text[] DEFAULT NULL, "mask" text[] DEFAULT NULL, "erasable" text[] DEFAULT NULL, "subject" text DEFAULT NULL)
RETURNS text VOLATILE PARALLEL UNSAFE SET search_path TO pg_catalog, pg_temp
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn track_table(
    table: Option<pg_sys::Oid>,
    exclude: default!(Option<Vec<Option<String>>>, "NULL"),
    mask: default!(Option<Vec<Option<String>>>, "NULL"),
    erasable: default!(Option<Vec<Option<String>>>, "NULL"),
    subject: default!(Option<String>, "NULL"),
) -> String {
    refuse_read_only(c"awgp.track_table()");
    let table = table.unwrap_or(pg_sys::InvalidOid);
    refuse_not_owned(table);
    let columns = |argument: &str, names: Option<Vec<Option<String>>>| {
        argument::texts(argument, names.unwrap_or_default())
    };
    let (exclude, mask) = (columns("exclude", exclude), columns("mask", mask));
    let erasable = columns("erasable", erasable);
    let table = Table::lock(table);
    for column in exclude.iter().chain(&mask).chain(&erasable).chain(&subject) {
        refuse_unknown_column(&table, column);
    }
    refuse_without_tenant(&table);
    refuse_no_subject(&erasable, subject.as_ref(), &[&exclude, &mask]);
    let treatment = |column: &Column| {
        if exclude.contains(&column.name) {
            Treatment::Excluded
        } else if mask.contains(&column.name) {
            Treatment::Masked
        } else if erasable.contains(&column.name) {
            Treatment::Erasable
        } else {
            Treatment::Plain
        }
    };
    let former_names = table.pinned_names();
    let pinned = Pinned::new(table.oid.to_u32(), former_names.clone(), &table.columns, treatment)
        .with_subject(subject.clone());
    as_owner(&[vec![table.capture(&pinned)], table.others()].concat());
    follow::ensure_event_triggers();
    let mut after = json!({ "table": table.name, "exclude": exclude, "mask": mask });
    if !erasable.is_empty() {
        after["erasable"] = erasable.into();
        after["subject"] = subject.into();
    }
    if !former_names.is_empty() {
        after["former_names"] = former_names.into();
    }
    record("track_table", &after);
    table.name
}

/// Stops recording the table, and returns its name. What was recorded stays.
#[pg_extern(sql = r#"
CREATE FUNCTION awgp."untrack_table"("table" regclass)
RETURNS text VOLATILE PARALLEL UNSAFE SET search_path TO pg_catalog, pg_temp
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn untrack_table(table: Option<pg_sys::Oid>) -> String {
    refuse_read_only(c"awgp.untrack_table()");
    let table = table.unwrap_or(pg_sys::InvalidOid);
    refuse_not_owned(table);
    let table = Table::lock(table);
    let mut statements = vec![format!("DROP TRIGGER IF EXISTS {CAPTURE} ON {}", table.name)];
    let partitions = table.parts();
    statements
        .extend(partitions.iter().map(|name| format!("DROP TRIGGER IF EXISTS {REFUSE_TRUNCATE} ON {name}")));
    follow::quietly(|| as_owner(&statements));
    record("untrack_table", &json!({ "table": table.name, "exclude": [], "mask": [] }));
    table.name
}

/// Refuses anything but an ordinary or partitioned table that the caller owns and that is not AWGP's own.
fn refuse_not_owned(table: pg_sys::Oid) {
    let arguments = [table.into()];
    let found = query::one::<bool>(
        "SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                        WHERE pg_class.oid = $1 AND relkind IN ('r', 'p')
                          AND nspname NOT IN ('awgp', 'pg_catalog', 'information_schema')
                          AND pg_has_role(current_user, relowner, 'USAGE'))",
        &arguments,
    );
    if found != Ok(Some(true)) {
        raise(&Refusal::new(
            Reason::NotTrackable,
            "the table cannot be tracked",
            "Name an ordinary or partitioned table that you own and that is not AWGP's own.",
        ));
    }
}

fn refuse_without_tenant(table: &Table) {
    let arguments = [table.oid.into()];
    let has_tenant = query::one::<bool>(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1 AND attname = 'tenant_id'
                        AND atttypid = 'uuid'::regtype AND attnotnull AND NOT attisdropped)",
        &arguments,
    );
    if has_tenant != Ok(Some(true)) {
        let name = &table.name;
        raise(
            &Refusal::new(
                Reason::NotTrackable,
                "the table has no NOT NULL column tenant_id of type uuid",
                format!(
                    "Add the column: ALTER TABLE {name} ADD COLUMN tenant_id uuid NOT NULL REFERENCES awgp.tenants (id);"
                ),
            )
            .with("table", name.as_str()),
        );
    }
}

/// A value that nobody can find is never erased, and a subject that is hidden would stand beside it.
fn refuse_no_subject(erasable: &[String], subject: Option<&String>, hidden: &[&[String]]) {
    let problem = match subject {
        None if erasable.is_empty() => return,
        None => "erasable columns need a subject: the column that says whose the values of a row are",
        Some(_) if erasable.is_empty() => "a subject is for erasable columns, and there are none",
        Some(subject) if hidden.iter().any(|names| names.contains(subject)) => {
            "the subject must not be excluded or masked"
        }
        Some(_) => match erasable.iter().find(|name| hidden.iter().any(|names| names.contains(name))) {
            None => return,
            Some(_) => "a column is erasable, or it is excluded or masked",
        },
    };
    raise(
        &Refusal::new(
            Reason::OutOfRange,
            "subject is not valid",
            format!("{problem}: SELECT awgp.track_table('shop.customers', erasable => '{{email}}', subject => 'id');"),
        )
        .with("argument", "subject"),
    )
}

fn refuse_unknown_column(table: &Table, name: &str) {
    if !table.columns.iter().any(|column| column.name == name) {
        raise(
            &Refusal::new(
                Reason::UnknownColumn,
                "the table has no column of this name",
                "Check the spelling of the column's name.",
            )
            .with("table", table.name.as_str())
            .with("column", name),
        );
    }
}
