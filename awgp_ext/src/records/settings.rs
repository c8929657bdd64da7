//! The settings on records: a tenant's own, read past row-level security, and the parameter.

use crate::moving;
use crate::pg::parameter::{known, of_superuser};
use crate::pg::relation;
use crate::pg::tuple::Row;
use awgp_core::records::policy::{HallucinationPolicy, conversation_policy, hallucination_policy};
use pgrx::GucSetting;
use serde_json::Value;
use uuid::Uuid;

static RETENTION: GucSetting<i32> = GucSetting::<i32>::new(0);

/// The number of days after a conversation's end when its content is erased, where the tenant has no setting
/// of its own; None: never.
fn retention_days() -> Option<u32> {
    u32::try_from(known(&RETENTION)).ok().filter(|days| *days > 0)
}

/// Declares the parameter.
pub fn define() {
    of_superuser(
        c"awgp.conversation_retention",
        c"Number of days after a conversation's end when maintenance erases its content.",
        c"0 means never. A tenant's own setting, conversation_policy.retention_days, takes precedence.",
    )
    .integer(&RETENTION, 0, 36_500);
}

/// The tenant's `hallucination_policy`. Settings are validated when they are written. One that still cannot
/// be parsed counts as the default, which is stricter than most policies.
pub fn hallucinations(tenant: Uuid) -> HallucinationPolicy {
    let mut settings = Value::Null;
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        settings = settings_of(row);
    });
    hallucination_policy(&settings).unwrap_or_default()
}

/// The tenants with a retention, and its number of days.
pub fn retentions() -> Vec<(Uuid, u32)> {
    let mut retentions = Vec::new();
    relation::for_each(c"tenants", |row| {
        let own = conversation_policy(&settings_of(row)).unwrap_or_default().retention_days;
        let days = own.or_else(retention_days);
        retentions.extend(row.uuid(c"id").filter(|tenant| moving::is_here(*tenant)).zip(days));
    });
    retentions
}

fn settings_of(row: &Row) -> Value {
    row.jsonb(c"settings").map(|settings| settings.value()).unwrap_or_default()
}
