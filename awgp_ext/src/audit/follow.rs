//! Follows changes of a tracked table: a new partition, a new name of the table or of a column, a drop.
//!
//! Two event triggers of the database do this. They are created when the first table is tracked, if the owner
//! of the audit trail is a superuser; no other role can create them. After CREATE TABLE, ALTER TABLE and
//! ALTER SCHEMA, the triggers of the affected tracked tables are created again where they are out of date.
//! Drops are recorded. Without the event triggers masked columns still stay masked, and `awgp.doctor()`
//! reports what to do.

use super::permit::UNTRACK;
use super::rules;
use super::secrets;
use super::tracked::{Table, as_owner, record};
use crate::locks::Subject;
use crate::pg::c_function::c_function;
use crate::pg::lock;
use crate::pg::query;
use crate::pg::relation;
use crate::pg::trigger::nothing;
use awgp_core::audit::tracked::Treatment;
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use serde_json::json;

/// A call of an event trigger.
struct EventCall;

impl EventCall {
    /// # Safety
    /// `fcinfo` is what PostgreSQL passed.
    unsafe fn new(fcinfo: pg_sys::FunctionCallInfo) -> Self {
        // SAFETY: context is null or a node; its tag tells whether it is an event trigger's.
        unsafe {
            let node = (*fcinfo).context;
            if node.is_null() || (*node).type_ != pg_sys::NodeTag::T_EventTriggerData {
                ereport!(
                    PgLogLevel::ERROR,
                    PgSqlErrorCode::ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED,
                    "this function can only be called as an event trigger"
                );
            }
        }
        Self
    }
}

c_function!(awgp_follow_tables, pg_finfo_awgp_follow_tables, EventCall, follow_tables);
c_function!(awgp_record_drops, pg_finfo_awgp_record_drops, EventCall, record_drops);

/// Runs `body` without recording what it drops: its caller records it.
pub fn quietly(body: impl FnOnce()) {
    let _untracking = UNTRACK.hold();
    body();
}

const EVENT_TRIGGERS: [(&str, &str); 2] = [
    (
        "awgp_follow_tables",
        "CREATE EVENT TRIGGER awgp_follow_tables ON ddl_command_end
             WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE', 'ALTER SCHEMA')
             EXECUTE FUNCTION awgp.follow_tables();
         COMMENT ON EVENT TRIGGER awgp_follow_tables IS
             'AWGP: partitions of tracked tables get their triggers; masked columns stay masked when they are renamed.'",
    ),
    (
        "awgp_record_drops",
        "CREATE EVENT TRIGGER awgp_record_drops ON sql_drop EXECUTE FUNCTION awgp.record_drops();
         COMMENT ON EVENT TRIGGER awgp_record_drops IS
             'AWGP: the drop of a tracked table, of a partition of it or of its triggers is recorded in the audit trail.'",
    ),
];

/// Creates the missing event triggers, if the owner of the audit trail may.
pub fn ensure_event_triggers() {
    if missing_event_triggers().is_empty() || !owner_is_superuser() {
        return;
    }
    // Another session may be tracking its first table at the same time.
    lock::lock_until_commit(Subject::Tracking);
    let missing = missing_event_triggers();
    let statements = EVENT_TRIGGERS.iter().filter(|(name, _)| missing.contains(name));
    as_owner(&statements.map(|(_, statement)| (*statement).to_owned()).collect::<Vec<_>>());
}

fn missing_event_triggers() -> Vec<&'static str> {
    let is_missing = |name: &&str| {
        let arguments = [(*name).into()];
        // With a fresh snapshot: another session may have created it while this one waited.
        let found = Spi::get_one_with_args::<bool>(
            "SELECT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = $1)",
            &arguments,
        );
        found != Ok(Some(true))
    };
    EVENT_TRIGGERS.iter().map(|(name, _)| *name).filter(is_missing).collect()
}

fn owner_is_superuser() -> bool {
    let found = query::one::<bool>(
        "SELECT rolsuper FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
         WHERE pg_class.oid = to_regclass('awgp.audit_logs')",
        &[],
    );
    found == Ok(Some(true))
}

