//! An application's tracked tables, and their triggers.

use super::{queue, rules};
use crate::pg::relation;
use crate::pg::role::{ActingAs, Purpose};
use awgp_core::audit::tracked::{Column, Pinned};
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::Value;

/// The trigger that records changes.
pub const CAPTURE: &str = "awgp_capture";
/// The trigger that refuses TRUNCATE, on the table and on each of its partitions.
pub const REFUSE_TRUNCATE: &str = "awgp_refuse_truncate";

/// A table that is tracked or about to be, locked against changes of its definition.
pub struct Table {
    /// Its oid.
    pub oid: pg_sys::Oid,
    /// Its name, quoted and with its schema.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The arguments of its capture trigger; None where the table is not tracked.
    pub arguments: Option<Vec<String>>,
}

impl Table {
    /// Reads it under the lock that CREATE TRIGGER takes.
    pub fn lock(oid: pg_sys::Oid) -> Self {
        Self::read(oid, pg_sys::ShareRowExclusiveLock)
    }

    /// Reads it under this lock, which is held until the transaction ends.
    pub fn read(oid: pg_sys::Oid, mode: u32) -> Self {
        // SAFETY: opened, read and closed; the lock is held until the end of the transaction.
        unsafe {
            let relation = pg_sys::table_open(oid, mode.cast_signed());
            let is_capture = |trigger: &*const pg_sys::Trigger| {
                std::ffi::CStr::from_ptr((**trigger).tgname).to_str() == Ok(CAPTURE)
            };
            let table = Self {
                oid,
                name: rules::name_of(relation),
                columns: rules::columns(relation),
                arguments: rules::triggers_of(relation)
                    .find(is_capture)
                    .map(|trigger| rules::arguments(trigger)),
            };
            pg_sys::table_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
            table
        }
    }

    /// The pinned options in its trigger's arguments; None where there are none, or only in an older form.
    pub fn pinned(&self) -> Option<Pinned> {
        self.arguments.as_ref()?.get(1).and_then(|argument| Pinned::parse(argument))
    }

    /// The names under which the audit trail has the table's rows, other than its present name.
    pub fn pinned_names(&self) -> Vec<String> {
        let mut names = self.pinned().map(|pinned| pinned.former_names).unwrap_or_default();
        names.extend(self.arguments.iter().filter_map(|arguments| arguments.first().cloned()));
        names.retain(|name| *name != self.name);
        names.dedup();
        names
    }

    /// The statement that creates the trigger that records changes; partitions get clones of it.
    pub fn capture(&self, pinned: &Pinned) -> String {
        let (name, literal) = (&self.name, spi::quote_literal(&self.name));
        let argument = spi::quote_literal(pinned.to_argument());
        format!(
            "CREATE OR REPLACE TRIGGER {CAPTURE} AFTER INSERT OR UPDATE OR DELETE ON {name}
                 FOR EACH ROW EXECUTE FUNCTION awgp.capture({literal}, {argument});
             COMMENT ON TRIGGER {CAPTURE} ON {name} IS 'Every change is recorded in the audit trail.'"
        )
    }

    /// The other statements for a tracked table. The triggers that refuse TRUNCATE, on the table and on its
    /// partitions, because these triggers are not cloned. And privileges for the owner, because the server
    /// checks that whoever creates a partition may use the trigger's function.
    pub fn others(&self) -> Vec<String> {
        let literal = spi::quote_literal(&self.name);
        let refuse = self.members(UNGUARDED).into_iter().map(|name| {
            format!(
                "CREATE OR REPLACE TRIGGER {REFUSE_TRUNCATE} BEFORE TRUNCATE ON {name}
                     FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate({literal});
                 COMMENT ON TRIGGER {REFUSE_TRUNCATE} ON {name} IS 'The trail could not say which rows went.'"
            )
        });
        let grant = self.members(OWNERS).into_iter().map(|owner| {
            format!(
                "GRANT USAGE ON SCHEMA awgp TO {owner};
                 GRANT EXECUTE ON FUNCTION awgp.capture(), awgp.refuse_truncate() TO {owner}"
            )
        });
        refuse.chain(grant).collect()
    }

    /// The names of the table and all partitions below it.
    pub fn parts(&self) -> Vec<String> {
        self.members(MEMBERS)
    }

    /// The names that a query about the table and its partitions returns.
    fn members(&self, query: &str) -> Vec<String> {
        let arguments = [self.oid.into()];
        Spi::connect(|client| {
            client
                .select(query, None, &arguments)?
                .map(|row| row.get::<String>(1))
                .collect::<spi::Result<Vec<_>>>()
        })
        .map(|names| names.into_iter().flatten().collect())
        .unwrap_or_else(|error| error!("the partitions of {} could not be read: {error}", self.name))
    }
}

/// A query on the table and all partitions below it. Before PostgreSQL 16, a foreign table cannot have a
/// TRUNCATE trigger.
macro_rules! members {
    ($what:literal, $where:literal) => {
        concat!(
            "SELECT DISTINCT ",
            $what,
            " FROM (SELECT $1::oid UNION SELECT relid::oid FROM pg_catalog.pg_partition_tree($1)) AS member (oid)
              JOIN pg_catalog.pg_class ON pg_class.oid OPERATOR(pg_catalog.=) member.oid
              JOIN pg_catalog.pg_namespace ON pg_namespace.oid OPERATOR(pg_catalog.=) relnamespace
              WHERE relkind OPERATOR(pg_catalog.=) ANY ('{r,p}') AND ",
            $where,
            " ORDER BY 1"
        )
    };
}

const MEMBERS: &str = members!("pg_catalog.format('%I.%I', nspname, relname)", "true");
const UNGUARDED: &str = members!(
    "pg_catalog.format('%I.%I', nspname, relname)",
    "NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid OPERATOR(pg_catalog.=) member.oid
                 AND tgname OPERATOR(pg_catalog.=) 'awgp_refuse_truncate')"
);
const OWNERS: &str = members!(
    "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(relowner))",
    "NOT (pg_catalog.has_function_privilege(relowner, 'awgp.capture()', 'EXECUTE')
          AND pg_catalog.has_function_privilege(relowner, 'awgp.refuse_truncate()', 'EXECUTE')
          AND pg_catalog.has_schema_privilege(relowner, 'awgp', 'USAGE'))"
);

/// Runs statements written by AWGP as the owner of the audit trail.
pub fn as_owner(statements: &[String]) {
    // SAFETY: the relation is open while the code acts as its owner.
    unsafe {
        let trail = relation::open(c"audit_logs", pg_sys::AccessShareLock);
        let owner = ActingAs::owner_of(trail, Purpose::Restricted);
        for statement in statements {
            if let Err(error) = Spi::run(statement) {
                error!("the table's triggers could not be changed: {error}");
            }
        }
        drop(owner);
        pg_sys::table_close(trail, pg_sys::NoLock as pg_sys::LOCKMODE);
    }
}

/// Records changes of tracking in the installation's own chain.
pub fn record(action: &str, after: &Value) {
    queue::push_installation_event(action, "table", after);
}
