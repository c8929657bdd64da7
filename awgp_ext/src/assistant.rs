//! The state machine of assistants, held by trigger.

use crate::machine::{is_insert, now, user_of};
use crate::raise::raise;
use crate::relation::Row;
use crate::trigger::{TriggerCall, trigger_function};
use awgp_core::assistant::{Status, begin, verb_between};
use pgrx::IntoDatum;
use pgrx::pg_sys::Datum;

trigger_function!(awgp_assistant_machine, pg_finfo_awgp_assistant_machine, assistant_machine);

fn status(row: &Row) -> Option<Status> {
    row.text(c"status").and_then(|name| Status::named(&name))
}

/// The status moves along the machine; when it last did, why, and who made the assistant are kept.
fn assistant_machine(call: &TriggerCall) -> Datum {
    let new = call.new_row();
    // A status that is none is left to the table's CHECK.
    let (Some(to), Some(tenant)) = (status(&new), new.uuid(c"tenant_id")) else { return call.keep() };
    let user = user_of(tenant);
    if is_insert(call) {
        if let Err(refusal) = begin(to) {
            raise(&refusal);
        }
        let creator = user.map(|user| crate::relation::to_sql(user).into_datum());
        return call.with_columns(&[
            (c"status_changed_at", Some(Datum::from(now()))),
            (c"created_by", creator.unwrap_or_else(|| new.raw(c"created_by"))),
        ]);
    }
    let old = call.old_row();
    let from = status(&old).unwrap_or(to);
    // What the user in context cannot change: a creator who may not approve stays the creator.
    let creator = if user.is_some() { old.raw(c"created_by") } else { new.raw(c"created_by") };
    if from == to {
        return call.with_columns(&[
            (c"status_changed_at", old.raw(c"status_changed_at")),
            (c"status_reason", old.raw(c"status_reason")),
            (c"created_by", creator),
        ]);
    }
    if let Err(refusal) = verb_between(from, to) {
        raise(&refusal);
    }
    let same_reason = new.text(c"status_reason") == old.text(c"status_reason");
    let reason = if same_reason { None } else { new.raw(c"status_reason") };
    call.with_columns(&[
        (c"status_changed_at", Some(Datum::from(now()))),
        (c"status_reason", reason),
        (c"created_by", creator),
    ])
}
