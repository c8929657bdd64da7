//! A tenant's approval policy, as it is now.

use crate::pg::relation;
use awgp_core::approval::policy::ApprovalPolicy;
use awgp_core::refusal::Refusal;
use uuid::Uuid;

/// The policy of a tenant. Refuses with `invalid_setting` where it cannot be parsed; only a superuser who
/// disables the trigger can have written such a policy.
pub fn of(tenant: Uuid) -> Result<ApprovalPolicy, Refusal> {
    let mut policy = Ok(ApprovalPolicy::default());
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        if let Some(settings) = row.jsonb(c"settings") {
            policy = ApprovalPolicy::of_settings(&settings.value());
        }
    });
    policy.map_err(Refusal::from)
}
