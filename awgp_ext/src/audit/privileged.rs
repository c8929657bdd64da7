//! Acting as the owner of the audit trail, for the few calls that write it.

use pgrx::pg_sys;

/// While it lives, the current role is the owner of `relation`, and cannot be changed by what runs inside.
///
/// After an error nothing is to be put back: the server restores the role when it aborts the (sub)transaction.
pub struct AsOwner {
    role: pg_sys::Oid,
    context: i32,
}

impl AsOwner {
    /// Becomes the owner of `relation`.
    ///
    /// # Safety
    /// `relation` is open.
    pub unsafe fn of(relation: pg_sys::Relation) -> Self {
        let mut role = pg_sys::InvalidOid;
        let mut context = 0;
        // SAFETY: plain reads and writes of the backend's own state.
        unsafe {
            pg_sys::GetUserIdAndSecContext(&raw mut role, &raw mut context);
            let restricted = pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION;
            let owner = (*(*relation).rd_rel).relowner;
            pg_sys::SetUserIdAndSecContext(owner, context | i32::try_from(restricted).unwrap_or(0));
        }
        Self { role, context }
    }
}

impl Drop for AsOwner {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: puts back what was there.
            unsafe { pg_sys::SetUserIdAndSecContext(self.role, self.context) };
        }
    }
}
