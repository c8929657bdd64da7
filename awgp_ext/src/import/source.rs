//! The tables to import from: found by their names, and read as the seed describes them.

use crate::pg::encoding::Text;
use crate::pg::query::text;
use crate::pg::raise::raise;
use crate::pg::role::row_security_binds;
use awgp_core::seed::{Reading, TABLES, Table, Type, is_same_name, reading, refusals};
use pgrx::pg_sys;
use pgrx::prelude::*;

/// Every column of every relation of the schema. A domain counts as its base type.
const COLUMNS: &str = "
    SELECT c.oid, c.relname::text, c.relkind::text, a.attname::text, COALESCE(e.typname, t.typname)::text,
           COALESCE(e.typtype, t.typtype) = 'e', e.oid IS NOT NULL
    FROM pg_namespace AS n
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type AS d ON d.oid = a.atttypid
    JOIN pg_type AS t ON t.oid = CASE d.typtype WHEN 'd' THEN d.typbasetype ELSE d.oid END
    LEFT JOIN pg_type AS e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE n.nspname = $1
    ORDER BY c.relname, a.attnum";

/// A column as it was found.
struct Found {
    oid: pg_sys::Oid,
    relation: String,
    kind: String,
    column: String,
    type_name: String,
    is_enum: bool,
    is_array: bool,
}

/// The tables of a schema.
pub struct Source {
    schema: String,
    tables: Vec<SourceTable>,
    /// What the schema lacks or has besides: table, column, reason, detail.
    pub remarks: Vec<Remark>,
}

/// Something about a table or a column that is not about a row.
pub struct Remark {
    /// Whether the import is refused over it.
    pub is_error: bool,
    /// The seed's table.
    pub table: &'static str,
    /// The column.
    pub column: Option<String>,
    /// The rule.
    pub reason: &'static str,
    /// What was found.
    pub detail: String,
}

/// A table of the schema.
pub struct SourceTable {
    spec: &'static Table,
    /// Schema and name, quoted.
    relation: String,
    kind: String,
    columns: Vec<Column>,
}

/// A column of the seed, as it is read.
pub struct Column {
    /// Its name in the seed.
    pub name: &'static str,
    /// Its quoted name in the relation; None where the relation lacks it.
    pub found: Option<String>,
    read: Reading,
}

impl Source {
    /// Looks for the tables. Raises an error where the schema has no tenants, a name is ambiguous, or
    /// row-level security would hide rows.
    pub fn find(schema: &str) -> Self {
        let found = columns_of(schema);
        let mut source = Self { schema: schema.to_owned(), tables: Vec::new(), remarks: Vec::new() };
        for spec in TABLES {
            let mut names: Vec<&str> = found
                .iter()
                .map(|found| found.relation.as_str())
                .filter(|relation| spec.is_named(relation))
                .collect();
            names.dedup();
            match names.as_slice() {
                [] if spec.name == "tenants" => raise(&refusals::not_found(schema)),
                [] => source.remark(false, spec.name, None, "table_missing", "it counts as empty"),
                [name] => {
                    let columns: Vec<&Found> = found.iter().filter(|found| found.relation == *name).collect();
                    let table = source.table(spec, &columns);
                    source.tables.push(table);
                }
                several => raise(&refusals::ambiguous(spec.name, several)),
            }
        }
        source
    }

    /// The schema's name.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The tables that are there, in the order of their references.
    pub fn tables(&self) -> &[SourceTable] {
        &self.tables
    }

    /// A table, by its name in the seed; None where the schema lacks it.
    pub fn named(&self, name: &str) -> Option<&SourceTable> {
        self.tables.iter().find(|table| table.spec.name == name)
    }

    /// Keeps others from writing to the tables until the transaction ends.
    pub fn lock(&self) {
        let tables = self.tables.iter().filter(|table| table.kind != "m");
        let names: Vec<&str> = tables.map(|table| table.relation.as_str()).collect();
        let sql = format!("LOCK TABLE {} IN SHARE MODE", names.join(", "));
        let locked = Spi::connect_mut(|client| client.update(&sql, None, &[]).map(|_| ()));
        locked.unwrap_or_else(|error| error!("the tables could not be locked: {error}"));
    }

    /// The text of a query with a sub-select in place of each `seed.TABLE`; `rows` is that of `seed.rows`.
    pub fn query(&self, sql: &str, rows: &str) -> String {
        let mut sql = sql.replace("seed.rows", rows);
        for spec in TABLES {
            let place = format!("seed.{}", spec.name);
            if sql.contains(&place) {
                sql = sql
                    .replace(&place, &self.named(spec.name).map_or_else(|| nothing(spec), SourceTable::rows));
            }
        }
        sql
    }

    fn remark(
        &mut self,
        is_error: bool,
        table: &'static str,
        column: Option<&str>,
        reason: &'static str,
        detail: &str,
    ) {
        let column = column.map(str::to_owned);
        self.remarks.push(Remark { is_error, table, column, reason, detail: detail.to_owned() });
    }