/// The tracked tables that a command affects: directly, through a partition or through their schema.
const TOUCHED: &str = "
    WITH command AS (SELECT classid, objid FROM pg_event_trigger_ddl_commands()),
    touched (oid) AS (
        SELECT objid FROM command WHERE classid = 'pg_class'::regclass
        UNION
        SELECT pg_class.oid FROM command JOIN pg_class ON relnamespace = objid AND relkind IN ('r', 'p')
        WHERE classid = 'pg_namespace'::regclass
    )
    SELECT DISTINCT tree.oid
    FROM touched
    CROSS JOIN LATERAL (
        SELECT touched.oid UNION SELECT relid::oid FROM pg_partition_ancestors(touched.oid)) AS tree (oid)
    JOIN pg_class ON pg_class.oid = tree.oid AND relnamespace <> 'awgp'::regnamespace
    JOIN pg_trigger ON tgrelid = tree.oid AND tgname = 'awgp_capture' AND tgparentid = 0
    WHERE tgfoid = to_regproc('awgp.capture')
    ORDER BY 1";

/// Runs after a command that may have changed tracked tables.
fn follow_tables(_call: &EventCall) -> Datum {
    let touched = Spi::connect(|client| {
        client
            .select(TOUCHED, None, &[])?
            .map(|row| row.get::<pg_sys::Oid>(1))
            .collect::<spi::Result<Vec<_>>>()
    });
    let touched = touched.unwrap_or_else(|error| error!("the changed tables could not be read: {error}"));
    // Without its table the audit trail records nothing; the doctor reports that.
    if relation::oid(c"audit_logs") != pg_sys::InvalidOid {
        touched.into_iter().flatten().for_each(follow);
    }
    nothing()
}

fn follow(oid: pg_sys::Oid) {
    let table = Table::read(oid, pg_sys::AccessShareLock);
    let mut statements = table.others();
    let was = table.arguments.as_ref().and_then(|arguments| arguments.first());
    let is_renamed = was.is_some_and(|was| *was != table.name);
    // Where it is unclear which column is which, the trigger stays as it is: it masks more, and the doctor
    // reports it.
    let again = table
        .pinned()
        .filter(|pinned| is_renamed || !pinned.agrees(&table.columns))
        .and_then(|pinned| pinned.again(oid.to_u32(), &table.columns, secrets::is_secret_column));
    if let Some(mut pinned) = again {
        pinned.former_names = table.pinned_names();
        statements.push(table.capture(&pinned));
        if let Some(was) = was.filter(|_| is_renamed) {
            let (exclude, mask) = (pinned.names(Treatment::Excluded), pinned.names(Treatment::Masked));
            let mut after = json!({ "table": table.name, "was": was, "exclude": exclude, "mask": mask });
            let erasable = pinned.names(Treatment::Erasable);
            if !erasable.is_empty() {
                after["erasable"] = erasable.into();
                after["subject"] = pinned.subject.clone().into();
            }
            record("rename_table", &after);
        }
    }
    if !statements.is_empty() {
        as_owner(&statements);
        rules::forget(None);
    }
}

/// The tables whose triggers were dropped: name, triggers, and whether the table was dropped too.
const DROPPED: &str = "
    WITH dropped AS (SELECT object_type, address_names FROM pg_event_trigger_dropped_objects())
    SELECT format('%I.%I', of_table.address_names[1], of_table.address_names[2]),
           string_agg(of_table.address_names[3], ', ' ORDER BY of_table.address_names[3]),
           bool_or(EXISTS (
               SELECT FROM dropped AS gone
               WHERE gone.object_type IN ('table', 'foreign table')
                 AND gone.address_names = of_table.address_names[1:2]))
    FROM dropped AS of_table
    WHERE of_table.object_type = 'trigger' AND of_table.address_names[1] <> 'awgp'
      AND of_table.address_names[3] IN ('awgp_capture', 'awgp_refuse_truncate')
    GROUP BY of_table.address_names[1], of_table.address_names[2]
    ORDER BY 1";

/// Runs after a command that has dropped something.
fn record_drops(_call: &EventCall) -> Datum {
    if UNTRACK.is_held() || relation::oid(c"audit_logs") == pg_sys::InvalidOid {
        return nothing();
    }
    let dropped = Spi::connect(|client| {
        client
            .select(DROPPED, None, &[])?
            .map(|row| Ok((row.get::<String>(1)?, row.get::<String>(2)?, row.get::<bool>(3)? == Some(true))))
            .collect::<spi::Result<Vec<_>>>()
    });
    let dropped = dropped.unwrap_or_else(|error| error!("the dropped objects could not be read: {error}"));
    for (table, triggers, is_gone) in dropped {
        if is_gone {
            record("drop_table", &json!({ "table": table }));
        } else {
            record("drop_trigger", &json!({ "table": table, "triggers": triggers }));
        }
    }
    nothing()
}
