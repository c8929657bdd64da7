//! The trigger that tells of a suspended assistant.
//!
//! `AFTER UPDATE … FOR EACH ROW EXECUTE FUNCTION awgp.tell_of_suspension('assistants')`. By a trigger,
//! because a plain UPDATE suspends as the function does.

use super::write;
use crate::import::permit::IMPORT;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use awgp_core::notices::Kind;
use pgrx::pg_sys::Datum;

trigger_function!(awgp_tell_of_suspension, pg_finfo_awgp_tell_of_suspension, tell_of_suspension);

fn tell_of_suspension(call: &TriggerCall) -> Datum {
    if IMPORT.is_held_for(call.relation_oid()) {
        return nothing();
    }
    let suspended = |status: Option<String>| status.as_deref() == Some("suspended");
    if suspended(call.old_text(c"status")) || !suspended(call.new_text(c"status")) {
        return nothing();
    }
    if let (Some(tenant), Some(assistant)) = (call.new_uuid(c"tenant_id"), call.new_uuid(c"id")) {
        write(Kind::AssistantSuspended, tenant, "assistants", assistant);
    }
    nothing()
}
