//! A tenant's approval policy, as it is now.

use crate::relation;
use awgp_core::approval::policy::ApprovalPolicy;
use awgp_core::refusal::Refusal;
use uuid::Uuid;

/// The policy of a tenant. Refuses with `invalid_setting` where it cannot be read: only a superuser past the
/// trigger can have written it.
pub fn of(tenant: Uuid) -> Result<ApprovalPolicy, Refusal> {
    let mut policy = Ok(ApprovalPolicy::default());
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        if let Some(settings) = row.jsonb(c"settings") {
            let settings = settings.with_text(|text| serde_json::from_str(text).unwrap_or_default());
            policy = ApprovalPolicy::of_settings(&settings);
        }
    });
    policy.map_err(Refusal::from)
}
