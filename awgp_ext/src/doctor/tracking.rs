//! The doctor's findings about applications' own tables: whether they are tracked as requested.
//!
//! The requests are on record: `track_table()`, `untrack_table()` and new names are events of the
//! installation's chain.

use super::finding::Finding;
use crate::audit::installation;
use crate::audit::rules;
use crate::audit::tracked::Table;
use crate::pg::datum::to_sql;
use crate::pg::relation;
use crate::pg::role;
use awgp_core::audit::tracked::Treatment;
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::Value;

/// Applications' tables that record changes. Each with whether its trigger is unusual, and with the number of
/// its partitions that do not refuse TRUNCATE.
const TRACKED: &str = "
    SELECT tgrelid,
           tgtype <> 29 OR tgqual IS NOT NULL OR cardinality(tgattr::smallint[]) > 0,
           (SELECT count(*) FROM (SELECT tgrelid UNION SELECT relid FROM pg_partition_tree(tgrelid)) AS member (oid)
            JOIN pg_class AS part ON part.oid = member.oid AND part.relkind IN ('r', 'p')
            WHERE NOT EXISTS (SELECT FROM pg_trigger AS refusal
                              WHERE refusal.tgrelid = part.oid AND refusal.tgname = 'awgp_refuse_truncate'))
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgfoid = to_regprocedure('awgp.capture()') AND tgparentid = 0 AND tgname = 'awgp_capture'
      AND relnamespace <> 'awgp'::regnamespace
    ORDER BY tgrelid::regclass::text";

/// Tables that inherit from a tracked one and record nothing: their rows are read and changed through the
/// parent, as its own are.
const CHILDREN: &str = "
    SELECT format('%I.%I', nspname, child.relname)
    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid JOIN pg_namespace ON pg_namespace.oid = child.relnamespace
    WHERE inhparent = $1 AND NOT child.relispartition AND child.relkind = 'r'
      AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = child.oid AND tgname = 'awgp_capture')
    ORDER BY 1";

/// Tables whose last record says that they are tracked, but which record nothing: name, exclude, mask. A
/// table's former names are not checked.
const ASKED: &str = "
    WITH said AS (
        SELECT id, action, after_state, unnest(ARRAY[after_state ->> 'table', after_state ->> 'was']) AS name
        FROM awgp.audit_logs
        WHERE tenant_id = $1 AND entity_type = 'table' AND action IN ('track_table', 'untrack_table', 'rename_table')
    ), last AS (
        SELECT DISTINCT ON (name) name, action, after_state FROM said WHERE name IS NOT NULL ORDER BY name, id DESC
    )
    SELECT name, after_state::text
    FROM last
    WHERE action <> 'untrack_table' AND name = after_state ->> 'table'
      AND EXISTS (
          SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
          WHERE format('%I.%I', nspname, relname) = name AND relkind IN ('r', 'p')
            AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = 'awgp_capture'))
    ORDER BY name";

/// All findings about tracked tables.
pub fn findings() -> Vec<Finding> {
    let mut findings = Vec::new();
    let tracked: Vec<(Option<pg_sys::Oid>, Option<bool>, Option<i64>)> =
        rows(TRACKED, &[], |row| Ok((row.get(1)?, row.get(2)?, row.get(3)?)));
    for (oid, is_odd, open) in tracked {
        let Some(oid) = oid else { continue };
        let table = Table::read(oid, pg_sys::AccessShareLock);
        findings.extend(differs(&table, is_odd == Some(true), open.unwrap_or(0)));
        let children = rows(CHILDREN, &[oid.into()], |row| row.get::<String>(1));
        findings.extend(children.into_iter().flatten().map(|child| Finding {
            code: "tracking_differs",
            severity: "error",
            message: format!(
                "it inherits from {}, which is tracked, but its own changes are not recorded",
                table.name
            ),
            hint: track_again(&child, &hidden(&table)),
            object: child,
        }));
    }
    findings.extend(gone());
    findings
}

