//! Permits: "this write is AWGP's own".
//!
//! Some triggers refuse writes that only AWGP's own functions may make. Such a function holds a permit while
//! it writes, and the trigger checks for it. Permits are in backend memory, out of reach of SQL.
//!
//! Failure handling: a permit ends with the scope that holds it, also when an error leaves that scope. In
//! addition, the end of a transaction or savepoint ends all permits that began in it.

use pgrx::pg_sys;
use std::cell::RefCell;

/// Something that is permitted while it is held. Each is a `static` in the domain whose triggers check it.
pub struct Permit {
    /// What it permits, for readers of the code.
    #[expect(
        dead_code,
        reason = "identical statics could share one address, and permits are told apart by address"
    )]
    what: &'static str,
}

struct Given {
    permit: *const Permit,
    /// The table it is for; InvalidOid for any table.
    table: pg_sys::Oid,
    subtransaction: pg_sys::SubTransactionId,
    number: u64,
}

#[derive(Default)]
struct Register {
    /// Usually a handful, searched from the end.
    given: Vec<Given>,
    next: u64,
}

thread_local! {
    static REGISTER: RefCell<Register> = RefCell::default();
}

/// While it lives, the permit is held.
#[must_use = "a permit ends when this is dropped"]
pub struct Held {
    number: u64,
}

impl Permit {
    /// A permit for `what`.
    pub const fn to(what: &'static str) -> Self {
        Self { what }
    }

    /// Holds it for any table.
    pub fn hold(&'static self) -> Held {
        self.hold_for(pg_sys::InvalidOid)
    }

    /// Holds it for one table.
    pub fn hold_for(&'static self, table: pg_sys::Oid) -> Held {
        // SAFETY: reads a counter of the running transaction.
        let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
        REGISTER.with_borrow_mut(|register| {
            let number = register.next;
            register.next += 1;
            register.given.push(Given { permit: self, table, subtransaction, number });
            Held { number }
        })
    }

    /// True while it is held for any table.
    pub fn is_held(&'static self) -> bool {
        self.is_held_for(pg_sys::InvalidOid)
    }

    /// True while it is held for this table.
    pub fn is_held_for(&'static self, table: pg_sys::Oid) -> bool {
        REGISTER.with_borrow(|register| {
            let mut given = register.given.iter().rev();
            given.any(|given| std::ptr::eq(given.permit, self) && given.table == table)
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        REGISTER.with_borrow_mut(|register| register.given.retain(|given| given.number != self.number));
    }
}

/// Called when the transaction has ended.
pub fn forget() {
    REGISTER.with_borrow_mut(|register| register.given.clear());
}

/// Called when a savepoint was rolled back: ends what began in it and in the savepoints within it.
pub fn forget_subtransaction(own: pg_sys::SubTransactionId) {
    // Ids ascend within a transaction.
    REGISTER.with_borrow_mut(|register| register.given.retain(|given| given.subtransaction < own));
}
