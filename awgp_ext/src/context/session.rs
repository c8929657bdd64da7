//! The identity of a session: what `awgp.authenticate(token, true)` keeps in backend memory.
//!
//! It belongs to the login role that presented the token. It is checked against the clock at each use and
//! against the tables once per transaction. It ends with any transaction that is rolled back, and with
//! DISCARD ALL or RESET ALL ([`super::reset`]).

use super::mode::app_current_tenant;
use super::sight;
use crate::pg::clock;
use pgrx::pg_sys;
use std::cell::RefCell;
use std::rc::Rc;
use uuid::Uuid;

/// The issuer and subject that a verified token named.
#[derive(Debug, PartialEq, Eq)]
pub struct Presented {
    /// `iss`.
    pub issuer: String,
    /// The subject claim.
    pub subject: String,
}

/// Who authenticated for the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionIdentity {
    /// The tenant.
    pub tenant: Uuid,
    /// The user.
    pub user: Uuid,
    /// The first second, counted from 1970, at which it is no longer valid.
    pub expires_at_seconds: i64,
    /// The token's issuer and subject.
    pub presented: Rc<Presented>,
    /// The session's user when the token was presented.
    pub login: pg_sys::Oid,
}

thread_local! {
    static IDENTITY: RefCell<Option<SessionIdentity>> = const { RefCell::new(None) };
}

/// The identity. One that has expired, or that belongs to another session user, is dropped.
pub fn in_force() -> Option<SessionIdentity> {
    let identity = IDENTITY.with_borrow(Clone::clone)?;
    if now_seconds() < identity.expires_at_seconds && identity.login == login() {
        return Some(identity);
    }
    forget();
    sight::follow_setting(app_current_tenant());
    None
}

/// Replaces the identity.
pub fn put(identity: SessionIdentity) {
    IDENTITY.set(Some(identity));
}

/// Drops the identity.
pub fn forget() {
    IDENTITY.set(None);
}

/// The session user, which SET ROLE does not change.
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
    clock::microseconds(clock::now())
}
