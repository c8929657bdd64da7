//! Who is asking: tenant, user and assistant.
//!
//! Model: `awgp.set_context()` and `awgp.authenticate()` push a frame on a stack that belongs to the
//! transaction. Rolling back a savepoint removes its frames, the end of the transaction removes all. Without
//! a frame, the session's identity counts, if there is one; then, in trusted mode, the setting
//! `app.current_tenant`. In signed mode only what came from a verified token counts.
//!
//! Failure handling: what cannot be established is not a context. Reads then see no row, and the triggers in
//! `guard` refuse writes. Nothing here is stored where SQL could write it.

pub mod functions;
pub mod mode;
pub mod outliving;
mod plans;
mod reset;
pub mod session;
mod sight;
pub mod tenants;

use crate::pg::datum::uuid_array;
use crate::pg::invalidation::on_relation_change;
use crate::pg::raise::raise;
use awgp_core::human::Human;
use awgp_core::isolation_refusals;
use awgp_core::permissions::Role;
use awgp_core::refusal::Refusal;
use mode::{ContextMode, app_current_tenant, context_mode};
use pgrx::pg_sys;
use session::{Presented, SessionIdentity};
use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_void};
use std::rc::Rc;
use uuid::Uuid;

/// Who acts, and for which tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The tenant; active when it was put in context.
    pub tenant: Uuid,
    /// The human, if any.
    pub user: Option<Uuid>,
    /// The assistant, if any.
    pub assistant: Option<Uuid>,
}

struct Frame {
    subtransaction: pg_sys::SubTransactionId,
    context: Context,
    /// The issuer and subject of the verified token that the frame came from; None where it came from no
    /// token.
    verified: Option<Rc<Presented>>,
    /// True where the frame narrows the session's identity; it ends with that identity.
    of_session: bool,
}

/// An identity that becomes the session's when the transaction commits.
struct Pending {
    subtransaction: pg_sys::SubTransactionId,
    identity: SessionIdentity,
}

#[derive(Default)]
struct State {
    frames: Vec<Frame>,
    pending: Vec<Pending>,
    /// True where the provider, tenant and user of the session's identity are active; looked up once per
    /// transaction.
    session_confirmed: Option<bool>,
    /// A user and their role, looked up once per transaction.
    role: Option<(Uuid, Role)>,
    /// The setting's text and the tenant it names, looked up once per transaction.
    setting: Option<(Vec<u8>, Option<Uuid>)>,
    /// A tenant and the tenants it sees, looked up once per transaction.
    visible: Option<Visible>,
}

/// The tenants that a tenant sees, itself first.
struct Visible {
    of: Uuid,
    tenants: Vec<Uuid>,
    /// The same as a PostgreSQL uuid[]; built on first use.
    array: Option<Box<[u8]>>,
}

impl State {
    fn forget_lookups(&mut self) {
        self.session_confirmed = None;
        self.role = None;
        self.setting = None;
        self.visible = None;
    }
}

/// Declares the parameters and watches for events that change or end a context; called once per backend.
pub fn register() {
    mode::define(follow_setting);
    outliving::define();
    reset::watch(forget_identity);
    on_relation_change(|changed| {
        if sight::forget_where_tenants(changed) {
            // A plan made after this must not rely on what was looked up before.
            forget_lookups();
        }
    });
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn follow_setting(value: *const c_char, _extra: *mut c_void) {
    // SAFETY: null or a C string.
    sight::follow_setting(unsafe { value.as_ref().map(|text| CStr::from_ptr(text)) });
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::default());
}

/// The context in force, if there is one. Raises an error for a setting that is malformed or refused.
pub fn current() -> Option<Context> {
    framed().or_else(from_session).or_else(|| match context_mode() {
        ContextMode::Trusted => from_setting(),
        ContextMode::Signed => None,
    })
}

/// The context in force; None also where the setting is malformed or refused. For the audit trail, which must
/// not fail because of the setting.
pub fn current_or_none() -> Option<Context> {
    let established = framed().or_else(from_session);
    if established.is_some() || context_mode() == ContextMode::Signed {
        return established;
    }
    let text = app_current_tenant()?.to_str().ok()?;
    Uuid::try_parse(text.trim()).ok()?;
    if outliving::refuses_setting() {
        return None;
    }
    from_setting()
}

/// The context that a verified token established, the token's issuer and subject, and whether the context is
/// the session's.
pub fn verified() -> Option<(Context, Rc<Presented>, bool)> {
    let framed = STATE.with_borrow(|state| {
        let (frame, presented) =
            state.frames.iter().rev().find_map(|frame| Some((frame, frame.verified.clone()?)))?;
        Some((frame.context, presented, frame.of_session))
    });
    match framed {
        Some((_, _, true)) if session::in_force().is_none() => None,
        Some(framed) => Some(framed),
        None => {
            let context = from_session()?;
            session::in_force().map(|identity| (context, identity.presented, true))
        }
    }
}

