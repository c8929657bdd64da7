//! What does not fit, row by row: every rule is evaluated on the rows as they would stand in AWGP.

use super::constraints::{self, Condition, Reference, Unique};
use super::progress::tell;
use super::report::{Report, Severity};
use super::rows::{self, ROWS};
use super::source::{Source, SourceTable};
use crate::pg::cursor;
use crate::pg::query;
use crate::pg::raise::raise;
use awgp_core::seed::refusals;
use pgrx::prelude::*;

/// Rules that AWGP's triggers check, and what else there is to say, by the table they are about. Each query
/// returns row_id, column_name, reason, detail and severity.
const RULES: &[(&str, &str)] = &[
    ("tenants", include_str!("../../../sql/import/rules/tenants.sql")),
    ("assistant_templates", include_str!("../../../sql/import/rules/assistant_templates.sql")),
    ("approvals", include_str!("../../../sql/import/rules/approvals.sql")),
    ("communication_policies", include_str!("../../../sql/import/rules/communication_policies.sql")),
    ("provider_credit_pools", include_str!("../../../sql/import/rules/provider_credit_pools.sql")),
    ("cost_transactions", include_str!("../../../sql/import/rules/cost_transactions.sql")),
    ("conversation_logs", include_str!("../../../sql/import/rules/conversation_logs.sql")),
    ("hallucination_flags", include_str!("../../../sql/import/rules/hallucination_flags.sql")),
    ("audit_logs", include_str!("../../../sql/import/rules/audit_logs.sql")),
    ("audit_log_integrity", include_str!("../../../sql/import/rules/audit_log_integrity.sql")),
];

/// Checks every row of every table.
pub fn check(source: &Source, report: &mut Report) {
    refuse_repetition(source);
    for remark in &source.remarks {
        let severity = if remark.is_error { Severity::Error } else { Severity::Warning };
        let detail = Some(remark.detail.clone());
        report.add(severity, remark.table, None, remark.column.clone(), remark.reason, detail);
    }
    for table in source.tables() {
        tell("checking", table.name(), 0, None);
        let readable = check_reading(table, report);
        if let Some((_, text)) = ROWS.iter().find(|(name, _)| *name == table.name()) {
            check_rows(source, table, text, report);
        }
        // A row that cannot be read is not compared further.
        if readable && let Some((_, text)) = RULES.iter().find(|(name, _)| *name == table.name()) {
            run(report, table.name(), &source.query(text, &table.rows()));
        }
    }
}

/// Refuses where every tenant is here: this is a second import.
fn refuse_repetition(source: &Source) {
    let sql = "SELECT count(*) FROM seed.tenants AS t WHERE NOT EXISTS (SELECT FROM awgp.tenants AS h WHERE h.id = t.id)";
    let number = |sql: &str| query::one::<i64>(&source.query(sql, ""), &[]).ok().flatten().unwrap_or(0);
    let all = number("SELECT count(*) FROM seed.tenants AS t");
    if all > 0 && number(sql) == 0 {
        raise(&refusals::already_imported(source.schema(), all));
    }
}

/// Values that do not have the type they should; true where there are none.
fn check_reading(table: &SourceTable, report: &mut Report) -> bool {
    let before = report.errors();
    for (column, condition) in table.unreadable() {
        let sql = format!(
            "SELECT {}, {}, 'unreadable', NULL::text, 'error' FROM {} WHERE {condition}",
            table.key_as_found(),
            spi::quote_literal(column),
            table.relation()
        );
        run(
            report,
            table.name(),
            &format!("SELECT * FROM ({sql}) AS r (row_id, column_name, reason, detail, severity)"),
        );
    }
    report.errors() == before
}

fn check_rows(source: &Source, table: &SourceTable, text: &str, report: &mut Report) {
    let rows = source.query(text, &table.rows());
    let columns = constraints::columns_of(&rows);
    let conditions = constraints::conditions(table.name(), &columns);
    run(report, table.name(), &scan(&rows, &conditions));
    // Ids of the trail have rules of their own.
    if table.name() == "audit_logs" {
        return;
    }
    for unique in constraints::uniques(table.name(), &columns) {
        run(report, table.name(), &duplicates(&rows, &unique));
        run(report, table.name(), &taken(&rows, table.name(), &unique));
    }
    for reference in constraints::references(table.name(), &columns) {
        if let Some(referred) = rows::text_of(source, &reference.table) {
            run(report, table.name(), &dangling(&rows, &referred, &reference));
        }
    }
}

