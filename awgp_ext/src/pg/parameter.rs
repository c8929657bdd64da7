//! AWGP's own configuration parameters, all under the prefix `awgp.`; each domain declares its own.

mod established;
mod origin;

use super::raise::raise;
use awgp_core::isolation_refusals::settings_unknown;
pub use established::are_known;
use established::remember;
pub use origin::{Origin, origin};
use pgrx::guc::{GucEnum, GucValue};
use pgrx::pg_sys::GucSource;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};
use std::ffi::{CStr, CString, c_char, c_void};

/// A parameter being declared.
pub struct Parameter {
    name: &'static CStr,
    short: &'static CStr,
    long: &'static CStr,
    context: GucContext,
    flags: GucFlags,
}

/// Called with a proposed value.
pub type Check = unsafe extern "C-unwind" fn(*mut *mut c_char, *mut *mut c_void, GucSource::Type) -> bool;
/// Called with a value that takes effect.
pub type Assign = unsafe extern "C-unwind" fn(*const c_char, *mut c_void);

/// A parameter that only superusers can set, in a session, for a database or for a role.
pub fn of_superuser(name: &'static CStr, short: &'static CStr, long: &'static CStr) -> Parameter {
    remember(name);
    Parameter { name, short, long, context: GucContext::Suset, flags: GucFlags::default() }
}

/// A parameter that only the configuration file or the server's command line sets.
pub fn of_server(name: &'static CStr, short: &'static CStr, long: &'static CStr) -> Parameter {
    remember(name);
    Parameter { name, short, long, context: GucContext::Sighup, flags: GucFlags::default() }
}

/// A parameter that any user can set.
pub fn of_anybody(name: &'static CStr, short: &'static CStr, long: &'static CStr) -> Parameter {
    Parameter { name, short, long, context: GucContext::Userset, flags: GucFlags::default() }
}

impl Parameter {
    /// With a unit.
    pub fn in_units_of(mut self, unit: GucFlags) -> Self {
        self.flags = unit;
        self
    }

    /// An integer within bounds.
    pub fn integer(self, setting: &'static GucSetting<i32>, least: i32, most: i32) {
        let Self { name, short, long, context, flags } = self;
        GucRegistry::define_int_guc(name, short, long, setting, least, most, context, flags);
    }

    /// On or off.
    pub fn boolean(self, setting: &'static GucSetting<bool>) {
        let Self { name, short, long, context, flags } = self;
        GucRegistry::define_bool_guc(name, short, long, setting, context, flags);
    }

    /// One of several keywords.
    pub fn choice<T: GucEnum>(self, setting: &'static GucSetting<T>) {
        let Self { name, short, long, context, flags } = self;
        GucRegistry::define_enum_guc(name, short, long, setting, context, flags);
    }

    /// A text.
    pub fn text(
        self,
        setting: &'static GucSetting<Option<CString>>,
        check: Option<Check>,
        assign: Option<Assign>,
    ) {
        let Self { name, short, long, context, flags } = self;
        // SAFETY: the hooks are guarded, and read only the text they are given.
        unsafe {
            GucRegistry::define_string_guc_with_hooks(
                name, short, long, setting, context, flags, check, assign, None,
            );
        }
    }
}

/// Calls `is_valid` with the text that a check hook receives; an unset parameter is valid.
///
/// # Safety
/// `value` is what the server passed to the hook.
pub unsafe fn check(value: *mut *mut c_char, is_valid: impl FnOnce(&str) -> bool) -> bool {
    // SAFETY: the server passes a pointer to a C string, or to null where the parameter is unset.
    let text = unsafe { (*value).as_ref().map(|text| CStr::from_ptr(text).to_string_lossy()) };
    text.is_none_or(|text| is_valid(&text))
}

/// The parameter's value, which only a superuser can have set. Raises an error where that is in doubt.
pub fn known<T: GucValue>(setting: &GucSetting<T>) -> T {
    if !are_known() {
        raise(&settings_unknown());
    }
    setting.get()
}
