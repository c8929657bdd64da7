//! Configuration parameters, all under the prefix `awgp.`, and the seed's `app.current_tenant`.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum, pg_sys};
use std::ffi::CStr;

/// Where the tenant context may come from.
#[derive(PostgresGucEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextMode {
    /// Settings and `awgp.set_context()`: for applications that are trusted with their own SQL.
    #[name = c"trusted"]
    Trusted,
    /// Verified tokens alone, through `awgp.authenticate()`: holds against hostile SQL.
    #[name = c"signed"]
    Signed,
}

static CONTEXT_MODE: GucSetting<ContextMode> = GucSetting::<ContextMode>::new(ContextMode::Trusted);

/// The mode in force. Only a superuser, or the database's or role's own settings, may change it.
pub fn context_mode() -> ContextMode {
    CONTEXT_MODE.get()
}

/// Declares the parameters.
pub fn define() {
    GucRegistry::define_enum_guc(
        c"awgp.context_mode",
        c"Where the tenant context may come from.",
        c"trusted: the setting app.current_tenant and awgp.set_context(); signed: verified tokens alone.",
        &CONTEXT_MODE,
        GucContext::Suset,
        GucFlags::default(),
    );
}

/// The text of `app.current_tenant`, the seed's setting; none where it is unset or empty.
pub fn app_current_tenant() -> Option<&'static CStr> {
    // SAFETY: the name is a C string. With missing_ok the answer is null or a C string that lives until the
    // setting changes; callers read it at once and keep nothing.
    unsafe {
        let value = pg_sys::GetConfigOption(c"app.current_tenant".as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value)).filter(|text| !text.is_empty())
    }
}
