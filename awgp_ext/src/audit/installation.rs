//! The install id, from which every chain starts.

use crate::pg::raise::raise;
use crate::pg::relation;
use awgp_core::structure::incomplete;
use std::cell::Cell;
use uuid::Uuid;

thread_local! {
    static ID: Cell<Option<Uuid>> = const { Cell::new(None) };
}

/// The install id. Every chain starts from it, and it stands for the tenant in the chain of the
/// installation's own events.
pub fn id() -> Uuid {
    ID.get().unwrap_or_else(|| {
        let id = relation::only_uuid(c"installation", c"id").unwrap_or_else(|| {
            raise(&incomplete("the row of awgp.installation"));
        });
        ID.set(Some(id));
        id
    })
}

/// A transaction or savepoint has ended: where CREATE EXTENSION was rolled back and repeated, the id is
/// another one.
pub fn forget() {
    ID.set(None);
}
