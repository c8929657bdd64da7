//! The writes that the guards of the tables allow to an import.

use crate::pg::permit::Permit;

/// A row of the seed is inserted: its state is kept as it is.
pub static IMPORT: Permit = Permit::to("insert rows of the seed as they are");