/// One scan for all conditions on single rows.
fn scan(rows: &str, conditions: &[Condition]) -> String {
    let any: Vec<String> = conditions.iter().map(|condition| format!("({})", condition.sql)).collect();
    let each: Vec<String> = conditions
        .iter()
        .map(|condition| {
            let detail = condition.detail.as_ref().map_or("NULL".to_owned(), spi::quote_literal);
            let column = spi::quote_literal(&condition.column);
            format!("({column}, '{}', {detail}::text, {})", condition.reason, condition.sql)
        })
        .collect();
    format!(
        "SELECT r.id::text AS row_id, fails.column_ AS column_name, fails.rule_ AS reason, fails.detail_ AS detail,
                'error' AS severity
         FROM (SELECT * FROM ({rows}) AS r WHERE {}) AS r
         CROSS JOIN LATERAL (VALUES {}) AS fails (column_, rule_, detail_, fails_)
         WHERE fails.fails_",
        any.join(" OR "),
        each.join(", ")
    )
}

fn keyed(from: &str, unique: &Unique) -> String {
    let keys = unique.keys.iter().enumerate().map(|(place, key)| format!("({key}) AS key_{place}"));
    let keys: Vec<String> = keys.collect();
    let condition = unique.condition.as_ref().map(|sql| format!(" WHERE {sql}")).unwrap_or_default();
    format!("SELECT id, {} FROM {from}{condition}", keys.join(", "))
}

fn reported(column: &str, reason: &str, detail: &str) -> String {
    format!(
        "s.id::text AS row_id, {} AS column_name, '{reason}' AS reason, {} AS detail, 'error' AS severity",
        spi::quote_literal(column),
        spi::quote_literal(detail)
    )
}

/// Rows that have the same key.
fn duplicates(rows: &str, unique: &Unique) -> String {
    let keys: Vec<String> = (0..unique.keys.len()).map(|place| format!("key_{place}")).collect();
    let present: Vec<String> = keys.iter().map(|key| format!("{key} IS NOT NULL")).collect();
    format!(
        "SELECT {} FROM (
             SELECT id, count(*) OVER (PARTITION BY {}) AS same FROM ({}) AS k WHERE {}) AS s
         WHERE s.same > 1",
        reported(&unique.column, "duplicate", &unique.name),
        keys.join(", "),
        keyed(&format!("({rows}) AS r"), unique),
        present.join(" AND ")
    )
}

/// Rows whose key a row of AWGP has.
fn taken(rows: &str, table: &str, unique: &Unique) -> String {
    let same = (0..unique.keys.len()).map(|place| format!("h.key_{place} = s.key_{place}"));
    let here = keyed(&spi::quote_qualified_identifier("awgp", table), unique);
    format!(
        "SELECT {} FROM ({}) AS s WHERE EXISTS (SELECT FROM ({here}) AS h WHERE {})",
        reported(&unique.column, "taken", &unique.name),
        keyed(&format!("({rows}) AS r"), unique),
        same.collect::<Vec<_>>().join(" AND ")
    )
}

/// Rows that refer to a row that is not imported, or to another tenant's.
fn dangling(rows: &str, referred: &str, reference: &Reference) -> String {
    let quoted = |columns: &[String]| columns.iter().map(spi::quote_identifier).collect::<Vec<_>>();
    let (here, there) = (quoted(&reference.columns), quoted(&reference.referred));
    let present: Vec<String> = here.iter().map(|column| format!("s.{column} IS NOT NULL")).collect();
    let same: Vec<String> =
        here.iter().zip(&there).map(|(own, other)| format!("f.{other} = s.{own}")).collect();
    let own = reference.columns.iter().rev().find(|column| *column != "tenant_id");
    let column = own.or(reference.columns.last()).cloned().unwrap_or_default();
    let key = spi::quote_identifier(&column);
    format!(
        "SELECT s.id::text AS row_id, {} AS column_name,
                CASE WHEN EXISTS (SELECT FROM ({referred}) AS f WHERE f.id = s.{key})
                     THEN 'foreign_reference' ELSE 'unknown_reference' END AS reason,
                s.{key}::text AS detail, 'error' AS severity
         FROM ({rows}) AS s
         WHERE {} AND NOT EXISTS (SELECT FROM ({referred}) AS f WHERE {})",
        spi::quote_literal(&column),
        present.join(" AND "),
        same.join(" AND ")
    )
}

/// Adds what a query finds.
fn run(report: &mut Report, table: &str, sql: &str) {
    cursor::for_each(sql, |row| {
        let reason = row.text(c"reason").unwrap_or_default();
        let severity = Severity::named(&row.text(c"severity").unwrap_or_default());
        report.add(
            severity,
            table,
            row.text(c"row_id"),
            row.text(c"column_name"),
            &reason,
            row.text(c"detail"),
        );
    });
}
