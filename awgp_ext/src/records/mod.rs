//! Conversations and hallucination flags: recorded, searched, reviewed and erased.
//!
//! Model: plain DML and the functions in `sql/functions/` meet the same triggers. [`conversation`] and [`flag`] judge a
//! row by the rules of `awgp_core::records` and keep its machine's columns; [`log`] and [`external`] are what becomes of a
//! conversation that is logged twice; [`search`] keeps the words of messages and
//! looks for them; [`erasure`] removes content from where else it is, [`retention`] when it is old; [`suspension`] is the
//! policy on confirmed flags; [`ledger`] is what a work item has cost.
//!
//! Content never enters the audit trail, which could not forget it: the trail has a digest in its place
//! (`awgp_core::records::commitment`).

pub mod conversation;
pub mod erasure;
pub mod external;
pub mod flag;
pub mod ledger;
pub mod log;
pub mod reading;
pub mod retention;
pub mod salt;
pub mod search;
pub mod settings;
pub mod suspension;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Datum};

/// A jsonb argument of a statement.
///
/// # Safety
/// The datum is a jsonb's, or none, and lives while the statement runs.
pub unsafe fn jsonb_argument(datum: Option<Datum>) -> DatumWithOid<'static> {
    // SAFETY: the caller's promise.
    unsafe { DatumWithOid::new(datum, pg_sys::JSONBOID) }
}
