//! Where the context may come from: `awgp.context_mode` and `app.current_tenant`.

use crate::pg::parameter::{Assign, are_known, of_anybody, of_superuser};
use pgrx::{GucSetting, PostgresGucEnum, pg_sys};
use std::ffi::{CStr, CString};

/// Where the context may come from.
#[derive(PostgresGucEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextMode {
    /// Settings and `awgp.set_context()`: for applications that are trusted with their own SQL.
    #[name = c"trusted"]
    Trusted,
    /// Verified tokens alone, through `awgp.authenticate()`: holds against hostile SQL.
    #[name = c"signed"]
    Signed,
}

static MODE: GucSetting<ContextMode> = GucSetting::<ContextMode>::new(ContextMode::Trusted);
static CURRENT_TENANT: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// The mode in force. Only a superuser, or the database's or role's own settings, may change it. Where it cannot be
/// established it is signed, as in a parallel worker: no context reaches one, and what a client has set may.
pub fn context_mode() -> ContextMode {
    if in_parallel_worker() || !are_known() { ContextMode::Signed } else { MODE.get() }
}

/// True in a process that helps another session with its query.
pub fn in_parallel_worker() -> bool {
    // SAFETY: reads a number of this process, which is -1 elsewhere.
    unsafe { pg_sys::ParallelWorkerNumber >= 0 }
}

/// The text of `app.current_tenant`; None where it is unset or empty.
pub fn app_current_tenant() -> Option<&'static CStr> {
    // SAFETY: the name is a C string. With missing_ok the answer is null or a C string that lives until the
    // setting changes; callers read it at once and keep nothing.
    unsafe {
        let value = pg_sys::GetConfigOption(c"app.current_tenant".as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value)).filter(|text| !text.is_empty())
    }
}

/// Declares the parameters. `follow` is called whenever and however `app.current_tenant` changes: by SET, set_config, a
/// function's SET clause, RESET, the end of a transaction or of a savepoint.
pub fn define(follow: Assign) {
    of_superuser(
        c"awgp.context_mode",
        c"Where the tenant context may come from.",
        c"trusted: the setting app.current_tenant and awgp.set_context(); signed: verified tokens alone.",
    )
    .choice(&MODE);
    of_anybody(
        c"app.current_tenant",
        c"The tenant in context, in trusted mode.",
        c"The id of an active tenant. Set it for one transaction: SELECT set_config('app.current_tenant', id, true).",
    )
    .text(&CURRENT_TENANT, None, Some(follow));
}
