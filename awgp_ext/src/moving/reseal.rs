//! Sealed months that get or lose rows of a family that moves.
//!
//! A seal is over all lanes of a month. So before the first row comes the month is verified against its seal,
//! and afterwards it is sealed again, in the same transaction. The event names the old seal and the lanes of
//! the family: whoever leaves those out computes the old seal, and the anchors of all other lanes stay.

use super::record::Move;
use crate::audit::{detached, seal};
use pgrx::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

/// Those of the months that are sealed. A retired one is refused before anything moves.
pub fn sealed_among(months: &BTreeSet<String>) -> Vec<String> {
    let names: Vec<String> = months.iter().cloned().collect();
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT partition_name FROM awgp.audit_log_integrity WHERE partition_name = ANY ($1) ORDER BY 1",
            None,
            &[names.into()],
        )?;
        rows.map(|row| row.get::<String>(1)).collect::<spi::Result<Vec<_>>>()
    });
    let read = read.unwrap_or_else(|error| error!("awgp.audit_log_integrity could not be read: {error}"));
    read.into_iter().flatten().collect()
}

/// Seals them again.
pub fn again(months: &[String], moving: &Move, because: &str) {
    for month in months {
        let before = detached::stored_seal(month).map(|(_, hash)| hash);
        seal::seal_because(
            month,
            &json!({
                "because": because,
                "move_id": moving.id,
                "tenants": moving.tenants,
                "cumulative_hash_before": before,
            }),
        );
    }
}
