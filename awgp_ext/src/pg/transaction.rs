//! What happens when a transaction or a savepoint ends, in one place and one order.

use crate::audit::{lanes, queue};
use crate::identity::last_login;
use crate::pg::catalog;
use crate::{approval, context, machine, money};
use pgrx::pg_sys;
use std::ffi::{CStr, c_void};

/// Registers the callbacks, once a backend.
pub fn register_callbacks() {
    // SAFETY: both live as long as the library.
    unsafe {
        pg_sys::RegisterXactCallback(Some(at_transaction_event), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(at_savepoint_event), std::ptr::null_mut());
    }
    catalog::register_callback();
    context::plans::register_callback();
}

/// Raises 25006 in a read-only transaction, such as every one on a standby. `function` is what the message calls it.
pub fn refuse_read_only(function: &CStr) {
    // SAFETY: reads the transaction's state, and raises.
    unsafe { pg_sys::PreventCommandIfReadOnly(function.as_ptr()) };
}

/// Only the two events before the end may raise; the others touch nothing but our own memory.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_transaction_event(event: pg_sys::XactEvent::Type, _argument: *mut c_void) {
    use pg_sys::XactEvent::{
        XACT_EVENT_ABORT, XACT_EVENT_COMMIT, XACT_EVENT_PRE_COMMIT, XACT_EVENT_PRE_PREPARE,
        XACT_EVENT_PREPARE,
    };
    match event {
        XACT_EVENT_PRE_COMMIT => {
            queue::before_commit();
            queue::notify();
            approval::send_notices();
            last_login::before_commit();
        }
        XACT_EVENT_PRE_PREPARE => queue::before_commit(),
        XACT_EVENT_COMMIT | XACT_EVENT_ABORT | XACT_EVENT_PREPARE => {
            queue::forget();
            lanes::forget();
            machine::forget();
            approval::forget();
            approval::forget_notices();
            money::machine::forget();
            last_login::forget();
            money::carrying::forget();
            match event {
                XACT_EVENT_COMMIT => context::commit(),
                XACT_EVENT_ABORT => context::abort(),
                _ => context::forget(),
            }
        }
        _ => {}
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_savepoint_event(
    event: pg_sys::SubXactEvent::Type,
    own: pg_sys::SubTransactionId,
    parent: pg_sys::SubTransactionId,
    _argument: *mut c_void,
) {
    use pg_sys::SubXactEvent::{SUBXACT_EVENT_ABORT_SUB, SUBXACT_EVENT_COMMIT_SUB};
    match event {
        SUBXACT_EVENT_ABORT_SUB => {
            queue::forget_subtransaction(own);
            lanes::forget_subtransaction();
            machine::forget();
            approval::forget();
            approval::forget_subtransaction(own);
            money::machine::forget();
            money::carrying::forget();
            context::forget_subtransaction(own);
        }
        SUBXACT_EVENT_COMMIT_SUB => {
            queue::adopt_subtransaction(own, parent);
            approval::adopt_subtransaction(own, parent);
            context::adopt_subtransaction(own, parent);
        }
        _ => {}
    }
}
