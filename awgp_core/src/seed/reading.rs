//! How a column of the seed is read, whatever type it has in the database.

/// What a column of the seed holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An id.
    Uuid,
    /// A text, or a name from a list.
    Text,
    /// A JSON value.
    Json,
    /// A number of 32 bits.
    Integer,
    /// A number of 64 bits.
    Bigint,
    /// An amount.
    Numeric,
    /// True or false.
    Flag,
    /// A moment.
    Time,
    /// A list of texts.
    Texts,
    /// A list of ids.
    Uuids,
    /// A list of numbers.
    Integers,
}

impl Kind {
    /// The SQL type under which it is read.
    pub fn sql_type(self) -> &'static str {
        match self {
            Self::Uuid => "pg_catalog.uuid",
            Self::Text => "pg_catalog.text",
            Self::Json => "pg_catalog.jsonb",
            Self::Integer => "pg_catalog.int4",
            Self::Bigint => "pg_catalog.int8",
            Self::Numeric => "pg_catalog.numeric",
            Self::Flag => "pg_catalog.bool",
            Self::Time => "pg_catalog.timestamptz",
            Self::Texts => "pg_catalog.text[]",
            Self::Uuids => "pg_catalog.uuid[]",
            Self::Integers => "pg_catalog.int4[]",
        }
    }
}

/// The type of a column in the database: its name in pg_type, or that of an array's elements.
#[derive(Clone, Copy, Debug)]
pub struct Type<'a> {
    /// The name.
    pub name: &'a str,
    /// Whether it is an enum.
    pub is_enum: bool,
    /// Whether it is an array of it.
    pub is_array: bool,
}

/// An expression that reads a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The expression, of the kind's type.
    pub sql: String,
    /// Whether it is NULL for values that do not fit: such rows are reported.
    pub may_fail: bool,
}

/// A uuid as PostgreSQL prints it.
const UUID: &str = "'^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'";

/// The expression that reads `column`, a quoted name, as this kind; None where its type has another meaning.
pub fn reading(kind: Kind, of: Type<'_>, column: &str) -> Option<Reading> {
    let sure = |sql: String| Some(Reading { sql, may_fail: false });
    let tried = |sql: String| Some(Reading { sql, may_fail: true });
    let cast = || sure(format!("{column}::{}", kind.sql_type()));
    let is_text = of.is_enum || matches!(of.name, "text" | "varchar" | "bpchar" | "citext");
    let is_list = matches!(kind, Kind::Texts | Kind::Uuids | Kind::Integers);
    if of.is_array != is_list {
        return None;
    }
    match (kind, of.name) {
        (Kind::Uuid | Kind::Uuids, "uuid")
        | (Kind::Text, "text")
        | (Kind::Json, "jsonb")
        | (Kind::Flag, "bool") => sure(column.to_owned()),
        (Kind::Uuid, _) if is_text && !of.is_enum => tried(format!(
            "CASE WHEN {column}::pg_catalog.text ~ {UUID} THEN {column}::pg_catalog.text::pg_catalog.uuid END"
        )),
        (Kind::Text, "uuid")
        | (Kind::Integer | Kind::Integers | Kind::Bigint, "int2" | "int4")
        | (Kind::Bigint, "int8")
        | (Kind::Numeric, "numeric" | "int2" | "int4" | "int8" | "float4" | "float8")
        | (Kind::Time, "timestamptz") => cast(),
        (Kind::Text | Kind::Texts, _) if is_text => cast(),
        (Kind::Integer, "int8") => tried(format!(
            "CASE WHEN {column} BETWEEN -2147483648 AND 2147483647 THEN {column}::pg_catalog.int4 END"
        )),
        // Prisma writes UTC into a timestamp without a time zone.
        (Kind::Time, "timestamp") => sure(format!("({column} AT TIME ZONE 'UTC')")),
        (Kind::Uuids, _) if is_text && !of.is_enum => {
            let texts = format!("{column}::pg_catalog.text[]");
            tried(format!(
                "CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.unnest({texts}) AS e WHERE e !~ {UUID}) \
                 THEN {texts}::pg_catalog.uuid[] END"
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str) -> Type<'_> {
        Type { name, is_enum: false, is_array: false }
    }

    #[test]
    fn what_an_orm_makes_of_a_type_is_read() {
        for (kind, name) in [
            (Kind::Uuid, "text"),
            (Kind::Uuid, "uuid"),
            (Kind::Text, "varchar"),
            (Kind::Json, "jsonb"),
            (Kind::Time, "timestamp"),
            (Kind::Time, "timestamptz"),
            (Kind::Integer, "int4"),
            (Kind::Bigint, "int8"),
            (Kind::Numeric, "numeric"),
            (Kind::Numeric, "float8"),
            (Kind::Flag, "bool"),
        ] {
            assert!(reading(kind, plain(name), "\"c\"").is_some(), "{kind:?} {name}");
        }
        let named = Type { name: "TenantType", is_enum: true, is_array: false };
        let read = reading(Kind::Text, named, "\"type\"").expect("an enum is a text");
        assert_eq!(read, Reading { sql: "\"type\"::pg_catalog.text".to_owned(), may_fail: false });
        let listed = Type { is_array: true, ..named };
        assert!(reading(Kind::Texts, listed, "\"types\"").is_some());
    }

    #[test]
    fn a_type_with_another_meaning_is_not_read() {
        for (kind, name) in [
            (Kind::Uuid, "int8"),
            (Kind::Json, "json"),
            (Kind::Json, "text"),
            (Kind::Flag, "int4"),
            (Kind::Time, "date"),
            (Kind::Numeric, "money"),
            (Kind::Texts, "text"),
        ] {
            assert_eq!(reading(kind, plain(name), "\"c\""), None, "{kind:?} {name}");
        }
    }

    #[test]
    fn only_a_reading_that_cannot_lose_a_value_is_sure() {
        let fails = |kind, name| reading(kind, plain(name), "c").is_some_and(|read| read.may_fail);
        assert!(fails(Kind::Uuid, "text") && fails(Kind::Integer, "int8"));
        assert!(
            !fails(Kind::Uuid, "uuid") && !fails(Kind::Integer, "int4") && !fails(Kind::Numeric, "float8")
        );
    }
}
