//! AWGP's own constraints as conditions on the rows to import. They are read from the catalog, so no
//! constraint is written twice, and an operator's own count too.

use awgp_core::bounds::{JSON_BYTES_MAX, TEXT_BYTES_MAX};
use awgp_core::seed::TABLES;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;

/// The columns of the table: name, type, whether it is NOT NULL, precision and scale of a numeric.
const COLUMNS: &str = "
    SELECT attname::text, atttypid::regtype::text, attnotnull,
           CASE WHEN atttypid = 'numeric'::regtype AND atttypmod > 3 THEN ((atttypmod - 4) >> 16) & 65535 END,
           CASE WHEN atttypid = 'numeric'::regtype AND atttypmod > 3 THEN (atttypmod - 4) & 2047 END
    FROM pg_attribute WHERE attrelid = format('awgp.%I', $1)::regclass AND attnum > 0 AND NOT attisdropped
    ORDER BY attnum";

/// The CHECK constraints of the table: name, expression, columns.
const CHECKS: &str = "
    SELECT conname::text, pg_get_expr(conbin, conrelid),
           ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey) ORDER BY attnum)
    FROM pg_constraint WHERE contype = 'c' AND conrelid = format('awgp.%I', $1)::regclass
    ORDER BY conname";

/// The unique indexes of the table: name, keys, condition, columns, and those that are keys. One that holds
/// the id besides other columns says no more than the primary key.
const UNIQUES: &str = "
    SELECT c.relname::text,
           ARRAY(SELECT pg_get_indexdef(i.indexrelid, place, true) FROM generate_series(1, i.indnkeyatts) AS place ORDER BY place),
           pg_get_expr(i.indpred, i.indrelid),
           ARRAY(SELECT attname::text FROM pg_attribute
                 WHERE attrelid = i.indrelid AND (attnum = ANY (i.indkey) OR attnum IN (
                     SELECT refobjsubid FROM pg_depend
                     WHERE classid = 'pg_class'::regclass AND objid = i.indexrelid AND refobjid = i.indrelid AND refobjsubid > 0))
                   AND attnum > 0 ORDER BY attnum),
           ARRAY(SELECT attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS key (number, place)
                 JOIN pg_attribute ON attrelid = i.indrelid AND attnum = number AND attnum > 0 ORDER BY place)
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indisunique AND i.indrelid = format('awgp.%I', $1)::regclass
      AND (i.indisprimary OR NOT EXISTS (
          SELECT FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = ANY (i.indkey) AND attname = 'id'))
    ORDER BY c.relname";

/// The foreign keys of the table: name, the table referred to, columns here, columns there.
const REFERENCES: &str = "
    SELECT ref.relname::text,
           ARRAY(SELECT attname::text FROM unnest(con.conkey) WITH ORDINALITY AS key (number, place)
                 JOIN pg_attribute ON attrelid = con.conrelid AND attnum = number ORDER BY place),
           ARRAY(SELECT attname::text FROM unnest(con.confkey) WITH ORDINALITY AS key (number, place)
                 JOIN pg_attribute ON attrelid = con.confrelid AND attnum = number ORDER BY place)
    FROM pg_constraint AS con JOIN pg_class AS ref ON ref.oid = con.confrelid
    WHERE con.contype = 'f' AND con.conrelid = format('awgp.%I', $1)::regclass AND con.conparentid = 0
    ORDER BY con.conname";

/// A condition that a row to import must not meet.
pub struct Condition {
    /// The column.
    pub column: String,
    /// The rule.
    pub reason: &'static str,
    /// What to tell.
    pub detail: Option<String>,
    /// The condition, over the columns of the row.
    pub sql: String,
}

/// A unique key.
pub struct Unique {
    /// The index.
    pub name: String,
    /// Its keys, as expressions.
    pub keys: Vec<String>,
    /// Its condition.
    pub condition: Option<String>,
    /// The column that a report names.
    pub column: String,
}

/// A foreign key.
pub struct Reference {
    /// The table referred to.
    pub table: String,
    /// The columns here.
    pub columns: Vec<String>,
    /// The columns there.
    pub referred: Vec<String>,
}

/// NOT NULL, CHECK, types and sizes, for the columns that a row to import has.
pub fn conditions(table: &str, has: &[String]) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for column in columns(table).into_iter().filter(|column| has.contains(&column.name)) {
        conditions.extend(of_column(&column));
    }
    for (name, expression, over) in select3(CHECKS, table) {
        let (Some(name), Some(expression)) = (name, expression) else { continue };
        let over = over.unwrap_or_default();
        if over.iter().all(|column| has.contains(column)) {
            // A column that the seed does not have tells nobody anything.
            let seeds: Vec<String> =
                over.iter().filter(|column| is_of_seed(table, column)).cloned().collect();
            conditions.push(Condition {
                column: named(if seeds.is_empty() { &over } else { &seeds }),
                reason: "check_violation",
                detail: Some(name),
                sql: format!("({expression}) IS FALSE"),
            });
        }
    }
    conditions
}

