//! Wakes `awgp notify`: one notification on the channel `awgp_outbox` at commit, with an empty payload.
//!
//! It is only a hint: who misses it finds the notices at the next look. Like every NOTIFY it makes the
//! commits of the server wait for each other for a moment, so it is sent only where a notice was written, and
//! where `awgp.approvals_notify` is off, not for approvals. It is sent before the commit, not by the
//! statement, so that a transaction with a notice can be prepared; then nobody is woken.

use crate::approval;
use crate::pg::notify::notify;
use awgp_core::notices::Kind;
use std::cell::Cell;

thread_local! {
    static WAKES: Cell<bool> = const { Cell::new(false) };
}

/// A notice was written. After a rollback to a savepoint somebody may be woken for nothing.
pub fn push(kind: Kind) {
    if !kind.is_of_approval() || approval::notice::is_on() {
        WAKES.set(true);
    }
}

/// The transaction is about to commit.
pub fn send() {
    if WAKES.take() {
        notify(c"awgp_outbox", "");
    }
}

/// The transaction has ended.
pub fn forget() {
    WAKES.set(false);
}
