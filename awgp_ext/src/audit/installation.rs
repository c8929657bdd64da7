//! The install id, which every chain begins with.

use crate::pg::raise::raise;
use crate::pg::relation;
use awgp_core::structure::incomplete;
use std::cell::Cell;
use uuid::Uuid;

thread_local! {
    static ID: Cell<Option<Uuid>> = const { Cell::new(None) };
}

/// The install id. It names the chain of what belongs to no tenant, and every chain begins with it.
pub fn id() -> Uuid {
    ID.get().unwrap_or_else(|| {
        let id = relation::only_uuid(c"installation", c"id").unwrap_or_else(|| {
            raise(&incomplete("the row of awgp.installation"));
        });
        ID.set(Some(id));
        id
    })
}

/// A transaction or savepoint has ended: a rolled back or repeated CREATE EXTENSION draws another one.
pub fn forget() {
    ID.set(None);
}
