//! Why an import is refused as a whole.

use crate::reason::Reason;
use crate::refusal::Refusal;

/// The caller is neither a superuser nor the owner of the extension.
pub fn not_allowed() -> Refusal {
    Refusal::new(
        Reason::ImportNotAllowed,
        "only a superuser or the owner of the extension imports",
        "Log in as a superuser, or let one run: awgp import --from-schema SCHEMA",
    )
}

/// The schema is not there, or has no tenants.
pub fn not_found(schema: &str) -> Refusal {
    Refusal::new(
        Reason::SeedNotFound,
        "the schema has no table of tenants",
        "Name the schema of the application's tables: awgp import --from-schema SCHEMA",
    )
    .with("schema", schema)
}

/// Two relations of the schema have the name of one table.
pub fn ambiguous(table: &str, found: &[&str]) -> Refusal {
    Refusal::new(
        Reason::SeedUnreadable,
        "two relations of the schema could be the same table",
        "Make a schema with a view for each table that is meant, and name that schema.",
    )
    .with("table", table)
    .with("relations", found.to_vec())
}

/// A policy would hide rows of the table from the caller.
pub fn hidden(table: &str) -> Refusal {
    Refusal::new(
        Reason::SeedUnreadable,
        "row-level security hides rows of the table",
        "Run the import as the owner of the table or as a superuser.",
    )
    .with("table", table)
}

/// Rows do not fit.
pub fn misfits(schema: &str, rows: u64, first: (&str, &str, &str)) -> Refusal {
    let (table, column, reason) = first;
    Refusal::new(
        Reason::SeedMisfits,
        format!("{rows} values do not fit, and nothing was imported"),
        format!("List what does not fit: awgp import --from-schema {schema} --dry-run"),
    )
    .with("schema", schema)
    .with("misfits", rows)
    .with("table", table)
    .with("column", column)
    .with("rule", reason)
}

/// Every tenant of the schema is here.
pub fn already_imported(schema: &str, tenants: i64) -> Refusal {
    Refusal::new(
        Reason::AlreadyImported,
        "every tenant of the schema is here already",
        "Nothing is left to import. To see them: awgp tenant list",
    )
    .with("schema", schema)
    .with("tenants", tenants)
}
