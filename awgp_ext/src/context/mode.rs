//! The sources of the context: `awgp.context_mode` and `app.current_tenant`.

use crate::pg::parameter::{Assign, are_known, of_anybody, of_superuser};
use pgrx::{GucSetting, PostgresGucEnum, pg_sys};
use std::ffi::{CStr, CString};

/// The sources from which a context is accepted.
#[derive(PostgresGucEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextMode {
    /// The setting and `awgp.set_context()`: for applications whose SQL is trusted.
    #[name = c"trusted"]
    Trusted,
    /// Only verified tokens, through `awgp.authenticate()`: protects against hostile SQL.
    #[name = c"signed"]
    Signed,
}

static MODE: GucSetting<ContextMode> = GucSetting::<ContextMode>::new(ContextMode::Trusted);
static CURRENT_TENANT: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// The mode in force. Only a superuser can set it, in a session, for a database or for a role. It is signed
/// where it cannot be established and in a parallel worker: a worker gets no context, but may get what a
/// client has set.
pub fn context_mode() -> ContextMode {
    if in_parallel_worker() || !are_known() { ContextMode::Signed } else { MODE.get() }
}

/// True in a parallel worker.
pub fn in_parallel_worker() -> bool {
    // SAFETY: reads a variable of this process, which is -1 outside parallel workers.
    unsafe { pg_sys::ParallelWorkerNumber >= 0 }
}

/// The text of `app.current_tenant`; None where it is unset or empty.
pub fn app_current_tenant() -> Option<&'static CStr> {
    // SAFETY: the name is a C string. With missing_ok the answer is null or a C string that lives until the
    // setting changes; callers read it at once and keep no reference.
    unsafe {
        let value = pg_sys::GetConfigOption(c"app.current_tenant".as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value)).filter(|text| !text.is_empty())
    }
}

/// Declares the parameters. `follow` is called whenever `app.current_tenant` changes: by SET, set_config, a
/// function's SET clause, RESET, or the end of a transaction or savepoint.
pub fn define(follow: Assign) {
    of_superuser(
        c"awgp.context_mode",
        c"Sources from which a tenant context is accepted.",
        c"trusted: the setting app.current_tenant and awgp.set_context(); signed: only tokens that awgp.authenticate() has verified.",
    )
    .choice(&MODE);
    of_anybody(
        c"app.current_tenant",
        c"Tenant in context, in trusted mode.",
        c"The id of an active tenant. Set it for one transaction: SELECT set_config('app.current_tenant', id, true).",
    )
    .text(&CURRENT_TENANT, None, Some(follow));
}
