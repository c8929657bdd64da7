//! Telling those who listen on the channel `awgp_approvals`: the ids of approvals that were asked for, decided,
//! escalated or have expired.
//!
//! The payload is the id and nothing else: every role may listen to every channel, and what a listener then
//! reads, row-level security decides. NOTIFY lets commits of the whole server wait for each other for a moment, so the setting
//! `awgp.approvals_notify` can switch it off; broken glass is told all the same. Sent when the transaction
//! commits; one that is prepared cannot notify.

use crate::settings;
use pgrx::pg_sys;
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use uuid::Uuid;

struct Notice {
    subtransaction: pg_sys::SubTransactionId,
    approval: Uuid,
    always: bool,
}

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
    let on = settings::approvals_notify();
    let mut ids: Vec<Uuid> =
        notices.iter().filter(|notice| on || notice.always).map(|notice| notice.approval).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > NOTICES_MAX {
        notify("");
        return;
    }
    for id in ids {
        notify(&id.to_string());
    }
}

fn notify(payload: &str) {
    // commands/async.h is not among the headers that pgrx binds.
    unsafe extern "C-unwind" {
        fn Async_Notify(channel: *const c_char, payload: *const c_char);
    }
    let payload = CString::new(payload).unwrap_or_default();
    // SAFETY: both are C strings, which the server copies and sends when this transaction has committed; the
    // guard carries an error across our frames.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| Async_Notify(c"awgp_approvals".as_ptr(), payload.as_ptr()));
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
