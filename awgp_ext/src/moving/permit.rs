//! The writes that the guards of the tables allow to a move.

use crate::pg::permit::Permit;

/// Rows of a family come into a table, or leave it, as they are.
pub static CARRY: Permit = Permit::to("carry rows of a family");

/// Rows of a family's trail arrive, or are taken out again before it works here.
pub static ARRIVE: Permit = Permit::to("append or undo arriving rows of the trail");
