//! The row of awgp.installation: the install id, from which every chain starts, and whether the database is a
//! copy of another installation.

use crate::pg::raise::raise;
use crate::pg::relation;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::structure::incomplete;
use std::cell::RefCell;
use uuid::Uuid;

/// The row.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The install id.
    pub id: Uuid,
    /// True where it has had another one.
    pub was_adopted: bool,
    /// For a copy, the only subscription that writes it.
    pub subscription: Option<String>,
}

thread_local! {
    static PRESENT: RefCell<Option<Installation>> = const { RefCell::new(None) };
}

/// Calls `with` with the row, which is read once per transaction; None where it is missing.
fn known<T>(with: impl FnOnce(&Installation) -> T) -> Option<T> {
    if PRESENT.with_borrow(Option::is_none) {
        PRESENT.set(read());
    }
    PRESENT.with_borrow(|present| present.as_ref().map(with))
}

/// The same; raises an error where it is missing.
fn needed<T>(with: impl FnOnce(&Installation) -> T) -> T {
    known(with).unwrap_or_else(|| {
        relation::existing(c"installation");
        raise(&incomplete("the row of awgp.installation"));
    })
}

fn read() -> Option<Installation> {
    let mut found = None;
    relation::for_each(c"installation", |row| {
        found = row.uuid(c"id").map(|id| Installation {
            id,
            was_adopted: row.integer(c"adoptions").is_some_and(|adoptions| adoptions > 0),
            subscription: row.text(c"subscription"),
        });
    });
    found
}

/// The row.
pub fn present() -> Installation {
    needed(Clone::clone)
}

/// The install id. Every chain starts from it, and it stands for the tenant in the chain of the
/// installation's own events.
pub fn id() -> Uuid {
    needed(|present| present.id)
}

/// True for a copy of another installation; false also where the row is missing.
pub fn is_copy() -> bool {
    known(|present| present.subscription.is_some()).unwrap_or(false)
}

/// Refuses to write in a copy of another installation.
pub fn refuse_copy() {
    if is_copy() {
        raise(&Refusal::new(
            Reason::InstallationIsCopy,
            "this database is a copy of another installation, and only its subscription writes it",
            "Make the change in the original; the copy receives it.",
        ));
    }
}

/// A transaction or savepoint has ended, or awgp.adopt() has run in another session: the row may be another
/// one.
pub fn forget() {
    PRESENT.set(None);
}
