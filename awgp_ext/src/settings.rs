//! Configuration parameters, all under the prefix `awgp.`, and the seed's `app.current_tenant`.

mod established;

use crate::raise::raise;
use awgp_core::audit::mask::{DEFAULT_PATTERNS, SecretNames};
use awgp_core::isolation_refusals::settings_unknown;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum, pg_sys};
use std::ffi::{CStr, CString, c_char, c_void};

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

static APP_CURRENT_TENANT: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

static AUDIT_LANES: GucSetting<i32> = GucSetting::<i32>::new(64);
static AUDIT_LANE_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(60_000);
static AUDIT_EVENT_MAX: GucSetting<i32> = GucSetting::<i32>::new(1024);
static AUDIT_MASK: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

static APPROVALS_NOTIFY: GucSetting<bool> = GucSetting::<bool>::new(true);
static ACCOUNTING_TIME: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

static AUDIT_NOTIFY: GucSetting<bool> = GucSetting::<bool>::new(false);

static CONVERSATION_RETENTION: GucSetting<i32> = GucSetting::<i32>::new(0);

/// How many days after its end the content of a conversation is erased, where the tenant's settings do not say; none:
/// never.
pub fn conversation_retention_days() -> Option<u32> {
    require_known();
    u32::try_from(CONVERSATION_RETENTION.get()).ok().filter(|days| *days > 0)
}

/// Whether a commit that has written events notifies the channel `awgp_audit`.
pub fn audit_notify() -> bool {
    require_known();
    AUDIT_NOTIFY.get()
}

static AUDIT_RETENTION: GucSetting<i32> = GucSetting::<i32>::new(400);
static AUDIT_RETENTION_SHORT: GucSetting<bool> = GucSetting::<bool>::new(false);

/// How many days after its end a month of the trail is kept at least.
pub fn audit_retention_days() -> u16 {
    require_known();
    u16::try_from(AUDIT_RETENTION.get()).unwrap_or(u16::MAX)
}

/// Whether a retention under six months is meant.
pub fn audit_retention_may_be_short() -> bool {
    require_known();
    AUDIT_RETENTION_SHORT.get()
}

/// Whether a commit that has asked for, decided or expired approvals notifies the channel `awgp_approvals`.
pub fn approvals_notify() -> bool {
    require_known();
    APPROVALS_NOTIFY.get()
}

/// The moment that stands in for the wall clock where money moves; none where it is unset or empty.
pub fn accounting_time() -> Option<CString> {
    require_known();
    ACCOUNTING_TIME.get().filter(|text| !text.is_empty())
}

/// How many lanes of a tenant's chain writers may take before one waits for another.
pub fn audit_lanes() -> u16 {
    require_known();
    u16::try_from(AUDIT_LANES.get()).unwrap_or(1)
}

/// How many milliseconds a writer waits for a lane or table of the trail; none: as long as it takes.
pub fn audit_lane_timeout() -> Option<u32> {
    require_known();
    u32::try_from(AUDIT_LANE_TIMEOUT.get()).ok().filter(|milliseconds| *milliseconds > 0)
}

/// How many bytes the texts of an event's states and metadata have together at most.
pub fn audit_event_max() -> usize {
    require_known();
    usize::try_from(AUDIT_EVENT_MAX.get()).unwrap_or(1) << 10
}

/// The names whose values never enter the trail.
pub fn audit_mask() -> String {
    require_known();
    AUDIT_MASK.get().map_or_else(|| DEFAULT_PATTERNS.to_owned(), |names| names.to_string_lossy().into_owned())
}

/// The mode in force. Only a superuser, or the database's or role's own settings, may change it. Where it cannot be
/// established it is signed, as in a parallel worker: no context reaches one, and what a client has set may.
pub fn context_mode() -> ContextMode {
    if in_parallel_worker() || !established::are_known() { ContextMode::Signed } else { CONTEXT_MODE.get() }
}

/// True in a process that helps another session with its query.
pub fn in_parallel_worker() -> bool {
    // SAFETY: reads a number of this process, which is -1 elsewhere.
    unsafe { pg_sys::ParallelWorkerNumber >= 0 }
}

/// Refuses where the parameters are not what a superuser has made them.
fn require_known() {
    if !established::are_known() {
        raise(&settings_unknown());
    }
}

/// Declares the parameters.
pub fn define() {
    established::look_for_placeholders();
    GucRegistry::define_enum_guc(
        c"awgp.context_mode",
        c"Where the tenant context may come from.",
        c"trusted: the setting app.current_tenant and awgp.set_context(); signed: verified tokens alone.",
        &CONTEXT_MODE,
        GucContext::Suset,
        GucFlags::default(),
    );
    crate::maintenance::settings::define();
    define_trail();
    define_domains();
}

