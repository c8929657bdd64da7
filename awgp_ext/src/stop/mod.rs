//! Stops: from the commit of one nothing begins in its scope.
//!
//! Model: a stop is a row of `awgp.stops`. Whatever begins something for an assistant asks twice: when it is
//! asked for ([`check`]), so that it is refused with a reason, and when its transaction commits or is
//! prepared ([`beginnings`]), under a lock that `stop()` and `resume()` take exclusively. The lock is in
//! share mode and held until the transaction has ended. So every beginning commits before a stop takes its
//! lock, or sees the stop; the isolation level does not matter, since the second look reads what is
//! committed by then.
//!
//! Locks: [`Subject::StopAll`] for the installation, [`Subject::Stop`] for a tenant. A beginning shares
//! that of the installation and that of its tenant. A stop of an assistant or a tenant takes the tenant's,
//! one of a holding also those of all tenants below it, one of the installation, or of very many tenants,
//! the installation's. Beginnings ask for theirs after every other lock of theirs but lanes and months of
//! the trail, and give up after a short while, so that no stop ever waits for a beginning that waits for
//! it.
//!
//! - [`in_force`](mod@in_force) the stops in force
//! - [`beginnings`] what this transaction has begun
//! - [`joining`] tenants that are made or moved below a holding
//! - [`functions`] `stop()`, `resume()`, `stop_details()`, `stops_in_force()`
//! - [`verify`] `verify_stop()`
//! - [`heads`] the trail at the moment of a stop, and the events that say so
//!
//! Failure handling: a missing table or index is an error, so nothing begins because a stop cannot be read.
//!
//! [`Subject::Stop`]: crate::locks::Subject::Stop
//! [`Subject::StopAll`]: crate::locks::Subject::StopAll

mod beginnings;
mod family;
mod functions;
mod heads;
mod in_force;
mod joining;
pub mod locking;
mod person;
mod running;
mod settings;
mod verify;

use pgrx::pg_sys::SubTransactionId;

pub use beginnings::begins;
pub use family::with_descendants;
pub use in_force::{check, in_force};
pub use joining::joins;
pub use settings::define;

/// The transaction is about to commit or to be prepared.
pub fn before_commit() {
    joining::before_commit();
    beginnings::before_commit();
}

/// The transaction has ended.
pub fn forget() {
    joining::forget();
    beginnings::forget();
}

/// A savepoint was rolled back.
pub fn forget_subtransaction(own: SubTransactionId) {
    joining::forget_subtransaction(own);
    beginnings::forget_subtransaction(own);
}

/// A savepoint was released.
pub fn adopt_subtransaction(own: SubTransactionId, parent: SubTransactionId) {
    joining::adopt_subtransaction(own, parent);
    beginnings::adopt_subtransaction(own, parent);
}