/// The issuer and subject of the token that the context in force came from; None where it came from no token.
pub fn presented() -> Option<Rc<Presented>> {
    let signed = context_mode() == ContextMode::Signed;
    let framed = STATE.with_borrow(|state| {
        let frame = state.frames.iter().rev().find(|frame| frame.verified.is_some() || !signed)?;
        Some((frame.verified.clone(), frame.of_session))
    });
    match framed {
        Some((presented, of_session)) if !of_session || session::in_force().is_some() => presented,
        _ => session::in_force().map(|identity| identity.presented),
    }
}

/// The user in context, with the issuer and subject of the token that the context came from, if it came from
/// one.
pub fn human(user: Uuid) -> Human {
    let (issuer, subject) =
        presented().map(|presented| (presented.issuer.clone(), presented.subject.clone())).unzip();
    Human { user, issuer, subject }
}

/// The newest frame's context that counts in the mode in force.
fn framed() -> Option<Context> {
    let signed = context_mode() == ContextMode::Signed;
    let (context, of_session) = STATE.with_borrow(|state| {
        let frame = state.frames.iter().rev().find(|frame| frame.verified.is_some() || !signed)?;
        Some((frame.context, frame.of_session))
    })?;
    (!of_session || session::in_force().is_some()).then_some(context)
}

/// The context of the session's identity, while its provider, tenant and user are active.
fn from_session() -> Option<Context> {
    let SessionIdentity { tenant, user, presented, .. } = session::in_force()?;
    let confirmed = STATE.with_borrow(|state| state.session_confirmed).unwrap_or_else(|| {
        let active = tenants::has_active_provider(&presented.issuer)
            && tenants::is_active(tenant)
            && tenants::has_active_user(tenant, user);
        STATE.with_borrow_mut(|state| state.session_confirmed = Some(active));
        active
    });
    if !confirmed {
        session::forget();
    }
    confirmed.then_some(Context { tenant, user: Some(user), assistant: None })
}

/// The role of the user in context; None where there is no user. Refuses with `unknown_user` where they are
/// no longer an active user of the tenant.
pub fn user_role() -> Result<Option<Role>, Refusal> {
    let Some(Context { tenant, user: Some(user), .. }) = current() else { return Ok(None) };
    let remembered = STATE.with_borrow(|state| state.role.filter(|(of, _)| *of == user));
    if let Some((_, role)) = remembered {
        return Ok(Some(role));
    }
    let name = tenants::role_of_active_user(tenant, user).ok_or_else(isolation_refusals::unknown_user)?;
    let role = name.parse::<Role>()?;
    STATE.with_borrow_mut(|state| state.role = Some((user, role)));
    Ok(Some(role))
}

/// The tenants whose rows may be read: the one in context, then, where it is a holding, its direct active
/// subsidiaries. Empty without a context.
pub fn visible() -> Vec<Uuid> {
    current().map(|context| visible_from(context.tenant)).unwrap_or_default()
}

/// The first of [`visible`]: the tenant in context, where it is active.
pub fn own() -> Option<Uuid> {
    let tenant = current()?.tenant;
    let remembered = STATE.with_borrow(|state| match &state.visible {
        Some(visible) if visible.of == tenant => Some(visible.tenants.first().copied()),
        _ => None,
    });
    remembered.unwrap_or_else(|| visible_from(tenant).first().copied())
}

/// The tenant in context and the tenants it sees; None also where the setting is malformed.
pub fn visible_or_none() -> Option<(Uuid, Vec<Uuid>)> {
    current_or_none().map(|context| (context.tenant, visible_from(context.tenant)))
}

fn visible_from(tenant: Uuid) -> Vec<Uuid> {
    let remembered = STATE.with_borrow(|state| match &state.visible {
        Some(visible) if visible.of == tenant => Some(visible.tenants.clone()),
        _ => None,
    });
    remembered.unwrap_or_else(|| {
        let visible = tenants::visible_from(tenant);
        sight::learn(tenant, &visible);
        let remembered = Visible { of: tenant, tenants: visible.clone(), array: None };
        STATE.with_borrow_mut(|state| state.visible = Some(remembered));
        visible
    })
}

/// Calls `read` with [`visible`] as a PostgreSQL uuid[], a whole varlena.
pub fn with_visible_array<T>(read: impl FnOnce(&[u8]) -> T) -> T {
    let Some(tenant) = current().map(|context| context.tenant) else { return read(&uuid_array(&[])) };
    let known = STATE.with_borrow(|state| state.visible.as_ref().is_some_and(|visible| visible.of == tenant));
    if !known {
        visible_from(tenant);
    }
    STATE.with_borrow_mut(|state| match &mut state.visible {
        Some(visible) => read(visible.array.get_or_insert_with(|| uuid_array(&visible.tenants))),
        None => read(&uuid_array(&[])),
    })
}