/// The unique keys, for the columns that a row to import has.
pub fn uniques(table: &str, has: &[String]) -> Vec<Unique> {
    let rows = read(UNIQUES, table, |row| {
        let over = row.get::<Vec<String>>(4)?.unwrap_or_default();
        let plain = row.get::<Vec<String>>(5)?.unwrap_or_default();
        // A key may be an expression over a column.
        let column =
            if plain.iter().all(|column| column == "tenant_id") { named(&over) } else { named(&plain) };
        let unique = Unique {
            name: row.get(1)?.unwrap_or_default(),
            keys: row.get(2)?.unwrap_or_default(),
            condition: row.get(3)?,
            column,
        };
        Ok((unique, over))
    });
    let complete = |over: &[String]| over.iter().all(|column| has.contains(column));
    rows.into_iter().filter(|(_, over)| complete(over)).map(|(unique, _)| unique).collect()
}

/// The foreign keys, for the columns that a row to import has.
pub fn references(table: &str, has: &[String]) -> Vec<Reference> {
    read(REFERENCES, table, |row| {
        Ok(Reference {
            table: row.get(1)?.unwrap_or_default(),
            columns: row.get(2)?.unwrap_or_default(),
            referred: row.get(3)?.unwrap_or_default(),
        })
    })
    .into_iter()
    .filter(|reference| reference.columns.iter().all(|column| has.contains(column)))
    .collect()
}

fn is_of_seed(table: &str, column: &str) -> bool {
    let spec = TABLES.iter().find(|spec| spec.name == table);
    spec.is_some_and(|spec| spec.columns.iter().any(|(name, _)| *name == column))
}

/// The column that a report names, of those that a rule is over.
fn named(over: &[String]) -> String {
    let own = over.iter().rev().find(|column| *column != "tenant_id");
    own.or(over.last()).cloned().unwrap_or_default()
}

struct Column {
    name: String,
    kind: String,
    needed: bool,
    precision: Option<(i32, i32)>,
}

fn columns(table: &str) -> Vec<Column> {
    read(COLUMNS, table, |row| {
        Ok(Column {
            name: row.get(1)?.unwrap_or_default(),
            kind: row.get(2)?.unwrap_or_default(),
            needed: row.get(3)?.unwrap_or(false),
            precision: row.get::<i32>(4)?.zip(row.get::<i32>(5)?),
        })
    })
}

fn of_column(column: &Column) -> Vec<Condition> {
    let name = spi::quote_identifier(&column.name);
    let condition = |reason, detail: Option<String>, sql: String| Condition {
        column: column.name.clone(),
        reason,
        detail,
        sql,
    };
    let mut conditions = Vec::new();
    if column.needed {
        conditions.push(condition("null", None, format!("{name} IS NULL")));
    }
    match column.kind.as_str() {
        "text" => {
            let sql = format!("octet_length({name}) > {TEXT_BYTES_MAX}");
            conditions.push(condition("too_large", Some(format!("over {TEXT_BYTES_MAX} bytes")), sql));
        }
        // Messages and states of the trail have bounds of their own.
        "jsonb" if !["messages", "before_state", "after_state"].contains(&column.name.as_str()) => {
            // The text of a small value is not made.
            let sql =
                format!("pg_column_size({name}) > 1000 AND octet_length({name}::text) > {JSON_BYTES_MAX}");
            conditions.push(condition("too_large", Some(format!("over {JSON_BYTES_MAX} bytes")), sql));
        }
        "timestamp with time zone" => {
            conditions.push(condition(
                "out_of_range",
                Some("infinity".to_owned()),
                format!("NOT isfinite({name})"),
            ));
        }
        _ if column.kind.ends_with("[]") => {
            let sql = format!("pg_column_size({name}) > {TEXT_BYTES_MAX}");
            conditions.push(condition("too_large", Some(format!("over {TEXT_BYTES_MAX} bytes")), sql));
        }
        _ => {}
    }
    if let Some((precision, scale)) = column.precision {
        let digits = precision - scale;
        let sql = format!("abs({name}) >= 1e{digits} OR {name} <> round({name}, {scale})");
        let detail = format!("{digits} digits and {scale} decimals");
        conditions.push(condition("out_of_range", Some(detail), sql));
    }
    conditions
}

/// Two texts and a list, of a row.
type Told = (Option<String>, Option<String>, Option<Vec<String>>);

fn select3(sql: &str, table: &str) -> Vec<Told> {
    read(sql, table, |row| Ok((row.get(1)?, row.get(2)?, row.get(3)?)))
}

fn read<T>(sql: &str, table: &str, of: impl Fn(spi::SpiHeapTupleData) -> spi::Result<T>) -> Vec<T> {
    let arguments: [DatumWithOid; 1] = [table.into()];
    let rows =
        Spi::connect(|client| client.select(sql, None, &arguments)?.map(of).collect::<spi::Result<Vec<_>>>());
    rows.unwrap_or_else(|error| error!("the constraints of awgp.{table} could not be read: {error}"))
}

/// The names of a query's columns.
pub fn columns_of(query: &str) -> Vec<String> {
    let names = Spi::connect(|client| {
        let rows = client.select(&format!("SELECT * FROM ({query}) AS r LIMIT 0"), None, &[])?;
        (1..=rows.columns()?).map(|number| rows.column_name(number)).collect::<spi::Result<Vec<_>>>()
    });
    names.unwrap_or_else(|error| error!("the columns of a query could not be read: {error}"))
}
