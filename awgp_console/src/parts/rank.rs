//! What a reader's role leaves out of a page. The database decides again whatever a page shows.

use crate::visit::Reader;

/// The roles, the least first.
const ROLES: [&str; 5] = ["viewer", "operator", "manager", "admin", "super_admin"];

/// Whether the reader has this role or a higher one.
pub fn is_at_least(reader: &Reader, least: &str) -> bool {
    let rank = |role: &str| ROLES.iter().position(|known| *known == role);
    rank(&reader.text("role")).is_some_and(|own| rank(least).is_some_and(|least| own >= least))
}

/// Whether a row is the reader's own tenant's, and not a subsidiary's.
pub fn is_own(reader: &Reader, row: &awgp_client::Row) -> bool {
    row.text("tenant_id").is_some_and(|tenant| tenant == reader.text("tenant_id"))
}
