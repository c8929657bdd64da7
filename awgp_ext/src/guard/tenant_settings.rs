//! The trigger on `awgp.tenants` that checks the settings AWGP knows before they are stored.

use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, trigger_function};
use awgp_core::tenant_settings::validate;
use pgrx::pg_sys::Datum;

trigger_function!(awgp_guard_settings, pg_finfo_awgp_guard_settings, guard_settings);

/// Checks every key that AWGP knows; NULL is left to NOT NULL, and what is not an object to the table's
/// CHECK.
fn guard_settings(call: &TriggerCall) -> Datum {
    let Some(settings) = call.new_row().jsonb(c"settings") else { return call.keep() };
    if let Err(error) = validate(&settings.value()) {
        raise(&error.into());
    }
    call.keep()
}
