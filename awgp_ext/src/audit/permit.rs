//! The writes that the guards of the audit trail allow.

use crate::pg::permit::Permit;

/// The chain's own rows are appended to audit_logs.
pub static CHAIN: Permit = Permit::to("append chained rows");

/// Rows move from the default partition to the partition of their month.
pub static DRAIN: Permit = Permit::to("move rows out of the default partition");

/// Exported rows are loaded into the table of a retired month.
pub static LOAD: Permit = Permit::to("load exported rows");

/// AWGP itself drops triggers, and records that separately.
pub static UNTRACK: Permit = Permit::to("drop triggers of tracked tables");

/// An erasure removes values and salts, and what it writes to rows leaves no new copy of what they had.
pub static ERASE: Permit = Permit::to("erase values of the trail");

/// The values of a retired month are removed with it.
pub static FORGET: Permit = Permit::to("remove the values of a retired month");
