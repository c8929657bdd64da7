//! What the guards of the trail let pass, and when.

use crate::pg::permit::Permit;

/// The chain's own rows enter audit_logs.
pub static CHAIN: Permit = Permit::to("append chained rows");

/// Rows leave the default partition for the partition of their month.
pub static DRAIN: Permit = Permit::to("move rows out of the default partition");

/// Exported rows enter the table of a month that is retired.
pub static LOAD: Permit = Permit::to("load exported rows");

/// AWGP itself takes triggers away, and records that otherwise.
pub static UNTRACK: Permit = Permit::to("drop triggers of tracked tables");
