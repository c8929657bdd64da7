//! The finding about a trail that lacks what the database says it has had. Its hint verifies; it cannot mend.

use super::finding::Finding;
use crate::pg::relation;
use crate::pg::role;
use pgrx::pg_sys;
use pgrx::prelude::*;

const QUERY: &str = include_str!("../../../sql/verify/trail_cut.sql");

/// One finding for an empty trail, or for each lane that lacks its last recorded event.
pub fn trail_cut() -> Vec<Finding> {
    if relation::oid(c"audit_tree_lanes") == pg_sys::InvalidOid {
        return Vec::new();
    }
    let found = role::as_installer_past_row_security(|| {
        Spi::connect(|client| {
            client
                .select(QUERY, None, &[])?
                .map(|row| {
                    Ok(Finding {
                        code: "trail_cut",
                        severity: "error",
                        object: row.get(1)?.unwrap_or_default(),
                        message: row.get(2)?.unwrap_or_default(),
                        hint: row.get(3)?.unwrap_or_default(),
                    })
                })
                .collect::<spi::Result<Vec<_>>>()
        })
    });
    found.unwrap_or_else(|error| error!("the trail could not be read: {error}"))
}
