//! Telling those who listen on the channel `awgp_approvals`: the ids of approvals that were asked for, decided,
//! escalated or have expired.
//!
//! The payload is the id and nothing else: every role may listen to every channel, and what a listener then
//! reads, row-level security decides. NOTIFY lets commits of the whole server wait for each other for a moment, so the setting
//! `awgp.approvals_notify` can switch it off; broken glass is told all the same. Sent when the transaction
//! commits; one that is prepared cannot notify.

use crate::pg::notify::notify;
use crate::pg::parameter::{known, of_superuser};
use pgrx::GucSetting;
use pgrx::pg_sys;
use std::cell::RefCell;
use std::ffi::CStr;
use uuid::Uuid;

struct Notice {
    subtransaction: pg_sys::SubTransactionId,
    approval: Uuid,
    always: bool,
}

static NOTIFY: GucSetting<bool> = GucSetting::<bool>::new(true);

/// Declares the parameter.
pub fn define() {
    of_superuser(
        c"awgp.approvals_notify",
        c"Whether a commit that has asked for, decided or expired an approval notifies the channel awgp_approvals.",
        c"On; NOTIFY lets the commits of the whole server wait for each other. The payload is the approval's id.",
    )
    .boolean(&NOTIFY);
}

const CHANNEL: &CStr = c"awgp_approvals";

thread_local! {
    static NOTICES: RefCell<Vec<Notice>> = const { RefCell::new(Vec::new()) };
}

/// More than this at once are told as one empty payload: look for yourself.
const NOTICES_MAX: usize = 1000;

/// Something happened to an approval.
pub fn push(approval: Uuid) {
    add(approval, false);
}

/// Something happened to an approval that is told whatever the setting says.
pub fn push_always(approval: Uuid) {
    add(approval, true);
}

fn add(approval: Uuid, always: bool) {
    // SAFETY: reads a counter of the running transaction.
    let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
    NOTICES.with_borrow_mut(|notices| {
        let same = notices.last().is_some_and(|last| {
            last.approval == approval && last.always == always && last.subtransaction == subtransaction
        });
        if !same {
            notices.push(Notice { subtransaction, approval, always });
        }
    });
}

/// The transaction is about to commit.
pub fn send() {
    let notices = NOTICES.take();
    if notices.is_empty() {
        return;
    }
    let on = known(&NOTIFY);
    let mut ids: Vec<Uuid> =
        notices.iter().filter(|notice| on || notice.always).map(|notice| notice.approval).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > NOTICES_MAX {
        notify(CHANNEL, "");
        return;
    }
    for id in ids {
        notify(CHANNEL, &id.to_string());
    }
}

/// The transaction has ended.
pub fn forget() {
    NOTICES.with_borrow_mut(Vec::clear);
}

/// A savepoint was rolled back: what happened in it did not.
pub fn forget_subtransaction(own: pg_sys::SubTransactionId) {
    NOTICES.with_borrow_mut(|notices| notices.retain(|notice| notice.subtransaction < own));
}

/// A savepoint was released: what happened in it happened in its parent.
pub fn adopt_subtransaction(own: pg_sys::SubTransactionId, parent: pg_sys::SubTransactionId) {
    NOTICES.with_borrow_mut(|notices| {
        for notice in notices.iter_mut().filter(|notice| notice.subtransaction == own) {
            notice.subtransaction = parent;
        }
    });
}
