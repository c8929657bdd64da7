//! Conversations and hallucination flags: recorded, searched, reviewed and erased.
//!
//! Model: plain DML and the functions in `sql/functions/` pass the same triggers. [`conversation`] and
//! [`flag`] apply the rules of `awgp_core::records` to a row and set the columns that the system maintains.
//! [`log`] and [`external`] handle a conversation that is logged twice. [`search`] stores the words of
//! messages and searches them. [`erasure`] removes content from other tables, and [`retention`] erases old
//! conversations. [`suspension`] applies the policy on confirmed flags. [`ledger`] reads what a work item has
//! cost.
//!
//! Content never enters the audit trail, which could not forget it: the trail has a digest instead
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
/// The datum is None or a jsonb that lives while the statement runs.
pub unsafe fn jsonb_argument(datum: Option<Datum>) -> DatumWithOid<'static> {
    // SAFETY: the caller guarantees the type.
    unsafe { DatumWithOid::new(datum, pg_sys::JSONBOID) }
}
