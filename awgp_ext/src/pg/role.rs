//! The role that the backend acts as, and what a role may do.

use super::{query, relation};
use pgrx::pg_sys;
use std::ffi::{CStr, CString};

/// Why the backend acts as another role.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Writing with its privileges. Code that runs inside, including another owner's triggers, cannot change
    /// the role and can leave nothing to run at commit.
    Restricted,
    /// Reading and writing past forced row-level security, as the server's own foreign-key checks do.
    PastRowSecurity,
}

impl Purpose {
    fn flags(self) -> i32 {
        let flags = match self {
            Self::Restricted => pg_sys::SECURITY_RESTRICTED_OPERATION,
            Self::PastRowSecurity => pg_sys::SECURITY_NOFORCE_RLS,
        };
        (pg_sys::SECURITY_LOCAL_USERID_CHANGE | flags).cast_signed()
    }
}

/// While it lives, the current role is another one.
///
/// After an error nothing has to be restored here: the server restores the role when it aborts the
/// (sub)transaction.
pub struct ActingAs {
    role: pg_sys::Oid,
    security: i32,
}

impl ActingAs {
    /// Becomes the role.
    pub fn begin(role: pg_sys::Oid, purpose: Purpose) -> Self {
        let (before, security) = present();
        // SAFETY: writes the backend's own state, as ri_triggers.c does.
        unsafe { pg_sys::SetUserIdAndSecContext(role, security | purpose.flags()) };
        Self { role: before, security }
    }

    /// Keeps the current role, with the restrictions of the purpose.
    pub fn oneself(purpose: Purpose) -> Self {
        Self::begin(present().0, purpose)
    }

    /// Becomes the owner of `relation`.
    ///
    /// # Safety
    /// `relation` is open.
    pub unsafe fn owner_of(relation: pg_sys::Relation, purpose: Purpose) -> Self {
        // SAFETY: the caller guarantees an open relation.
        Self::begin(unsafe { (*(*relation).rd_rel).relowner }, purpose)
    }
}

impl Drop for ActingAs {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: restores the previous role and security context.
            unsafe { pg_sys::SetUserIdAndSecContext(self.role, self.security) };
        }
    }
}

/// The current role and its security context.
fn present() -> (pg_sys::Oid, i32) {
    let (mut role, mut security) = (pg_sys::InvalidOid, 0);
    // SAFETY: reads the backend's own state.
    unsafe { pg_sys::GetUserIdAndSecContext(&raw mut role, &raw mut security) };
    (role, security)
}

/// Runs `body` as the owner of `awgp.table`, past row-level security, as the server's own foreign-key checks
/// run.
pub fn as_owner_past_row_security<T>(table: &CStr, body: impl FnOnce() -> T) -> T {
    // SAFETY: the relation is open while its owner is read; its lock is held until the transaction ends.
    let acting = unsafe {
        let relation = relation::open(table, pg_sys::AccessShareLock);
        let acting = ActingAs::owner_of(relation, Purpose::PastRowSecurity);
        pg_sys::table_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        acting
    };
    let answer = body();
    drop(acting);
    answer
}

/// Runs `body` as the owner of the extension, past row-level security. Maintenance must also work where one
/// table has another owner, who may not read the others.
pub fn as_installer_past_row_security<T>(body: impl FnOnce() -> T) -> T {
    let owner = query::one::<pg_sys::Oid>(
        "SELECT extowner FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'awgp'",
        &[],
    );
    let acting = owner.ok().flatten().map(|owner| ActingAs::begin(owner, Purpose::PastRowSecurity));
    let answer = body();
    drop(acting);
    answer
}

/// True where row-level security applies to the current role on this table: not for superusers, for roles
/// with BYPASSRLS, or where it is not enabled.
pub fn row_security_binds(relation: pg_sys::Oid) -> bool {
    // SAFETY: a syscache look-up. noError, so that row_security = off does not raise here.
    unsafe {
        pg_sys::check_enable_rls(relation, pg_sys::InvalidOid, true)
            == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32
    }
}

/// True where the current role has the privileges of the named role.
pub fn current_role_has(role: &str) -> bool {
    // SAFETY: reads the backend's own state.
    role_has(unsafe { pg_sys::GetUserId() }, role)
}

/// True where the role that called the outermost function has the privileges of the named role. Within a
/// SECURITY DEFINER function the current role is the function's owner.
pub fn outer_role_has(role: &str) -> bool {
    // SAFETY: reads the backend's own state.
    role_has(unsafe { pg_sys::GetOuterUserId() }, role)
}

fn role_has(member: pg_sys::Oid, role: &str) -> bool {
    let Ok(name) = CString::new(role) else { return false };
    // SAFETY: syscache look-ups; a missing role gives InvalidOid.
    unsafe {
        let oid = pg_sys::get_role_oid(name.as_ptr(), true);
        oid != pg_sys::InvalidOid && pg_sys::has_privs_of_role(member, oid)
    }
}
