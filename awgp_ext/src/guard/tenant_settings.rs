//! The trigger on `awgp.tenants` that checks settings before they are stored, and says what falls away.

use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, trigger_function};
use crate::tenant_settings::CHANGE;
use awgp_core::tenant_settings::change::fallen;
use awgp_core::tenant_settings::validate;
use pgrx::pg_sys::Datum;

trigger_function!(awgp_guard_settings, pg_finfo_awgp_guard_settings, guard_settings);

/// Checks every key; NULL is left to NOT NULL, and what is not an object to the table's CHECK.
fn guard_settings(call: &TriggerCall) -> Datum {
    let Some(settings) = call.new_row().jsonb(c"settings") else { return call.keep() };
    let settings = settings.value();
    if let Err(error) = validate(&settings) {
        raise(&error.into());
    }
    if call.is_update() && !CHANGE.is_held() {
        let before = call.old_row().jsonb(c"settings");
        let gone = before.map(|before| fallen(&before.value(), &settings)).unwrap_or_default();
        if !gone.is_empty() {
            pgrx::notice!(
                "settings that are no longer set, so that their defaults are in force: {}",
                gone.join(", ")
            );
        }
    }
    call.keep()
}
