//! How the audit trail identifies a row: by which id, and under which names of its table.

use super::tracked::Table;
use crate::pg::c_function::c_function;
use crate::pg::datum::{self, to_sql};
use crate::pg::query;
use crate::pg::row_function::Arguments;
use awgp_core::audit::entity;
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;

c_function!(awgp_entity_id, pg_finfo_awgp_entity_id, Arguments, entity_id);

/// The id of the row with this key.
fn entity_id(arguments: &Arguments) -> Datum {
    // SAFETY: the SQL declaration says text[] and STRICT.
    let key = arguments.get(0).and_then(|datum| unsafe { datum::text_array_of(datum) });
    let key: Vec<String> = key.into_iter().flatten().map(Option::unwrap_or_default).collect();
    to_sql(entity::entity_id(&key)).into_datum().unwrap_or(Datum::null())
}

/// All names under which the audit trail has recorded the rows of a table.
#[pg_extern(sql = r#"
CREATE FUNCTION awgp."entity_names"("entity" text)
RETURNS text[] STABLE STRICT PARALLEL UNSAFE SET search_path TO pg_catalog, pg_temp
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn entity_names(entity: &str) -> Vec<String> {
    let arguments = [entity.into()];
    // A name without a schema is not a table's. The catalog is read directly, because an auditor may read it,
    // while to_regclass() needs USAGE on the schema.
    let table = query::one::<pg_sys::Oid>(
        "SELECT pg_class.oid
         FROM (SELECT CASE WHEN $1 ~ '^(\\w+|\"[^\"]+\")\\.(\\w+|\"[^\"]+\")$' THEN parse_ident($1) END) AS named (parts)
         JOIN pg_namespace ON nspname = parts[1]
         JOIN pg_class ON relnamespace = pg_namespace.oid AND relname = parts[2]
         WHERE relkind IN ('r', 'p')",
        &arguments,
    );
    let Some(oid) = table.ok().flatten() else { return vec![entity.to_owned()] };
    let arguments = [oid.into()];
    let is_tracked = query::one::<bool>(
        "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1 AND tgname = 'awgp_capture')",
        &arguments,
    );
    if is_tracked != Ok(Some(true)) {
        return vec![entity.to_owned()];
    }
    let table = Table::read(oid, pg_sys::AccessShareLock);
    let mut names = table.pinned_names();
    names.push(table.name);
    if !names.iter().any(|name| name == entity) {
        names.push(entity.to_owned());
    }
    names
}
