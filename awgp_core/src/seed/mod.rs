//! The schema that AWGP was made from, as `awgp import` looks for it in a database.
//!
//! [`TABLES`] lists its tables and columns; a test compares them with docs/seed/awgp-database-schema.md. An
//! ORM may write the names in another way (`"WorkItem"."assistantId"`) and choose other types (text for
//! uuid, an enum for text, timestamp for timestamptz): [`is_same_name`] and [`reading`] accept what has the
//! same meaning.

pub mod reading;
pub mod refusals;
mod tables;

pub use reading::{Kind, Reading, Type, reading};
pub use tables::{TABLES, Table};

/// Whether a name of the database is this one of the seed's, whatever its case and underscores.
pub fn is_same_name(found: &str, seed: &str) -> bool {
    let letters =
        |name: &str| name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect::<String>();
    letters(found) == letters(seed)
}

impl Table {
    /// Whether a relation of this name is the table: its own name, or that of its model.
    pub fn is_named(&self, found: &str) -> bool {
        is_same_name(found, self.name) || is_same_name(found, self.model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/seed/awgp-database-schema.md");

    /// The columns of a CREATE TABLE of the document.
    fn documented(table: &str) -> Vec<String> {
        let begin = format!("CREATE TABLE {table} (\n");
        let (_, body) = DOCUMENT.split_once(&begin).unwrap_or_else(|| panic!("{table} is in the document"));
        let columns = body.lines().take_while(|line| !line.starts_with(')'));
        let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
        let is_column = |name: &String| {
            !name.starts_with('\'')
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        columns.map(first).filter(|name| !name.is_empty()).filter(is_column).collect()
    }

    #[test]
    fn tables_and_columns_are_those_of_the_document() {
        let documented_tables = DOCUMENT.lines().filter_map(|line| line.strip_prefix("CREATE TABLE "));
        let documented_tables: Vec<&str> = documented_tables
            .filter(|line| !line.contains("PARTITION OF"))
            .map(|line| line.trim_end_matches(" ("))
            .collect();
        let mut names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        names.sort_unstable();
        let mut expected = documented_tables;
        expected.sort_unstable();
        assert_eq!(names, expected);
        for table in TABLES {
            let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
            assert_eq!(columns, documented(table.name), "{}", table.name);
        }
    }

    #[test]
    fn a_name_is_found_as_the_seed_writes_it_and_as_prisma_does() {
        let table = |name: &str| TABLES.iter().find(|table| table.is_named(name)).map(|table| table.name);
        assert_eq!(table("work_items"), Some("work_items"));
        assert_eq!(table("WorkItem"), Some("work_items"));
        assert_eq!(table("workItems"), Some("work_items"));
        assert_eq!(table("CommunicationPolicy"), Some("communication_policies"));
        assert_eq!(table("work"), None);
        assert!(is_same_name("alertThreshold50", "alert_threshold_50"));
        assert!(!is_same_name("tenant", "tenant_id"));
    }

    #[test]
    fn no_two_tables_have_a_name_in_common() {
        for (place, table) in TABLES.iter().enumerate() {
            for other in &TABLES[place + 1..] {
                assert!(!other.is_named(table.name) && !other.is_named(table.model), "{}", table.name);
            }
        }
    }
}
