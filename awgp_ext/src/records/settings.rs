//! What a tenant's settings say, read below row-level security.

use crate::pg::parameter::{known, of_superuser};
use crate::pg::relation;
use crate::pg::tuple::Row;
use awgp_core::records::policy::{HallucinationPolicy, conversation_policy, hallucination_policy};
use pgrx::GucSetting;
use serde_json::Value;
use uuid::Uuid;

static RETENTION: GucSetting<i32> = GucSetting::<i32>::new(0);

/// How many days after its end the content of a conversation is erased, where the tenant's settings do not say; None:
/// never.
fn retention_days() -> Option<u32> {
    u32::try_from(known(&RETENTION)).ok().filter(|days| *days > 0)
}

/// Declares the parameter.
pub fn define() {
    of_superuser(
        c"awgp.conversation_retention",
        c"How many days after its end maintenance erases the content of a conversation.",
        c"0: never. A tenant's own setting, conversation_policy.retention_days, wins.",
    )
    .integer(&RETENTION, 0, 36_500);
}

/// The tenant's `hallucination_policy`. Settings are validated when they are written; what cannot be read all the same
/// counts as the default, which asks for more than most policies.
pub fn hallucinations(tenant: Uuid) -> HallucinationPolicy {
    let mut settings = Value::Null;
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        settings = settings_of(row);
    });
    hallucination_policy(&settings).unwrap_or_default()
}

/// The tenants that have a retention, and how many days it is.
pub fn retentions() -> Vec<(Uuid, u32)> {
    let mut retentions = Vec::new();
    relation::for_each(c"tenants", |row| {
        let own = conversation_policy(&settings_of(row)).unwrap_or_default().retention_days;
        let days = own.or_else(retention_days);
        retentions.extend(row.uuid(c"id").zip(days));
    });
    retentions
}

fn settings_of(row: &Row) -> Value {
    row.jsonb(c"settings").map(|settings| settings.value()).unwrap_or_default()
}