/// Puts a context in force until the end of the (sub)transaction.
pub fn enter(context: Context) {
    push(context, None, false);
}

/// Puts the context of a verified token in force until the end of the (sub)transaction.
pub fn enter_verified(context: Context, presented: Rc<Presented>) {
    push(context, Some(presented), false);
}

/// Narrows a verified context until the end of the (sub)transaction. Where it is the session's, also until
/// the session's identity ends.
pub fn narrow(context: Context, presented: Rc<Presented>, of_session: bool) {
    push(context, Some(presented), of_session);
}

fn push(context: Context, verified: Option<Rc<Presented>>, of_session: bool) {
    let subtransaction = current_subtransaction();
    STATE.with_borrow_mut(|state| {
        state.frames.retain(|frame| frame.subtransaction != subtransaction);
        state.frames.push(Frame { subtransaction, context, verified, of_session });
    });
    if sight::known(context.tenant).is_none() {
        visible_from(context.tenant);
    }
    sight::follow(sight::known(context.tenant));
}

/// A frame or the session's identity has ended: cached plans now follow the context that is in force.
fn fall_back() {
    let framed = STATE.with_borrow(|state| state.frames.last().map(|frame| frame.context.tenant));
    let established = framed.or_else(|| session::in_force().map(|identity| identity.tenant));
    match established {
        Some(tenant) => sight::follow(sight::known(tenant)),
        None => sight::follow_setting(app_current_tenant()),
    }
}

/// Makes the identity the session's when the transaction commits.
pub fn keep_for_session(identity: SessionIdentity) {
    let subtransaction = current_subtransaction();
    STATE.with_borrow_mut(|state| state.pending.push(Pending { subtransaction, identity }));
}

fn current_subtransaction() -> pg_sys::SubTransactionId {
    // SAFETY: reads a counter of the running transaction.
    unsafe { pg_sys::GetCurrentSubTransactionId() }
}

/// A tenant or user has changed: the next call looks them up again.
pub fn forget_lookups() {
    STATE.with_borrow_mut(State::forget_lookups);
}

/// The tenant that `app.current_tenant` names, if it is an active one.
fn from_setting() -> Option<Context> {
    let text = app_current_tenant()?.to_bytes();
    if outliving::refuses_setting() {
        raise(&isolation_refusals::setting_of_session());
    }
    let remembered = STATE.with_borrow(|state| match &state.setting {
        Some((of, tenant)) if of == text => Some(*tenant),
        _ => None,
    });
    let tenant = remembered.unwrap_or_else(|| {
        let id = std::str::from_utf8(text).ok().and_then(|text| Uuid::try_parse(text.trim()).ok());
        let Some(id) = id else { raise(&isolation_refusals::malformed_tenant_id()) };
        let tenant = tenants::is_active(id).then_some(id);
        STATE.with_borrow_mut(|state| state.setting = Some((text.to_vec(), tenant)));
        tenant
    });
    tenant.map(|tenant| Context { tenant, user: None, assistant: None })
}

/// The transaction has committed: an identity kept for the session takes effect.
pub fn commit() {
    if let Some(pending) =
        STATE.with_borrow(|state| state.pending.last().map(|pending| pending.identity.clone()))
    {
        sight::follow(sight::known(pending.tenant));
        session::put(pending);
    }
    forget();
}

/// The transaction has failed or was rolled back. This ends the session's identity too.
pub fn abort() {
    forget_identity();
}

/// The transaction has ended: its context ends.
pub fn forget() {
    let state = STATE.take();
    if !state.frames.is_empty() {
        fall_back();
    }
}

/// Clears the context, including the session's identity.
pub fn forget_identity() {
    session::forget();
    forget();
}

/// A savepoint was rolled back: what it set is gone, and what was looked up since then may be out of date.
pub fn forget_subtransaction(own: pg_sys::SubTransactionId) {
    let had_frame = STATE.with_borrow_mut(|state| {
        let before = state.frames.len();
        state.frames.retain(|frame| frame.subtransaction != own);
        state.pending.retain(|pending| pending.subtransaction != own);
        state.forget_lookups();
        state.frames.len() < before
    });
    if had_frame {
        fall_back();
    }
}

/// A savepoint was released: what it set replaces what its parent had set.
pub fn adopt_subtransaction(own: pg_sys::SubTransactionId, parent: pg_sys::SubTransactionId) {
    STATE.with_borrow_mut(|state| {
        if state.frames.iter().any(|frame| frame.subtransaction == own) {
            state.frames.retain(|frame| frame.subtransaction != parent);
            for frame in state.frames.iter_mut().filter(|frame| frame.subtransaction == own) {
                frame.subtransaction = parent;
            }
        }
        for pending in state.pending.iter_mut().filter(|pending| pending.subtransaction == own) {
            pending.subtransaction = parent;
        }
    });
}