    fn table(&mut self, spec: &'static Table, found: &[&Found]) -> SourceTable {
        let (oid, relation, kind) = (found[0].oid, &found[0].relation, found[0].kind.clone());
        if row_security_binds(oid) {
            raise(&refusals::hidden(relation));
        }
        let columns = spec.columns.iter().map(|(name, kind)| {
            let unread = || Reading { sql: format!("NULL::{}", kind.sql_type()), may_fail: false };
            let Some(found) = found.iter().find(|found| is_same_name(&found.column, name)) else {
                self.remark(true, spec.name, Some(name), "column_missing", "the table has no such column");
                return Column { name, found: None, read: unread() };
            };
            let of = Type { name: &found.type_name, is_enum: found.is_enum, is_array: found.is_array };
            let quoted = spi::quote_identifier(&found.column);
            let read = reading(*kind, of, &quoted);
            if read.is_none() {
                let detail = format!("its type is {}", found.type_name);
                self.remark(true, spec.name, Some(name), "column_type", &detail);
            }
            Column { name, found: Some(quoted), read: read.unwrap_or_else(unread) }
        });
        let columns = columns.collect();
        for found in found {
            if !spec.columns.iter().any(|(name, _)| is_same_name(&found.column, name)) {
                self.remark(false, spec.name, Some(&found.column), "column_unknown", "it is not imported");
            }
        }
        let relation = spi::quote_qualified_identifier(&self.schema, relation);
        SourceTable { spec, relation, kind, columns }
    }
}

impl SourceTable {
    /// Its name in the seed.
    pub fn name(&self) -> &'static str {
        self.spec.name
    }

    /// The column by which a report names its rows.
    pub fn key(&self) -> &'static str {
        self.spec.key()
    }

    /// The relation, quoted.
    pub fn relation(&self) -> &str {
        &self.relation
    }

    /// True for a table with a heap of its own, which can be read page by page.
    pub fn has_pages(&self) -> bool {
        self.kind == "r"
    }

    /// Its rows, as a sub-select with the seed's columns.
    pub fn rows(&self) -> String {
        self.rows_where("")
    }

    /// The same for some of its pages.
    pub fn rows_of_pages(&self, first: i64, after: i64) -> String {
        self.rows_where(&format!(
            " WHERE ctid OPERATOR(pg_catalog.>=) '({first},0)'::tid AND ctid OPERATOR(pg_catalog.<) '({after},0)'::tid"
        ))
    }

    fn rows_where(&self, condition: &str) -> String {
        let columns = self.columns.iter();
        let columns: Vec<String> = columns
            .map(|column| format!("{} AS {}", column.read.sql, spi::quote_identifier(column.name)))
            .collect();
        format!("(SELECT {} FROM {}{condition})", columns.join(", "), self.relation)
    }

    /// For each column whose values may not fit its kind: its name, and a condition that finds those rows of
    /// the relation.
    pub fn unreadable(&self) -> Vec<(&'static str, String)> {
        let may_fail = self.columns.iter().filter(|column| column.read.may_fail);
        may_fail
            .filter_map(|column| {
                let found = column.found.as_ref()?;
                Some((column.name, format!("{found} IS NOT NULL AND ({}) IS NULL", column.read.sql)))
            })
            .collect()
    }

    /// The key as text, of a row of the relation itself.
    pub fn key_as_found(&self) -> String {
        let column = self.columns.iter().find(|column| column.name == self.key());
        let found = column.and_then(|column| column.found.as_ref());
        found.map_or_else(|| "NULL::text".to_owned(), |found| format!("{found}::text"))
    }
}

/// A table that the schema lacks, as a sub-select without rows.
fn nothing(spec: &Table) -> String {
    let columns: Vec<String> = spec
        .columns
        .iter()
        .map(|(name, kind)| format!("NULL::{} AS {}", kind.sql_type(), spi::quote_identifier(name)))
        .collect();
    format!("(SELECT {} WHERE false)", columns.join(", "))
}

fn columns_of(schema: &str) -> Vec<Found> {
    let found = Spi::connect(|client| {
        let rows = client.select(COLUMNS, None, &[text(Some(schema))])?;
        rows.map(|row| {
            let name =
                |number| row.get::<Text>(number).map(|name| name.map(|Text(name)| name).unwrap_or_default());
            Ok(Found {
                oid: row.get(1)?.unwrap_or(pg_sys::InvalidOid),
                relation: name(2)?,
                kind: name(3)?,
                column: name(4)?,
                type_name: name(5)?,
                is_enum: row.get(6)?.unwrap_or(false),
                is_array: row.get(7)?.unwrap_or(false),
            })
        })
        .collect::<spi::Result<Vec<_>>>()
    });
    found.unwrap_or_else(|error| error!("the schema could not be read: {error}"))
}
