//! Permits: "this write is ours".
//!
//! Guards by trigger refuse what AWGP's own functions alone may write. Such a function holds a permit while it writes, and
//! the guard asks whether it is held. Permits are in backend memory, where nothing that SQL can say reaches them.
//!
//! Failure handling: a permit ends with the scope that holds it, also where an error passes through that scope. As a second
//! net, the end of a transaction or a savepoint ends all that began inside of it.

use pgrx::pg_sys;
use std::cell::RefCell;

/// Something that is permitted while it is held. Each is a `static` of the domain whose guards ask for it.
pub struct Permit {
    /// What it permits, for whoever reads the code.
    #[expect(dead_code, reason = "tells permits apart, whose addresses could otherwise be one")]
    what: &'static str,
}

struct Given {
    permit: *const Permit,
    /// The table that it is for; InvalidOid for whatever table.
    table: pg_sys::Oid,
    subtransaction: pg_sys::SubTransactionId,
    number: u64,
}

#[derive(Default)]
struct Register {
    /// A handful at most: one is looked for from the end.
    given: Vec<Given>,
    next: u64,
}

thread_local! {
    static REGISTER: RefCell<Register> = RefCell::default();
}

/// While it lives, the permit is held.
#[must_use = "a permit that nobody holds is none"]
pub struct Held {
    number: u64,
}

impl Permit {
    /// A permit for this.
    pub const fn to(what: &'static str) -> Self {
        Self { what }
    }

    /// Holds it, for whatever table.
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

    /// True while it is held for whatever table.
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

/// The transaction has ended.
pub fn forget() {
    REGISTER.with_borrow_mut(|register| register.given.clear());
}

/// A savepoint was rolled back: what began in it, and in those inside of it, has ended.
pub fn forget_subtransaction(own: pg_sys::SubTransactionId) {
    // Ids ascend within a transaction.
    REGISTER.with_borrow_mut(|register| register.given.retain(|given| given.subtransaction < own));
}
