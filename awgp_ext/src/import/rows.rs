//! Inserts the rows, a table after the other, through AWGP's triggers.
//!
//! Large tables are inserted in parts, because a statement remembers each of its rows until its AFTER
//! triggers have fired. A part is a range of pages of the table it is read from.

use super::constraints;
use super::permit::IMPORT;
use super::progress::tell;
use super::source::{Source, SourceTable};
use crate::money::permit::LEDGER;
use crate::pg::query;
use crate::pg::relation;
use pgrx::prelude::*;
use std::ffi::CString;

/// The rows of each table as they would stand in AWGP, in the order of their references.
pub const ROWS: &[(&str, &str)] = &[
    ("tenants", include_str!("../../../sql/import/rows/tenants.sql")),
    ("users", include_str!("../../../sql/import/rows/users.sql")),
    ("assistant_templates", include_str!("../../../sql/import/rows/assistant_templates.sql")),
    ("assistants", include_str!("../../../sql/import/rows/assistants.sql")),
    ("work_items", include_str!("../../../sql/import/rows/work_items.sql")),
    ("approvals", include_str!("../../../sql/import/rows/approvals.sql")),
    ("approval_delegations", include_str!("../../../sql/import/rows/approval_delegations.sql")),
    ("communication_policies", include_str!("../../../sql/import/rows/communication_policies.sql")),
    ("provider_credit_pools", include_str!("../../../sql/import/rows/provider_credit_pools.sql")),
    ("cost_transactions", include_str!("../../../sql/import/rows/cost_transactions.sql")),
    ("conversation_logs", include_str!("../../../sql/import/rows/conversation_logs.sql")),
    ("hallucination_flags", include_str!("../../../sql/import/rows/hallucination_flags.sql")),
    ("audit_logs", include_str!("../../../sql/import/rows/audit_logs.sql")),
];

/// What follows from the entries: text, and the table that it writes.
const LEDGER_STEPS: [(&str, &str); 3] = [
    (include_str!("../../../sql/import/ledger/periods.sql"), "budget_periods"),
    (include_str!("../../../sql/import/ledger/pools.sql"), "budget_periods"),
    (include_str!("../../../sql/import/ledger/balances.sql"), "provider_credit_pools"),
];

/// How many rows a statement inserts, about.
const PART: i64 = 20_000;

/// The rows of a table as they would stand in AWGP; None for a table that is not imported.
pub fn text_of(source: &Source, table: &str) -> Option<String> {
    let (name, text) = ROWS.iter().find(|(name, _)| *name == table)?;
    // A table that the schema lacks counts as empty.
    let own = format!("seed.{name}");
    Some(source.query(&text.replace("seed.rows", &own), ""))
}

/// Inserts everything but the trail.
pub fn import(source: &Source) {
    for (name, text) in ROWS.iter().filter(|(name, _)| *name != "audit_logs") {
        let Some(table) = source.named(name) else { continue };
        if *name == "tenants" {
            parents_first(source, table, text);
        } else {
            in_parts(source, table, text);
        }
    }
    for (text, table) in LEDGER_STEPS {
        let _ledger = LEDGER.hold();
        write(table, &source.query(text, ""));
    }
}

/// Tenants: a parent is there before its subsidiaries.
fn parents_first(source: &Source, table: &SourceTable, text: &str) {
    let rows = source.query(text, &table.rows());
    let condition =
        "(r.parent_tenant_id IS NULL OR r.parent_tenant_id IN (SELECT h.id FROM awgp.tenants AS h))
                     AND NOT EXISTS (SELECT FROM awgp.tenants AS h WHERE h.id = r.id)";
    let sql = insert(table.name(), &rows, condition);
    while write(table.name(), &sql) > 0 {}
}

fn in_parts(source: &Source, table: &SourceTable, text: &str) {
    let count = number(&format!("SELECT count(*) FROM {}", table.relation()));
    if count == 0 {
        return;
    }
    if !table.has_pages() || count <= PART {
        let rows = source.query(text, &table.rows());
        write(table.name(), &insert(table.name(), &rows, "true"));
        tell("imported", table.name(), count, Some(count));
        return;
    }
    let relation = spi::quote_literal(table.relation());
    let pages = number(&format!(
        "SELECT pg_relation_size({relation}::regclass) / current_setting('block_size')::bigint"
    ));
    let step = (pages.saturating_mul(PART) / count).max(1);
    let (mut first, mut done) = (0, 0);
    while first < pages {
        let rows = source.query(text, &table.rows_of_pages(first, first + step));
        done += write(table.name(), &insert(table.name(), &rows, "true"));
        tell("imported", table.name(), i64::try_from(done).unwrap_or(i64::MAX), Some(count));
        first += step;
    }
}

fn insert(table: &str, rows: &str, condition: &str) -> String {
    let columns: Vec<String> = constraints::columns_of(rows).iter().map(spi::quote_identifier).collect();
    let columns = columns.join(", ");
    let table = spi::quote_qualified_identifier("awgp", table);
    format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM ({rows}) AS r WHERE {condition}")
}

/// Runs a statement that writes a table; returns the number of rows.
fn write(table: &str, sql: &str) -> usize {
    let name = CString::new(table).unwrap_or_default();
    let _import = IMPORT.hold_for(relation::existing(&name));
    let written = Spi::connect_mut(|client| client.update(sql, None, &[]).map(|rows| rows.len()));
    written.unwrap_or_else(|error| error!("awgp.{table} could not be written: {error}"))
}

fn number(sql: &str) -> i64 {
    query::one::<i64>(sql, &[])
        .unwrap_or_else(|error| error!("rows could not be counted: {error}"))
        .unwrap_or(0)
}
