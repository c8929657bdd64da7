//! What a tenant's settings say, read below row-level security.

use crate::relation;
use awgp_core::records::policy::{HallucinationPolicy, hallucination_policy};
use serde_json::Value;
use uuid::Uuid;

/// The tenant's `hallucination_policy`. Settings are validated when they are written; what cannot be read all the same
/// counts as the default, which asks for more than most policies.
pub fn hallucinations(tenant: Uuid) -> HallucinationPolicy {
    let mut settings = Value::Null;
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        if let Some(json) = row.json(c"settings") {
            settings = json.with_text(|text| serde_json::from_str(text).unwrap_or_default());
        }
    });
    hallucination_policy(&settings).unwrap_or_default()
}
