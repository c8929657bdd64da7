//! Rounding of several entries in one statement, before any of them changes a balance.
//!
//! A cost too small for six decimals is rounded together with what its balance lacks from earlier roundings.
//! All rows of an INSERT pass their BEFORE triggers first, so what the earlier rows lack is kept here until
//! it is in the balance. This only decides how a sum is divided among the amounts of entries: balances are
//! exact without it.

use awgp_core::money::exact::Exact;
use std::cell::RefCell;
use std::collections::HashMap;
use uuid::Uuid;

thread_local! {
    static PENDING: RefCell<HashMap<Uuid, Exact>> = RefCell::default();
}

/// What written entries that have not yet changed a balance lack. The balance is identified by its pool or
/// tenant.
pub fn pending(balance: Uuid) -> Exact {
    PENDING.with_borrow(|pending| pending.get(&balance).copied().unwrap_or_default())
}

/// An entry of this balance is about to be written; `lacks` is the part that its amount does not show.
pub fn add(balance: Uuid, lacks: Exact) {
    if lacks == Exact::ZERO {
        return;
    }
    PENDING.with_borrow_mut(|pending| {
        let sum = pending.entry(balance).or_default();
        *sum = sum.checked_add(lacks).unwrap_or_default();
        if *sum == Exact::ZERO {
            pending.remove(&balance);
        }
    });
}

/// A transaction or savepoint has ended, possibly between an entry and its booking.
pub fn forget() {
    PENDING.with_borrow_mut(HashMap::clear);
}
