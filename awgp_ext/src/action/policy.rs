//! A tenant's policy for actions, as it is now.

use crate::pg::relation;
use awgp_core::action::policy::{ActionPolicy, SETTING};
use awgp_core::refusal::Refusal;
use uuid::Uuid;

/// The policy of a tenant. Refuses with `invalid_setting` where it cannot be parsed; only a superuser who
/// disables the trigger can have written such a policy.
pub fn of(tenant: Uuid) -> Result<ActionPolicy, Refusal> {
    let mut policy = Ok(ActionPolicy::default());
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        if let Some(settings) = row.jsonb(c"settings") {
            // Most tenants have no such policy: their settings are not parsed.
            if settings.with_text(|text| text.contains(SETTING)) {
                policy = ActionPolicy::of_settings(&settings.value());
            }
        }
    });
    policy.map_err(Refusal::from)
}
