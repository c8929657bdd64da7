//! `track_table()` and `untrack_table()`: the trail of an application's own tables.
//!
//! The caller must own the table. The triggers are made as the owner of the trail, because only he may name
//! the trigger functions: whoever could put them on a table of his own with arguments of his own could write
//! events about tables that are not his.

use super::actor;
use super::event::Event;
use super::privileged::AsOwner;
use super::queue;
use crate::argument;
use crate::jsonb::Jsonb;
use crate::query;
use crate::raise::raise;
use crate::relation;
use crate::transaction::refuse_read_only;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::json;

/// Records every insert, update and delete on the table from now on, and returns its name. Called again, it
/// replaces the options.
#[pg_extern(sql = r#"
CREATE FUNCTION awgp."track_table"("table" regclass, "exclude" text[] DEFAULT NULL, "mask" text[] DEFAULT NULL)
RETURNS text VOLATILE PARALLEL UNSAFE SET search_path TO pg_catalog, pg_temp
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn track_table(
    table: Option<pg_sys::Oid>,
    exclude: default!(Option<Vec<Option<String>>>, "NULL"),
    mask: default!(Option<Vec<Option<String>>>, "NULL"),
) -> String {
    refuse_read_only(c"awgp.track_table()");
    let table = table.unwrap_or(pg_sys::InvalidOid);
    let name = owned_table(table);
    let columns = |argument: &str, names: Option<Vec<Option<String>>>| {
        argument::texts(argument, names.unwrap_or_default())
    };
    let (exclude, mask) = (columns("exclude", exclude), columns("mask", mask));
    for column in exclude.iter().chain(&mask) {
        refuse_unknown_column(table, &name, column);
    }
    refuse_without_tenant(table, &name);
    let options = [("exclude", &exclude), ("mask", &mask)];
    let arguments = options.iter().filter(|(_, columns)| !columns.is_empty());
    let arguments =
        arguments.map(|(option, columns)| spi::quote_literal(format!("{option}={}", columns.join(","))));
    let literal = spi::quote_literal(&name);
    let call: Vec<String> = std::iter::once(literal.clone()).chain(arguments).collect();
    let call = call.join(", ");
    as_owner(&[
        format!(
            "CREATE OR REPLACE TRIGGER awgp_capture AFTER INSERT OR UPDATE OR DELETE ON {name}
                 FOR EACH ROW EXECUTE FUNCTION awgp.capture({call})"
        ),
        format!(
            "COMMENT ON TRIGGER awgp_capture ON {name} IS 'Every change is recorded in the audit trail.'"
        ),
        format!(
            "CREATE OR REPLACE TRIGGER awgp_refuse_truncate BEFORE TRUNCATE ON {name}
                 FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate({literal})"
        ),
        format!(
            "COMMENT ON TRIGGER awgp_refuse_truncate ON {name} IS 'The trail could not say which rows went.'"
        ),
    ]);
    record("track_table", &name, &exclude, &mask);
    name
}

/// Records nothing of the table from now on, and returns its name. What was recorded stays.
#[pg_extern(sql = r#"
CREATE FUNCTION awgp."untrack_table"("table" regclass)
RETURNS text VOLATILE PARALLEL UNSAFE SET search_path TO pg_catalog, pg_temp
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn untrack_table(table: Option<pg_sys::Oid>) -> String {
    refuse_read_only(c"awgp.untrack_table()");
    let table = table.unwrap_or(pg_sys::InvalidOid);
    let name = owned_table(table);
    as_owner(&[
        format!("DROP TRIGGER IF EXISTS awgp_capture ON {name}"),
        format!("DROP TRIGGER IF EXISTS awgp_refuse_truncate ON {name}"),
    ]);
    record("untrack_table", &name, &[], &[]);
    name
}

/// The table's name, quoted and with its schema, if it is a table of the caller's own and none of ours.
fn owned_table(table: pg_sys::Oid) -> String {
    let arguments = [table.into()];
    let found = query::one::<String>(
        "SELECT format('%I.%I', nspname, relname)
         FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE pg_class.oid = $1 AND relkind IN ('r', 'p')
           AND nspname NOT IN ('awgp', 'pg_catalog', 'information_schema')
           AND pg_has_role(current_user, relowner, 'USAGE')",
        &arguments,
    );
    match found {
        Ok(Some(name)) => name,
        _ => raise(&Refusal::new(
            Reason::NotTrackable,
            "the table cannot be tracked",
            "Name an ordinary or partitioned table that you own and that is not AWGP's own.",
        )),
    }
}

fn refuse_without_tenant(table: pg_sys::Oid, name: &str) {
    let arguments = [table.into()];
    let has_tenant = query::one::<bool>(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1 AND attname = 'tenant_id'
                        AND atttypid = 'uuid'::regtype AND attnotnull AND NOT attisdropped)",
        &arguments,
    );
    if has_tenant != Ok(Some(true)) {
        raise(
            &Refusal::new(
                Reason::NotTrackable,
                "the table has no column tenant_id of type uuid that is NOT NULL",
                format!(
                    "ALTER TABLE {name} ADD COLUMN tenant_id uuid NOT NULL REFERENCES awgp.tenants (id);"
                ),
            )
            .with("table", name),
        );
    }
}

fn refuse_unknown_column(table: pg_sys::Oid, name: &str, column: &str) {
    let arguments = [table.into(), column.into()];
    let known = query::one::<bool>(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1 AND attname = $2
                        AND attnum > 0 AND NOT attisdropped)",
        &arguments,
    );
    // The options are a list separated by commas; a column's name that holds one cannot be in it.
    if known != Ok(Some(true)) || column.contains(',') {
        raise(
            &Refusal::new(
                Reason::UnknownColumn,
                "the table has no such column to exclude or mask",
                "Check the column's name; names that hold a comma cannot be listed.",
            )
            .with("table", name)
            .with("column", column),
        );
    }
}

/// Runs statements of our own making as the owner of the trail.
fn as_owner(statements: &[String]) {
    // SAFETY: the relation is open while its owner acts.
    unsafe {
        let trail = relation::open(c"audit_logs", pg_sys::AccessShareLock);
        let owner = AsOwner::of(trail);
        for statement in statements {
            if let Err(error) = Spi::run(statement) {
                error!("the table's triggers could not be changed: {error}");
            }
        }
        drop(owner);
        pg_sys::table_close(trail, pg_sys::NoLock as pg_sys::LOCKMODE);
    }
}

/// What is tracked is itself on the record, in the installation's own chain.
fn record(action: &str, table: &str, exclude: &[String], mask: &[String]) {
    let after = json!({ "table": table, "exclude": exclude, "mask": mask });
    queue::push(Event {
        id: None,
        tenant: queue::installation(),
        actor: actor::current(),
        action: action.to_owned(),
        entity_type: "table".to_owned(),
        entity_id: None,
        before: None,
        after: Some(Jsonb::from_text(&after.to_string())),
        metadata: None,
        left_out: Vec::new(),
    });
}