/// Those of the audit trail.
fn define_trail() {
    GucRegistry::define_int_guc(
        c"awgp.audit_lanes",
        c"How many lanes of a tenant's audit chain writers may take before one waits for another.",
        c"1 keeps one chain a tenant and lets its writers commit one after the other.",
        &AUDIT_LANES,
        1,
        1024,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"awgp.audit_lane_timeout",
        c"How long a writer waits for a lane or a table of the audit trail.",
        c"statement_timeout does not count in a COMMIT, where most of the waiting is. 0: as long as it takes.",
        &AUDIT_LANE_TIMEOUT,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"awgp.audit_event_max",
        c"How large the states and the metadata of one audit event are together, as text.",
        c"Beyond it the event keeps length, digest and name of what was left out.",
        &AUDIT_EVENT_MAX,
        8,
        65_536,
        GucContext::Suset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"awgp.audit_retention",
        c"How many days after its end a month of the audit trail is kept at least.",
        c"Under 184, six months, nothing is retired unless awgp.audit_retention_short is on.",
        &AUDIT_RETENTION,
        0,
        36_500,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"awgp.audit_retention_short",
        c"Whether a retention under six months is meant.",
        c"The EU AI Act asks for logs of six months at least; on where it does not apply.",
        &AUDIT_RETENTION_SHORT,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"awgp.audit_notify",
        c"Whether a commit that has written audit events notifies the channel awgp_audit.",
        c"Off, because NOTIFY lets the commits of the whole server wait for each other. The payload is the id of the last event.",
        &AUDIT_NOTIFY,
        GucContext::Suset,
        GucFlags::default(),
    );
    // SAFETY: the check hook is guarded and reads the proposed text alone.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            c"awgp.audit_mask",
            c"Names of columns and JSON keys whose values never enter the audit trail.",
            c"Separated by commas; * at the beginning or end stands for anything; case, _ and - do not count. Unset: a list of the usual secrets.",
            &AUDIT_MASK,
            GucContext::Suset,
            GucFlags::default(),
            Some(check_audit_mask),
            Some(assign_audit_mask),
            None,
        );
    }
}

/// Those of the context and of single domains.
fn define_domains() {
    GucRegistry::define_int_guc(
        c"awgp.conversation_retention",
        c"How many days after its end maintenance erases the content of a conversation.",
        c"0: never. A tenant's own setting, conversation_policy.retention_days, wins.",
        &CONVERSATION_RETENTION,
        0,
        36_500,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"awgp.approvals_notify",
        c"Whether a commit that has asked for, decided or expired an approval notifies the channel awgp_approvals.",
        c"On; NOTIFY lets the commits of the whole server wait for each other. The payload is the approval's id.",
        &APPROVALS_NOTIFY,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_string_guc(
        c"awgp.accounting_time",
        c"The moment that costs and reservations are made at, in place of the wall clock.",
        c"Empty: the wall clock. For imports of past costs and for rehearsals; only a superuser sets it.",
        &ACCOUNTING_TIME,
        GucContext::Suset,
        GucFlags::default(),
    );
    // Known to the server by its plain name since the first SET; declared, so that every change of it is heard of:
    // by SET, set_config, a function's SET clause, RESET, the end of a transaction or of a savepoint.
    // SAFETY: the assign hook is guarded and touches no catalog.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            c"app.current_tenant",
            c"The tenant in context, in trusted mode.",
            c"The id of an active tenant. Set it for one transaction: SELECT set_config('app.current_tenant', id, true).",
            &APP_CURRENT_TENANT,
            GucContext::Userset,
            GucFlags::default(),
            None,
            Some(assign_current_tenant),
            None,
        );
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn check_audit_mask(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: the server passes a pointer to a C string, or to null for unset.
    let names = unsafe { (*value).as_ref().map(|text| CStr::from_ptr(text).to_string_lossy()) };
    names.is_none_or(|names| SecretNames::parse(&names).is_ok())
}

/// True where `shared_preload_libraries` names the library.
pub fn is_preloaded() -> bool {
    // SAFETY: a C string that the postmaster set before the first backend; null or constant since.
    let libraries = unsafe {
        let text = pg_sys::shared_preload_libraries_string;
        if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
    };
    libraries.split(',').any(|library| library.trim_matches([' ', '"']).ends_with("awgp"))
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn assign_audit_mask(_value: *const c_char, _extra: *mut c_void) {
    crate::audit::secrets::forget();
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn assign_current_tenant(value: *const c_char, _extra: *mut c_void) {
    // SAFETY: null or a C string.
    crate::context::plans::follow_setting(unsafe { value.as_ref().map(|text| CStr::from_ptr(text)) });
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
