//! Notifies the channel `awgp_approvals` of the ids of approvals that were requested, decided, escalated or
//! expired.
//!
//! The payload is only the id: every role may listen to every channel, and row-level security decides what a
//! listener can then read. NOTIFY makes the commits of the whole server wait for each other for a moment, so
//! the setting `awgp.approvals_notify` can switch it off; break-glass is notified nevertheless. Notifications
//! are sent when the transaction commits; a prepared transaction cannot notify.

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
        c"Notifies the channel awgp_approvals when a commit has requested, decided, escalated or expired an approval.",
        c"NOTIFY makes the commits of the whole server wait for each other. The payload is the approval's id.",
    )
    .boolean(&NOTIFY);
}

/// Whether commits notify.
pub fn is_on() -> bool {
    known(&NOTIFY)
}

const CHANNEL: &CStr = c"awgp_approvals";

thread_local! {
    static NOTICES: RefCell<Vec<Notice>> = const { RefCell::new(Vec::new()) };
}

/// More ids than this are replaced by one notification with an empty payload: listeners then read the inbox.
const NOTICES_MAX: usize = 1000;

/// An approval has moved.
pub fn push(approval: Uuid) {
    add(approval, false);
}

/// An approval has moved in a way that is notified whatever the setting.
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

/// The transaction is about to commit: sends the notifications.
pub fn send() {
    let notices = NOTICES.take();
    if notices.is_empty() {
        return;
    }
    let on = is_on();
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

/// A savepoint was rolled back: its notices are dropped.
pub fn forget_subtransaction(own: pg_sys::SubTransactionId) {
    NOTICES.with_borrow_mut(|notices| notices.retain(|notice| notice.subtransaction < own));
}

/// A savepoint was released: its notices belong to its parent.
pub fn adopt_subtransaction(own: pg_sys::SubTransactionId, parent: pg_sys::SubTransactionId) {
    NOTICES.with_borrow_mut(|notices| {
        for notice in notices.iter_mut().filter(|notice| notice.subtransaction == own) {
            notice.subtransaction = parent;
        }
    });
}
