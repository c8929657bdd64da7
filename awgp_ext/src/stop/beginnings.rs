//! What this transaction has begun, and the look at the stops when it commits.

use super::in_force::check;
use super::locking;
use crate::injection::ignores_stops;
use crate::pg::raise::raise;
use pgrx::pg_sys::{self, SubTransactionId};
use std::cell::RefCell;
use uuid::Uuid;

/// Something was begun for an assistant.
struct Begun {
    tenant: Uuid,
    assistant: Uuid,
    subtransaction: SubTransactionId,
}

thread_local! {
    static BEGUN: RefCell<Vec<Begun>> = const { RefCell::new(Vec::new()) };
}

/// This transaction begins something for an assistant: it commits only where no stop covers it by then.
pub fn begins(tenant: Uuid, assistant: Uuid) {
    // SAFETY: reads a counter of the running transaction.
    let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
    BEGUN.with_borrow_mut(|begun| {
        let known = |one: &Begun| (one.tenant, one.assistant) == (tenant, assistant);
        // One that an outer level has begun counts whatever becomes of this level.
        if !begun.iter().any(known) {
            begun.push(Begun { tenant, assistant, subtransaction });
        }
    });
}

/// Shares the locks of stops until the transaction has ended, and refuses with `stopped`.
pub fn before_commit() {
    let begun: Vec<(Uuid, Uuid)> =
        BEGUN.with_borrow(|begun| begun.iter().map(|one| (one.tenant, one.assistant)).collect());
    if begun.is_empty() || ignores_stops() {
        return;
    }
    let mut tenants: Vec<Uuid> = begun.iter().map(|(tenant, _)| *tenant).collect();
    tenants.sort_unstable();
    tenants.dedup();
    locking::share(&tenants);
    for (tenant, assistant) in begun {
        if let Err(refusal) = check(tenant, assistant) {
            raise(&refusal);
        }
    }
}

/// The transaction has ended.
pub fn forget() {
    BEGUN.with_borrow_mut(Vec::clear);
}

/// A savepoint was rolled back: what began in it did not begin.
pub fn forget_subtransaction(own: SubTransactionId) {
    BEGUN.with_borrow_mut(|begun| begun.retain(|one| one.subtransaction < own));
}

/// A savepoint was released.
pub fn adopt_subtransaction(own: SubTransactionId, parent: SubTransactionId) {
    BEGUN.with_borrow_mut(|begun| {
        for one in begun.iter_mut().filter(|one| one.subtransaction >= own) {
            one.subtransaction = parent;
        }
    });
}