/// A table whose trigger is out of date.
fn differs(table: &Table, is_odd: bool, open: i64) -> Option<Finding> {
    let pinned = table.pinned();
    let tracked_as = table.arguments.as_ref().and_then(|arguments| arguments.first());
    let (severity, message) = if is_odd {
        ("error", "its trigger does not record every change".to_owned())
    } else if pinned.is_none() {
        (
            "error",
            "its trigger identifies columns by name: a masked column that is renamed is no longer masked"
                .to_owned(),
        )
    } else if pinned.is_some_and(|pinned| !pinned.agrees(&table.columns)) {
        let message =
            "its columns have changed since it was tracked: every column that may be a masked one is masked";
        ("warning", message.to_owned())
    } else if tracked_as.is_some_and(|name| *name != table.name) {
        ("warning", "it was tracked under another name".to_owned())
    } else if open > 0 {
        ("error", format!("partitions that can be truncated without a record in the audit trail: {open}"))
    } else {
        return None;
    };
    let hint = track_again(&table.name, &hidden(table));
    Some(Finding { code: "tracking_differs", severity, object: table.name.clone(), message, hint })
}

/// Tables that should be tracked but record nothing.
fn gone() -> Vec<Finding> {
    // Without its id the installation has no chain; migration_due reports that.
    if relation::oid(c"audit_logs") == pg_sys::InvalidOid || !relation::has_rows(c"installation") {
        return Vec::new();
    }
    let arguments = [to_sql(installation::id()).into()];
    let asked = role::as_installer_past_row_security(|| {
        rows(ASKED, &arguments, |row| Ok((row.get::<String>(1)?, row.get::<String>(2)?)))
    });
    let finding = |(name, state): (Option<String>, Option<String>)| {
        let (name, state): (String, Value) = (name?, serde_json::from_str(&state?).ok()?);
        let list = |key: &str| -> Vec<String> {
            let names = state[key].as_array().into_iter().flatten();
            names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
        };
        Some(Finding {
            code: "tracking_gone",
            severity: "error",
            message: "it was tracked, but its changes are no longer recorded".to_owned(),
            hint: track_again(
                &name,
                &Asked {
                    exclude: list("exclude"),
                    mask: list("mask"),
                    erasable: list("erasable"),
                    subject: state["subject"].as_str().map(str::to_owned),
                },
            ),
            object: name,
        })
    };
    asked.into_iter().filter_map(finding).collect()
}

/// The options of a table.
struct Asked {
    exclude: Vec<String>,
    mask: Vec<String>,
    erasable: Vec<String>,
    subject: Option<String>,
}

/// The options that are in force at present.
fn hidden(table: &Table) -> Asked {
    let arguments = table.arguments.as_deref().unwrap_or_default();
    let treated = rules::treatments(arguments, table.oid, &table.columns);
    let those = |wanted: Treatment| {
        let columns = table.columns.iter().zip(&treated);
        columns
            .filter(|(_, treatment)| **treatment == wanted)
            .map(|(column, _)| column.name.clone())
            .collect()
    };
    let number = table.pinned().and_then(|pinned| pinned.subject_number(table.oid.to_u32(), &table.columns));
    let subject = table.columns.iter().find(|column| Some(column.number) == number);
    Asked {
        exclude: those(Treatment::Excluded),
        mask: those(Treatment::Masked),
        erasable: those(Treatment::Erasable),
        subject: subject.map(|column| column.name.clone()),
    }
}

fn track_again(name: &str, asked: &Asked) -> String {
    let list = |option: &str, names: &[String]| {
        let names: Vec<String> = names.iter().map(spi::quote_literal).collect();
        if names.is_empty() { String::new() } else { format!(", {option} => ARRAY[{}]", names.join(", ")) }
    };
    let subject = asked.subject.as_ref().filter(|_| !asked.erasable.is_empty());
    format!(
        "SELECT awgp.track_table({}{}{}{}{});",
        spi::quote_literal(name),
        list("exclude", &asked.exclude),
        list("mask", &asked.mask),
        list("erasable", &asked.erasable),
        subject.map(|subject| format!(", subject => {}", spi::quote_literal(subject))).unwrap_or_default()
    )
}

fn rows<T>(
    query: &str,
    arguments: &[pgrx::datum::DatumWithOid<'_>],
    read: impl Fn(spi::SpiHeapTupleData<'_>) -> spi::Result<T>,
) -> Vec<T> {
    Spi::connect(|client| client.select(query, None, arguments)?.map(read).collect::<spi::Result<Vec<T>>>())
        .unwrap_or_else(|error| error!("tracked tables could not be read: {error}"))
}
