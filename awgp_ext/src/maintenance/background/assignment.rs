//! What the launcher passes to a worker: one number, the argument of its main function.

use pgrx::pg_sys;

/// One run of maintenance.
#[derive(Clone, Copy)]
pub struct Assignment {
    /// The database.
    pub database: pg_sys::Oid,
    /// True where known problems are to be reported again: a missing extension, a step that still fails.
    pub repeats: bool,
}

const REPEATS: u64 = 1 << u32::BITS;

impl From<Assignment> for pg_sys::Datum {
    fn from(assignment: Assignment) -> Self {
        Self::from(u64::from(assignment.database.to_u32()) | if assignment.repeats { REPEATS } else { 0 })
    }
}

impl From<pg_sys::Datum> for Assignment {
    fn from(argument: pg_sys::Datum) -> Self {
        let number = argument.value() as u64;
        Self { database: pg_sys::Oid::from(number as u32), repeats: number & REPEATS != 0 }
    }
}
