//! What runs in the scope of a stop: what began before it and has not ended.

use super::heads::with_latest_snapshot;
use super::in_force::Stop;
use crate::pg::datum::{uuid, uuids};
use crate::pg::role::as_installer_past_row_security;
use crate::pg::statement::statements;
use serde_json::Value;
use uuid::Uuid;

/// How many of each kind an answer names.
const NAMED_MAX: i32 = 100;

statements! {
    /// Open actions, held reservations and items in progress of these tenants (NULL: of all), or of one
    /// assistant: how many there are, and the oldest of them.
    RUNNING(UUIDARRAYOID, UUIDOID, INT4OID) = include_str!("../../../sql/stop/running.sql");
}

/// How much runs, and the first of it: {actions: {count, first: […]}, reservations: …, work_items: …}.
pub fn of(stop: &Stop, tenants: Option<&[Uuid]>) -> Value {
    let arguments =
        [tenants.and_then(uuids), stop.assistant.and_then(uuid), Some(pgrx::pg_sys::Datum::from(NAMED_MAX))];
    let read = || {
        RUNNING.look(&arguments, |rows| {
            rows.first().and_then(|row| row.jsonb(c"running")).map(|running| running.value())
        })
    };
    with_latest_snapshot(|| as_installer_past_row_security(read)).unwrap_or_default()
}
