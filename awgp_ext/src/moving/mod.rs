//! Moving a family of tenants to another installation.
//!
//! Model: each side has the move on record, a row of `awgp.tenant_moves`. Somebody outside, who is connected
//! to both, reads from one side and writes to the other; `awgp fleet move` is that. Nothing here connects to
//! anybody. [`awgp_core::moving`] has the states and what follows from the two records.
//!
//! Trail: its rows arrive while the family still works. They are verified as they arrive, from the genesis
//! value of the install that they were written in, and after every transaction the point of the lane says
//! that up to here it is the origin's. So the target's trail verifies at any moment, and whatever is
//! interrupted goes on from the last row. A sealed month that gets rows is verified against its seal before,
//! and sealed again after.
//!
//! Disk: what leaves before the stop is on the source's disk first, whatever synchronous_commit says. Else
//! the source could forget it in a crash, and give its numbers to other rows.
//!
//! Stop: a transaction that writes events of a tenant shares the tenant's lock until it ends, and looks at
//! the record; who stops takes the lock exclusively first. So every event is committed before the stop, or
//! refused. What writes no event looks by itself. Before the source lets go it compares everything that the
//! target has with what it has itself.
//!
//! - [`standing`] what the records mean for a tenant here; the locks
//! - [`record`] the record of a move
//! - [`facts`] what the target must know beforehand; what speaks against a move
//! - [`rows`] rows of tables, out and in
//! - [`trail`] rows of the trail, out and in
//! - [`trees`] trees of a family that was here before
//! - [`reseal`] sealed months that get or lose rows
//! - [`steps`] the steps of each side

mod facts;
pub mod permit;
mod record;
mod reseal;
mod rows;
pub mod standing;
mod steps;
mod trail;
mod trees;

use pgrx::pg_sys;

pub use standing::{any_arrived, is_here, refuse_early, refuse_gone, refuse_writing, share, works_here};

/// Listens for changes of the records; called once per backend.
pub fn register() {
    crate::pg::invalidation::on_relation_change(|_| standing::forget());
}

/// True where the trigger's table is being filled or emptied by a move: what AWGP's triggers check and do was
/// checked and done at the source.
pub fn carries(table: pg_sys::Oid) -> bool {
    permit::CARRY.is_held_for(table)
}
