//! The identity of a session: what `awgp.authenticate(token, true)` leaves in backend memory.
//!
//! It belongs to the login that presented the token, is compared with the clock at each use, with the tables
//! once a transaction, and ends with any transaction that is rolled back and with DISCARD ALL or RESET ALL.
//! Those two have no callback in the server, so the statement itself is watched for; with a pooler that resets
//! connections, the next client finds nobody in context.

use super::{Presented, forget_identity, plans};
use crate::settings;
use pgrx::pg_sys;
use std::cell::RefCell;
use std::ffi::c_char;
use std::rc::Rc;
use uuid::Uuid;

/// Who authenticated for the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionIdentity {
    /// The tenant.
    pub tenant: Uuid,
    /// The user.
    pub user: Uuid,
    /// The first second, since 1970, at which it is no longer in force.
    pub expires_at_seconds: i64,
    /// Whom the token named.
    pub presented: Rc<Presented>,
    /// The session's user when the token was presented.
    pub login: pg_sys::Oid,
}

thread_local! {
    static IDENTITY: RefCell<Option<SessionIdentity>> = const { RefCell::new(None) };
}

/// The identity, unless it has expired or the session's user is another one; then it is forgotten.
pub fn in_force() -> Option<SessionIdentity> {
    let identity = IDENTITY.with_borrow(Clone::clone)?;
    if now_seconds() < identity.expires_at_seconds && identity.login == login() {
        return Some(identity);
    }
    forget();
    plans::follow_setting(settings::app_current_tenant());
    None
}

/// Replaces the identity.
pub fn put(identity: SessionIdentity) {
    IDENTITY.set(Some(identity));
}

/// Nobody is authenticated any more.
pub fn forget() {
    IDENTITY.set(None);
}

/// The session's user, whom SET ROLE does not change.
pub fn login() -> pg_sys::Oid {
    // SAFETY: reads the backend's own state.
    unsafe { pg_sys::GetSessionUserId() }
}

/// The wall clock in whole seconds since 1970, rounded down.
fn now_seconds() -> i64 {
    now_microseconds().div_euclid(1_000_000)
}

/// The wall clock in microseconds since 1970.
pub fn now_microseconds() -> i64 {
    const MICROSECONDS_1970_TO_2000: i64 = 946_684_800_000_000;
    // SAFETY: reads the clock; microseconds since 2000.
    unsafe { pg_sys::GetCurrentTimestamp() + MICROSECONDS_1970_TO_2000 }
}

static mut PREVIOUS_HOOK: pg_sys::ProcessUtility_hook_type = None;

/// Watches for DISCARD ALL and RESET ALL; once a backend.
pub fn watch_for_reset() {
    // SAFETY: the library is loaded once, by one thread; both hooks live as long as the backend.
    unsafe {
        PREVIOUS_HOOK = pg_sys::ProcessUtility_hook;
        pg_sys::ProcessUtility_hook = Some(on_utility);
    }
}

// The server's own, without the guard of pgrx's binding: see `on_utility`.
unsafe extern "C-unwind" {
    #[allow(clippy::too_many_arguments)] // the server's signature
    fn standard_ProcessUtility(
        statement: *mut pg_sys::PlannedStmt,
        text: *const c_char,
        read_only_tree: bool,
        context: pg_sys::ProcessUtilityContext::Type,
        parameters: pg_sys::ParamListInfo,
        environment: *mut pg_sys::QueryEnvironment,
        receiver: *mut pg_sys::DestReceiver,
        completion: *mut pg_sys::QueryCompletion,
    );
}

/// Every utility statement of the server passes here, those of other databases too. A guard of pgrx's would catch an error of
/// theirs and raise it anew, without the names of table, column and constraint and without its place in the text. So there is
/// none around the call, and nothing in this frame that has to be dropped: an error leaves through it as through one of C.
#[allow(clippy::too_many_arguments)] // the server's signature
unsafe extern "C-unwind" fn on_utility(
    statement: *mut pg_sys::PlannedStmt,
    text: *const c_char,
    read_only_tree: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    parameters: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    receiver: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    // SAFETY: everything is handed on as the server gave it; the earlier hook is one of its own kind.
    unsafe {
        before_utility(statement);
        let next = PREVIOUS_HOOK.unwrap_or(standard_ProcessUtility);
        next(statement, text, read_only_tree, context, parameters, environment, receiver, completion);
    }
}

/// Before the statement: should it fail, nobody is in context either.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn before_utility(statement: *mut pg_sys::PlannedStmt) {
    // SAFETY: a statement that is about to run.
    if unsafe { ends_identity((*statement).utilityStmt) } {
        forget_identity();
    }
}

/// True for DISCARD ALL and RESET ALL.
///
/// # Safety
/// A node.
unsafe fn ends_identity(node: *mut pg_sys::Node) -> bool {
    // SAFETY: the tag says what the node is.
    unsafe {
        match (*node).type_ {
            pg_sys::NodeTag::T_DiscardStmt => {
                (*node.cast::<pg_sys::DiscardStmt>()).target == pg_sys::DiscardMode::DISCARD_ALL
            }
            pg_sys::NodeTag::T_VariableSetStmt => {
                (*node.cast::<pg_sys::VariableSetStmt>()).kind == pg_sys::VariableSetKind::VAR_RESET_ALL
            }
            _ => false,
        }
    }
}
