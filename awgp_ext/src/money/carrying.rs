//! Entries of one statement that are rounded one after the other, before any of them moves a balance.
//!
//! A cost that six decimals do not show is rounded with what its balance lacks. The rows of one INSERT all pass their
//! BEFORE triggers first, so what those before lack is kept here until it is in the balance. It decides how a sum is
//! shared among the amounts of its entries and nothing else: balances are exact without it.

use awgp_core::money::exact::Exact;
use std::cell::RefCell;
use std::collections::HashMap;
use uuid::Uuid;

thread_local! {
    static PENDING: RefCell<HashMap<Uuid, Exact>> = RefCell::default();
}

/// What entries that are written and have moved nothing lack of a balance, which its pool or tenant names.
pub fn pending(balance: Uuid) -> Exact {
    PENDING.with_borrow(|pending| pending.get(&balance).copied().unwrap_or_default())
}

/// An entry of this balance is about to be written, and lacks so much.
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

/// A transaction or savepoint has ended, perhaps between an entry and its movement.
pub fn forget() {
    PENDING.with_borrow_mut(HashMap::clear);
}
