//! The triggers of communication policies.

use super::{load, windows};
use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use awgp_core::messaging::PolicyError;
use awgp_core::messaging::policy::{Draft, check};
use pgrx::pg_sys::Datum;

trigger_function!(awgp_guard_policy, pg_finfo_awgp_guard_policy, guard_policy);
trigger_function!(awgp_forget_windows, pg_finfo_awgp_forget_windows, forget_windows);

/// Refuses a policy that cannot be used, and names what is wrong.
fn guard_policy(call: &TriggerCall) -> Datum {
    if let Err(error) = checked(call) {
        raise(&error.into());
    }
    call.keep()
}

fn checked(call: &TriggerCall) -> Result<(), PolicyError> {
    let settings = call.new_uuid(c"tenant_id").and_then(load::tenant).map(|tenant| tenant.messaging());
    let (from, to) =
        (call.new_text_array(c"from_assistant_types"), call.new_text_array(c"to_assistant_types"));
    let channels = call.new_text_array(c"allowed_channels");
    let draft = Draft {
        from_types: from.as_deref(),
        to_types: to.as_deref(),
        channels: channels.as_deref(),
        // NULL is left to NOT NULL.
        limit: call.new_integer(c"rate_limit_per_hour").map_or(0, i64::from),
    };
    check(&draft, &settings.unwrap_or_default())?;
    match call.new_jsonb(c"content_rules") {
        Some(rules) => rules.with_text(load::parsed).map(|_| ()),
        None => Ok(()),
    }
}

/// Deletes the counts of a deleted policy.
fn forget_windows(call: &TriggerCall) -> Datum {
    if let Some(policy) = call.old_uuid(c"id") {
        windows::forget(policy);
    }
    nothing()
}
