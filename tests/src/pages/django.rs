//! docs/clients/django/awgp/models/: the tables as models of Django, one file a table.

use super::models::{Column, Default, Model, Reference, models, of_table};
use super::{Page, wrapped};
use std::fmt::Write as _;
use tokio_postgres::Client;

/// The folder below docs/.
pub const FOLDER: &str = "clients/django/awgp/models";

/// The files, that of contents last.
pub async fn pages(superuser: &Client) -> Vec<Page> {
    let models = models(superuser).await;
    let mut contents = wrapped(
        "\"\"\"The tables of schema awgp as models of Django, for docs/clients/django.md. Generated from the catalog: \
         `UPDATE_GOLDEN=1 cargo test -p awgp_tests --test integration pages::` writes these files, and a test holds \
         them to a new database.\"\"\"",
    );
    contents += "\n";
    let mut pages = Vec::new();
    for model in &models {
        let _ = writeln!(contents, "from .{} import {}", model.table, model.name);
        pages.push(Page { path: format!("{FOLDER}/{}.py", model.table), text: file(&models, model) });
    }
    let names: Vec<String> = models.iter().map(|model| format!("    \"{}\",\n", model.name)).collect();
    let _ = write!(contents, "\n__all__ = [\n{}]\n", names.concat());
    pages.push(Page { path: format!("{FOLDER}/__init__.py"), text: contents });
    pages
}

fn file(models: &[Model], model: &Model) -> String {
    let comment = wrapped(&format!("\"\"\"{}\"\"\"", model.comment));
    let comment = comment.trim_end().replace('\n', "\n    ");
    let mut class = format!("class {}(models.Model):\n    {comment}\n\n", model.name);
    if model.primary.len() > 1 {
        let key = model.primary.iter().map(|name| attribute(models, model, name));
        let _ = writeln!(class, "    pk = models.CompositePrimaryKey({})", quoted(key));
    }
    for column in &model.columns {
        let _ = writeln!(class, "    {}", field(models, model, column));
    }
    let _ = write!(
        class,
        "\n    class Meta:\n        managed = False\n        db_table = '\"awgp\".\"{}\"'\n",
        model.table
    );
    let keys: Vec<String> = model
        .wide_keys()
        .map(|(name, key)| {
            let fields = quoted(key.iter().map(|column| name_of(models, model, column)));
            format!("            models.UniqueConstraint(fields=[{fields}], name=\"{name}\"),\n")
        })
        .collect();
    if !keys.is_empty() {
        let _ = write!(class, "        constraints = [\n{}        ]\n", keys.concat());
    }
    let imports = [
        ("ArrayField(", "from django.contrib.postgres.fields import ArrayField\n"),
        ("SearchVectorField(", "from django.contrib.postgres.search import SearchVectorField\n"),
        ("models.", "from django.db import models\n"),
        ("RawSQL(", "from django.db.models.expressions import RawSQL\n"),
    ];
    let used = imports.iter().filter(|(word, _)| class.contains(word)).map(|(_, line)| *line);
    format!("{}\n\n{class}", used.collect::<String>())
}

fn quoted(names: impl Iterator<Item = String>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// The reference that a column leads to. Django refers to one column, and takes a primary key that is one; a
/// key of AWGP names the tenant too, and `id` alone names the row as well.
fn reference<'a>(models: &[Model], model: &'a Model, column: &str) -> Option<&'a Reference> {
    model.references.iter().find(|reference| {
        let to =
            reference.columns.iter().position(|name| name == column).map(|at| &reference.target_columns[at]);
        let target = of_table(models, &reference.target);
        target.primary.len() == 1 && to == target.primary.first()
    })
}

/// The name of a column's field.
fn name_of(models: &[Model], model: &Model, column: &str) -> String {
    let stem = column.strip_suffix("_id").filter(|_| reference(models, model, column).is_some());
    stem.unwrap_or(column).to_owned()
}

/// The attribute that has the column's value.
fn attribute(models: &[Model], model: &Model, column: &str) -> String {
    let suffix = if reference(models, model, column).is_some() { "_id" } else { "" };
    name_of(models, model, column) + suffix
}

fn field(models: &[Model], model: &Model, column: &Column) -> String {
    let (class, mut options) = match reference(models, model, &column.name) {
        Some(reference) => {
            let target = of_table(models, &reference.target);
            let options = vec![
                format!("\"awgp.{}\"", target.name),
                "models.DO_NOTHING".to_owned(),
                format!("db_column=\"{}\"", column.name),
                format!("related_name=\"{}\"", model.referring_name(reference)),
            ];
            ("models.ForeignKey".to_owned(), options)
        }
        None => kind(model, column),
    };
    if model.is_primary(column) {
        options.push("primary_key=True".to_owned());
    }
    if model.is_unique(column) {
        options.push("unique=True".to_owned());
    }
    if column.nullable {
        options.extend(["null=True".to_owned(), "blank=True".to_owned()]);
    }
    options.extend(column.default.as_ref().and_then(default));
    format!("{} = {class}({})", name_of(models, model, &column.name), options.join(", "))
}

fn kind(model: &Model, column: &Column) -> (String, Vec<String>) {
    let mut options = Vec::new();
    let is_serial = matches!(column.default, Some(Default::Serial)) && model.is_primary(column);
    let name = match column.kind.as_str() {
        "text" => "models.TextField",
        "uuid" => "models.UUIDField",
        "integer" if is_serial => "models.AutoField",
        "integer" => "models.IntegerField",
        "smallint" => "models.SmallIntegerField",
        "bigint" if is_serial => "models.BigAutoField",
        "bigint" | "oid" => "models.BigIntegerField",
        "boolean" => "models.BooleanField",
        "jsonb" => "models.JSONField",
        "bytea" => "models.BinaryField",
        "tsvector" => "SearchVectorField",
        "timestamp with time zone" => "models.DateTimeField",
        "numeric" => {
            // The column takes any number; Django wants a bound.
            let (digits, places) = column.digits.unwrap_or((1000, 30));
            options = vec![format!("max_digits={digits}"), format!("decimal_places={places}")];
            "models.DecimalField"
        }
        other => panic!("{}.{}: {other} has no field of Django here: name it", model.table, column.name),
    };
    match column.is_array {
        true => ("ArrayField".to_owned(), vec![format!("{name}()")]),
        false => (name.to_owned(), options),
    }
}

/// The server gives what nobody gives: Django leaves the column out, and reads it back.
fn default(default: &Default) -> Option<String> {
    match default {
        Default::Serial => None,
        Default::Text(text) => Some(format!("db_default={text:?}")),
        Default::Literal(literal) => Some(match literal.as_str() {
            "true" => "db_default=True".to_owned(),
            "false" => "db_default=False".to_owned(),
            number => format!("db_default={number}"),
        }),
        Default::Expression(expression) => Some(format!("db_default=RawSQL({expression:?}, ())")),
    }
}
