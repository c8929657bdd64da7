//! The audit trail: every change is captured, chained and stored in the transaction that makes it.
//!
//! Model: a row trigger ([`capture`]) turns a change into an event and adds it to the transaction's
//! [`queue`]. The queue is written when the transaction is about to commit, and in batches where it grows
//! large: for each tenant a lane of its chain is taken ([`lanes`]), and the events are hashed onto the lane's
//! tail and appended to the month's partition ([`append`]). So a lane is held only during the commit, not
//! during the whole transaction, and writers of one tenant rarely meet.
//!
//! Failure handling: an error here fails the transaction; a change is never committed without its event.
//! Rolling back a savepoint removes its events.
//!
//! Nothing else writes the audit trail: [`immutable`] refuses INSERT, UPDATE, DELETE and TRUNCATE for every
//! role. In a copy of another installation the subscription writes it instead ([`copied`]).

pub mod actor;
pub mod addresses;
pub mod adopt;
pub mod append;
pub mod capture;
pub mod checkpoint;
pub mod columns;
pub mod content;
pub mod copied;
pub mod declare;
pub mod detached;
pub mod erasable;
pub mod erase;
pub mod erase_rows;
pub mod erase_subject;
pub mod erase_values;
pub mod erasing;
pub mod event;
pub mod follow;
pub mod history;
pub mod image;
pub mod immutable;
pub mod installation;
pub mod lane_records;
pub mod lane_row;
pub mod lanes;
pub mod left_out;
pub mod lineage;
pub mod log_event;
pub mod partition;
pub mod partition_sum;
pub mod permit;
pub mod plain_output;
pub mod queue;
pub mod read;
pub mod retired;
pub mod rules;
pub mod seal;
pub mod sealed;
pub mod secrets;
pub mod settings;
pub mod track;
pub mod tracked;
pub mod value;
pub mod verify;
pub mod verify_erasable;
pub mod verify_rows;
pub mod wait;

use crate::pg::invalidation::{on_relation_change, on_schema_change};
use std::ffi::{c_char, c_void};

/// Declares the parameters and listens for changes of the catalog; called once per backend.
pub fn register() {
    settings::define();
    secrets::define(on_other_secrets);
    on_relation_change(|changed| {
        sealed::forget();
        installation::forget();
        rules::forget(changed);
    });
    on_schema_change(|| rules::forget(None));
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn on_other_secrets(_value: *const c_char, _extra: *mut c_void) {
    rules::forget(None);
    secrets::forget();
}
