//! The providers known to a tenant: those that `awgp_core` lists, those in its settings, and those with a
//! price.

use super::tenant;
use crate::pg::relation;
use awgp_core::money::provider::{KNOWN, SETTING, is_named};
use uuid::Uuid;

/// True where a pool can be created for the provider.
pub fn is_known(tenant: Uuid, provider: &str) -> bool {
    KNOWN.contains(&provider)
        || tenant::setting(tenant, SETTING).is_some_and(|names| is_named(&names, provider))
        || has_price(provider)
}

fn has_price(provider: &str) -> bool {
    let mut found = false;
    relation::for_each_by_text(c"model_prices", c"idx_model_prices_provider", c"provider", provider, |_| {
        found = true;
    });
    found
}
