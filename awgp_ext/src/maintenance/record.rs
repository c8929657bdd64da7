//! The last outcome of maintenance, one row per step.

use crate::pg::role;
use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::Value;

/// Stores the outcome of a step: `ok`, with `did` or `error`. As the table's owner, because no other role may
/// write it.
pub fn keep(step: &str, outcome: &Value) {
    let ok = outcome["ok"] == true;
    let arguments = [step.into(), ok.into(), JsonB(outcome.clone()).into()];
    let kept = role::as_owner_past_row_security(c"maintenance_steps", || {
        Spi::connect_mut(|client| {
            client
                .update(
                    "INSERT INTO awgp.maintenance_steps AS kept (step, last_run_at, last_success_at, last_outcome)
                     SELECT $1, now, CASE WHEN $2 THEN now END, $3 FROM clock_timestamp() AS now
                     ON CONFLICT (step) DO UPDATE
                     SET last_run_at = excluded.last_run_at, last_outcome = excluded.last_outcome,
                         last_success_at = coalesce(excluded.last_success_at, kept.last_success_at)",
                    None,
                    &arguments,
                )
                .map(|_| ())
        })
    });
    if let Err(error) = kept {
        error!("the outcome of maintenance could not be stored: {error}");
    }
}
