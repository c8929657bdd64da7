//! The writes that the guards of the ledger's tables allow.

use crate::pg::permit::Permit;

/// The ledger's own writes: periods, alerts, and the ends of reservations.
pub static LEDGER: Permit = Permit::to("write what follows from an entry");
