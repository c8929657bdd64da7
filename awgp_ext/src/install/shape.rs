//! The shape of the structure, read from the text that makes it: what there is, and the statement that
//! makes it again where it is gone.

use super::manifest::{File, STRUCTURE, scripts};
use serde_json::{Value, json};

/// What the scripts make that stands by itself, and how it is called.
const STANDING: [(&str, &str); 2] =
    [("CREATE OR REPLACE VIEW awgp.", "VIEW"), ("CREATE OR REPLACE FUNCTION awgp.", "FUNCTION")];

/// Every table, column, constraint, index, view and function outside of the extension, as JSON: an array of
/// kind, table, name, and for what belongs to tables the statement that makes it. Columns and indexes have
/// further members.
pub fn parts() -> String {
    // An index or a default that calls a function of the extension stands behind it, in a script.
    let calls =
        |file: &&File| [" INDEX IF NOT EXISTS ", " SET DEFAULT "].iter().any(|part| file.text.contains(part));
    let of_tables =
        STRUCTURE.tables.iter().chain(scripts().filter(calls)).flat_map(|file| parts_of(file.text));
    let standing = STANDING.into_iter().flat_map(|(statement, kind)| {
        let files = scripts().flat_map(move |file| file.text.split(statement).skip(1));
        files.map(move |rest| json!({ "kind": kind, "table": name_of(rest), "name": name_of(rest) }))
    });
    Value::Array(of_tables.chain(standing).collect()).to_string()
}

fn parts_of(text: &str) -> Vec<Value> {
    let text: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .flat_map(|line| [line, "\n"])
        .collect();
    split(&text, ';').into_iter().flat_map(|statement| statement_parts(statement.trim())).collect()
}

/// What a statement makes. Comments, grants and settings of columns make nothing that can be gone.
fn statement_parts(statement: &str) -> Vec<Value> {
    if let Some(rest) = statement.strip_prefix("CREATE TABLE awgp.") {
        return table_parts(statement, rest);
    }
    if let Some((table, rest)) =
        statement.strip_prefix("ALTER TABLE awgp.").and_then(|rest| rest.split_once(" ALTER COLUMN "))
    {
        return default_part(table, rest, statement).into_iter().collect();
    }
    let (rest, is_unique) = match statement.strip_prefix("CREATE UNIQUE INDEX ") {
        Some(rest) => (rest, true),
        None => match statement.strip_prefix("CREATE INDEX ") {
            Some(rest) => (rest, false),
            None => return Vec::new(),
        },
    };
    let name = name_of(rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest));
    let table = rest.split_once("ON awgp.").map(|(_, table)| name_of(table)).unwrap_or_default();
    vec![json!({
        "kind": "INDEX", "table": table, "name": name, "statement": format!("{statement};"), "is_unique": is_unique,
    })]
}

fn table_parts(statement: &str, rest: &str) -> Vec<Value> {
    let table = name_of(rest);
    let mut parts =
        vec![json!({ "kind": "TABLE", "table": table, "name": table, "statement": format!("{statement};") })];
    // A partition has the columns and constraints of its parent.
    let body = rest[table.len()..].trim_start();
    for element in body.strip_prefix('(').map(inner).map(|body| split(body, ',')).unwrap_or_default() {
        let element = element.trim();
        let alter = format!("ALTER TABLE awgp.{table}");
        parts.push(match element.strip_prefix("CONSTRAINT ") {
            Some(constraint) => json!({
                "kind": "CONSTRAINT", "table": table, "name": name_of(constraint), "statement": format!("{alter} ADD {element};"),
            }),
            None => column(&table, &alter, element),
        });
    }
    parts
}

/// A column: its definition, whether it may be NULL, and its default.
fn column(table: &str, alter: &str, definition: &str) -> Value {
    let name = name_of(definition);
    let rest = definition.split_once(' ').map(|(_, rest)| rest).unwrap_or_default();
    let default = rest.split_once(" DEFAULT ").map(|(_, default)| default);
    json!({
        "kind": "COLUMN", "table": table, "name": name,
        "statement": format!("{alter} ADD COLUMN {definition};"),
        "is_needed": rest.contains(" NOT NULL"),
        "default": default,
    })
}

/// A column's default that is set on its own.
fn default_part(table: &str, rest: &str, statement: &str) -> Option<Value> {
    let (name, default) = rest.split_once(" SET DEFAULT ")?;
    Some(json!({
        "kind": "COLUMN", "table": table, "name": name_of(name), "statement": format!("{statement};"), "is_needed": false,
        "default": default,
    }))
}

/// What the parenthesis holds that the text has just entered.
fn inner(text: &str) -> &str {
    let mut depth = 1_i32;
    let end = outside_of_quotes(text).find(|(_, character)| {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// The parts between separators that stand in no parentheses and in no quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0_i32, 0, Vec::new());
    for (at, character) in outside_of_quotes(text) {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if character == separator && depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + separator.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn outside_of_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut is_quoted = false;
    text.char_indices().filter(move |(_, character)| {
        if *character == '\'' {
            is_quoted = !is_quoted;
        }
        !is_quoted
    })
}

/// The name that the text begins with, without quotes.
fn name_of(text: &str) -> String {
    let name: String =
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '"').collect();
    name.replace('"', "")
}
