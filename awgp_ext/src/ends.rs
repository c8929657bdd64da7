//! What runs when a transaction or a savepoint ends, in one place and in order.

use crate::audit::{lanes, queue};
use crate::identity::last_login;
use crate::injection::{Point, reached};
use crate::pg::transaction::{End, Watcher};
use crate::pg::{outdated, permit};
use crate::{approval, context, money, notices, stop};
use pgrx::pg_sys::SubTransactionId;

/// Called at every end.
pub static WATCHER: Watcher =
    Watcher { before_commit, before_prepare, ended, savepoint_undone, savepoint_kept };

/// Stops first: what must not begin is not written either. Then the audit trail: what follows only notifies
/// of it, or does not count as a change.
fn before_commit() {
    stop::before_commit();
    queue::before_commit();
    queue::notify();
    approval::notice::send();
    notices::wake::send();
    last_login::before_commit();
}

/// Once it is prepared, nothing but its locks keeps a transaction from committing.
fn before_prepare() {
    stop::before_commit();
    queue::before_commit();
}

fn ended(end: End) {
    match end {
        End::Committed => reached(Point::Committed),
        End::Prepared => reached(Point::Prepared),
        End::Aborted => {}
    }
    permit::forget();
    outdated::ended();
    stop::forget();
    queue::forget();
    lanes::forget();
    approval::intent::forget();
    approval::notice::forget();
    notices::wake::forget();
    last_login::forget();
    money::carrying::forget();
    match end {
        End::Committed => context::commit(),
        End::Aborted => context::abort(),
        End::Prepared => context::forget(),
    }
}

fn savepoint_undone(own: SubTransactionId) {
    permit::forget_subtransaction(own);
    stop::forget_subtransaction(own);
    queue::forget_subtransaction(own);
    lanes::forget_subtransaction();
    approval::intent::forget();
    approval::notice::forget_subtransaction(own);
    money::carrying::forget();
    context::forget_subtransaction(own);
}

fn savepoint_kept(own: SubTransactionId, parent: SubTransactionId) {
    stop::adopt_subtransaction(own, parent);
    queue::adopt_subtransaction(own, parent);
    approval::notice::adopt_subtransaction(own, parent);
    context::adopt_subtransaction(own, parent);
}
