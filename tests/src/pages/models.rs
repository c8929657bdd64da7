//! The tables of the catalog as the models of an object-relational mapper need them: columns, keys and
//! references, and names for what has no name in the catalog.

use crate::catalog::PLAIN_SESSION;
use tokio_postgres::{Client, Row};

/// A table, partitions left out.
pub struct Model {
    /// Its name in the catalog, such as work_items.
    pub table: String,
    /// What one row is, such as WorkItem.
    pub name: String,
    /// Its comment.
    pub comment: String,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// The columns of its primary key.
    pub primary: Vec<String>,
    /// The name and the columns of each other key, in order of name.
    pub unique: Vec<(String, Vec<String>)>,
    /// Its foreign keys, in order of name.
    pub references: Vec<Reference>,
}

/// A column.
pub struct Column {
    /// Its name.
    pub name: String,
    /// The name of its type without modifiers, that of the elements where it is an array.
    pub kind: String,
    /// Precision and scale of a number that has them.
    pub digits: Option<(i32, i32)>,
    /// Whether it is an array.
    pub is_array: bool,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// The expression of its default.
    pub default: Option<Default>,
    /// Its comment.
    pub comment: String,
}

/// What a column has where nobody gives a value.
pub enum Default {
    /// The next number of its sequence.
    Serial,
    /// A text, without quotes.
    Text(String),
    /// A number, or true or false, as SQL writes it.
    Literal(String),
    /// Any other expression.
    Expression(String),
}

/// A foreign key.
pub struct Reference {
    /// Its name in the catalog.
    pub constraint: String,
    /// The columns, in the order of the key.
    pub columns: Vec<String>,
    /// The table that it refers to.
    pub target: String,
    /// The columns of that table.
    pub target_columns: Vec<String>,
}

const TABLES: &str = "
    SELECT oid, relname::text, obj_description(oid, 'pg_class') FROM pg_class
    WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    ORDER BY relname COLLATE \"C\"";

const COLUMNS: &str = "
    SELECT attname::text, format_type(COALESCE(NULLIF(typelem, 0), pg_type.oid), NULL), typcategory = 'A',
           CASE WHEN atttypid = 'numeric'::regtype AND atttypmod > 0 THEN ((atttypmod - 4) >> 16) & 65535 END,
           CASE WHEN atttypid = 'numeric'::regtype AND atttypmod > 0 THEN (atttypmod - 4) & 2047 END,
           NOT attnotnull, pg_get_expr(adbin, adrelid), COALESCE(col_description(attrelid, attnum), '')
    FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped ORDER BY attnum";

/// Keys first, then references.
const KEYS: &str = "
    SELECT conname::text, contype::text, confrelid::regclass::text,
           ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS key (number, place)
                 JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place),
           ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS key (number, place)
                 JOIN pg_attribute ON attrelid = confrelid AND attnum = number ORDER BY place)
    FROM pg_constraint WHERE conrelid = $1 AND contype IN ('p', 'u', 'f') AND conparentid = 0
    ORDER BY conname COLLATE \"C\"";

/// All tables, in order of name.
pub async fn models(superuser: &Client) -> Vec<Model> {
    superuser.batch_execute(PLAIN_SESSION).await.expect("settings can be set");
    let mut models = Vec::new();
    for table in superuser.query(TABLES, &[]).await.expect("pg_class is readable") {
        let oid: u32 = table.get(0);
        let columns = superuser.query(COLUMNS, &[&oid]).await.expect("pg_attribute is readable");
        let keys = superuser.query(KEYS, &[&oid]).await.expect("pg_constraint is readable");
        let of_kind = |kind: &'static str| keys.iter().filter(move |key| key.get::<_, &str>(1) == kind);
        let columns_of = |key: &Row| key.get::<_, Vec<String>>(3);
        let name: String = table.get(1);
        models.push(Model {
            name: pascal(&singular(&name)),
            comment: table.get::<_, Option<String>>(2).unwrap_or_default(),
            columns: columns.iter().map(column).collect(),
            primary: of_kind("p").flat_map(columns_of).collect(),
            unique: of_kind("u").map(|key| (key.get(0), columns_of(key))).collect(),
            references: of_kind("f").map(reference).collect(),
            table: name,
        });
    }
    models
}

fn column(row: &Row) -> Column {
    let digits = row.get::<_, Option<i32>>(3).zip(row.get::<_, Option<i32>>(4));
    Column {
        name: row.get(0),
        kind: row.get(1),
        is_array: row.get(2),
        digits,
        nullable: row.get(5),
        default: row.get::<_, Option<&str>>(6).map(default),
        comment: row.get(7),
    }
}

fn default(expression: &str) -> Default {
    let text = expression.strip_prefix('\'').and_then(|text| text.strip_suffix("'::text"));
    let is_literal = matches!(expression, "true" | "false") || expression.parse::<f64>().is_ok();
    match text {
        Some(text) => Default::Text(text.to_owned()),
        None if expression.starts_with("nextval(") => Default::Serial,
        None if is_literal => Default::Literal(expression.to_owned()),
        None => Default::Expression(expression.to_owned()),
    }
}

fn reference(row: &Row) -> Reference {
    let target: String = row.get(2);
    Reference {
        constraint: row.get(0),
        columns: row.get(3),
        target: target.trim_start_matches("awgp.").to_owned(),
        target_columns: row.get(4),
    }
}

impl Model {
    /// Whether a column is the whole of a key beside the primary one.
    pub fn is_unique(&self, column: &Column) -> bool {
        self.unique.iter().any(|(_, key)| key.len() == 1 && key[0] == column.name)
    }

    /// Whether a column is the whole of the primary key.
    pub fn is_primary(&self, column: &Column) -> bool {
        self.primary.len() == 1 && self.primary[0] == column.name
    }

    /// The keys of several columns beside the primary one.
    pub fn wide_keys(&self) -> impl Iterator<Item = &(String, Vec<String>)> {
        self.unique.iter().filter(|(_, key)| key.len() > 1)
    }

    /// What a reference is called in its own table: work_item of work_item_id, created_by_user of created_by.
    pub fn reference_name(&self, reference: &Reference) -> String {
        let column = reference.columns.last().expect("a key has columns");
        match column.strip_suffix("_id") {
            Some(stem) => stem.to_owned(),
            None => format!("{column}_{}", singular(&reference.target)),
        }
    }

    /// What the rows that refer to one row are called there: work_items, or users_by_created_by if a table
    /// refers twice.
    pub fn referring_name(&self, reference: &Reference) -> String {
        let twice = self.references.iter().filter(|other| other.target == reference.target).count() > 1;
        let column = reference.columns.last().expect("a key has columns");
        match twice {
            true => format!("{}_by_{}", self.table, column.trim_end_matches("_id")),
            false => self.table.clone(),
        }
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> &Column {
        self.columns.iter().find(|column| column.name == name).expect("a key's column is one of the table")
    }
}

/// The model of a table.
pub fn of_table<'a>(models: &'a [Model], table: &str) -> &'a Model {
    models.iter().find(|model| model.table == table).expect("references stay within the schema")
}

/// The last word in the singular.
pub fn singular(name: &str) -> String {
    match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => name.strip_suffix('s').unwrap_or(name).to_owned(),
    }
}

/// WorkItem of work_item.
pub fn pascal(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// workItem of work_item.
pub fn camel(name: &str) -> String {
    let name = pascal(name);
    name[..1].to_lowercase() + &name[1..]
}
