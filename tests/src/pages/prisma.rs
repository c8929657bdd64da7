//! docs/clients/prisma/schema.prisma: the tables as models of Prisma.

use super::Page;
use super::models::{Column, Default, Model, Reference, camel, models, of_table};
use std::fmt::Write as _;
use tokio_postgres::Client;

const HEAD: &str = r#"// The tables of schema awgp as models of Prisma, for docs/clients/prisma.md. Generated from the catalog:
// `UPDATE_GOLDEN=1 cargo test -p awgp_tests --test integration pages::` writes it, and a test holds it to a new
// database. Lists cannot be optional in Prisma: where the column is empty, a list is empty.

generator client {
  provider   = "prisma-client-js"
  output     = "./generated"
  engineType = "client"
}

datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
  schemas  = ["awgp"]
}
"#;

/// The file.
pub async fn page(superuser: &Client) -> Page {
    let models = models(superuser).await;
    let mut text = HEAD.to_owned();
    for model in &models {
        text += "\n";
        text += &block(&models, model);
    }
    Page { path: "clients/prisma/schema.prisma".to_owned(), text }
}

/// A field: what it means, its name, its type and its attributes.
struct Field {
    comment: String,
    name: String,
    kind: String,
    attributes: Vec<String>,
}

fn block(models: &[Model], model: &Model) -> String {
    let mut fields: Vec<Field> = model.columns.iter().map(|column| scalar(model, column)).collect();
    fields.extend(model.references.iter().map(|reference| forwards(models, model, reference)));
    for other in models {
        let back = other.references.iter().filter(|reference| reference.target == model.table);
        fields.extend(back.map(|reference| Field {
            comment: String::new(),
            name: camel(&other.referring_name(reference)),
            kind: format!("{}[]", other.name),
            attributes: vec![format!("@relation(\"{}\")", reference.constraint)],
        }));
    }
    let name_width = fields.iter().map(|field| field.name.len()).max().unwrap_or_default();
    let kind_width = fields.iter().map(|field| field.kind.len()).max().unwrap_or_default();
    let mut text = format!("/// {}\nmodel {} {{\n", model.comment, model.name);
    for Field { comment, name, kind, attributes } in fields {
        if !comment.is_empty() {
            let _ = writeln!(text, "  /// {comment}");
        }
        let line = format!("  {name:name_width$} {kind:kind_width$} {}", attributes.join(" "));
        text += &(line.trim_end().to_owned() + "\n");
    }
    text += "\n";
    if model.primary.len() > 1 {
        let _ = writeln!(text, "  @@id({})", names(&model.primary));
    }
    for (_, key) in model.wide_keys() {
        let _ = writeln!(text, "  @@unique({})", names(key));
    }
    let _ = writeln!(text, "  @@map(\"{}\")\n  @@schema(\"awgp\")\n}}", model.table);
    text
}

/// Columns as fields, in brackets.
fn names(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|column| camel(column)).collect();
    format!("[{}]", names.join(", "))
}

fn scalar(model: &Model, column: &Column) -> Field {
    let (kind, native) = kind(column);
    let mut attributes = Vec::new();
    if model.is_primary(column) {
        attributes.push("@id".to_owned());
    }
    if model.is_unique(column) {
        attributes.push("@unique".to_owned());
    }
    attributes.extend(column.default.as_ref().map(|value| format!("@default({})", default(column, value))));
    let name = camel(&column.name);
    if name != column.name {
        attributes.push(format!("@map(\"{}\")", column.name));
    }
    attributes.extend(native.map(|native| format!("@db.{native}")));
    let mark = match (column.is_array, column.nullable) {
        (true, _) => "[]",
        (false, true) => "?",
        (false, false) => "",
    };
    Field { comment: column.comment.clone(), name, kind: format!("{kind}{mark}"), attributes }
}

/// The type of a column's field, and the native type where Prisma would take another one.
fn kind(column: &Column) -> (String, Option<String>) {
    let (kind, native) = match column.kind.as_str() {
        "text" => ("String", None),
        "uuid" => ("String", Some("Uuid".to_owned())),
        "integer" => ("Int", None),
        "smallint" => ("Int", Some("SmallInt".to_owned())),
        "bigint" => ("BigInt", None),
        "boolean" => ("Boolean", None),
        "jsonb" => ("Json", None),
        "bytea" => ("Bytes", None),
        "numeric" => (
            "Decimal",
            Some(column.digits.map_or("Decimal".to_owned(), |(p, s)| format!("Decimal({p}, {s})"))),
        ),
        "timestamp with time zone" => ("DateTime", Some("Timestamptz(6)".to_owned())),
        // Prisma reads and writes no such column.
        other => return (format!("Unsupported(\"{other}\")"), None),
    };
    (kind.to_owned(), native)
}

/// What depends on the moment is left to the server.
fn default(column: &Column, default: &Default) -> String {
    match default {
        Default::Serial => "autoincrement()".to_owned(),
        Default::Text(text) => format!("{text:?}"),
        Default::Literal(literal) => literal.clone(),
        Default::Expression(expression) => match expression.strip_suffix("::jsonb") {
            Some(json) if column.kind == "jsonb" => format!("{:?}", json.trim_matches('\'')),
            _ => format!("dbgenerated({expression:?})"),
        },
    }
}

fn forwards(models: &[Model], model: &Model, reference: &Reference) -> Field {
    let optional = reference.columns.iter().any(|name| model.column(name).nullable);
    let target = of_table(models, &reference.target);
    Field {
        comment: String::new(),
        name: camel(&model.reference_name(reference)),
        kind: format!("{}{}", target.name, if optional { "?" } else { "" }),
        attributes: vec![format!(
            "@relation(\"{}\", fields: {}, references: {}, onDelete: Restrict, onUpdate: NoAction)",
            reference.constraint,
            names(&reference.columns),
            names(&reference.target_columns)
        )],
    }
}
