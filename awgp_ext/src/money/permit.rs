//! What the guards of the ledger's tables let pass, and when.

use crate::pg::permit::Permit;

/// The ledger's own writing: periods, alerts, and where reservations end.
pub static LEDGER: Permit = Permit::to("write what follows from an entry");
