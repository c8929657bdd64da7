//! Who is asking: tenant, user and assistant.
//!
//! Model: `awgp.set_context()` and `awgp.authenticate()` put a frame on a stack that belongs to the
//! transaction. A savepoint that is rolled back takes its frames with it, the end of the transaction takes all
//! of them. Without a frame, the session's identity counts, if there is one; then, in trusted mode, the seed's
//! setting `app.current_tenant`. In signed mode only what came from a verified token counts.
//!
//! Failure handling: whatever cannot be established is no context. Reads then see no row; writes are refused
//! by the triggers in `guard`. Nothing here is stored where SQL could write it.

pub mod functions;
pub mod plans;
pub mod session;
pub mod tenants;

use crate::raise::raise;
use crate::relation::uuid_array;
use crate::settings::{self, ContextMode};
use awgp_core::isolation_refusals;
use awgp_core::permissions::Role;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use session::SessionIdentity;
use std::cell::RefCell;
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

/// Whom a verified token named.
#[derive(Debug, PartialEq, Eq)]
pub struct Presented {
    /// `iss`.
    pub issuer: String,
    /// The subject claim.
    pub subject: String,
}

struct Frame {
    subtransaction: pg_sys::SubTransactionId,
    context: Context,
    /// Whom the verified token named that it came from; none where it came from none.
    verified: Option<Rc<Presented>>,
    /// It narrows the session's identity, and ends with it.
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
    /// Whether tenant and user of the session's identity are active, looked up once a transaction.
    session_confirmed: Option<bool>,
    /// A user and his role, looked up once a transaction.
    role: Option<(Uuid, Role)>,
    /// The setting's text and the tenant it stands for, looked up once a transaction.
    setting: Option<(Vec<u8>, Option<Uuid>)>,
    /// A tenant and what it sees, looked up once a transaction.
    visible: Option<Visible>,
}

/// What a tenant sees, itself first.
struct Visible {
    of: Uuid,
    tenants: Vec<Uuid>,
    /// The same as a uuid[] of PostgreSQL's, made when it is first asked for.
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

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::default());
}

/// The context in force, if there is one. Raises for a malformed setting.
pub fn current() -> Option<Context> {
    framed().or_else(from_session).or_else(|| match settings::context_mode() {
        ContextMode::Trusted => from_setting(),
        ContextMode::Signed => None,
    })
}

/// The context in force; none also where the setting is malformed. For records, which must not fail for it.
pub fn current_or_none() -> Option<Context> {
    let established = framed().or_else(from_session);
    if established.is_some() || settings::context_mode() == ContextMode::Signed {
        return established;
    }
    let text = settings::app_current_tenant()?.to_str().ok()?;
    Uuid::try_parse(text.trim()).ok()?;
    from_setting()
}

/// The context that a verified token established, whom the token named, and whether it is the session's.
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

/// Whom the token named that the context in force came from; none where it came from none.
pub fn presented() -> Option<Rc<Presented>> {
    let signed = settings::context_mode() == ContextMode::Signed;
    let framed = STATE.with_borrow(|state| {
        let frame = state.frames.iter().rev().find(|frame| frame.verified.is_some() || !signed)?;
        Some((frame.verified.clone(), frame.of_session))
    });
    match framed {
        Some((presented, of_session)) if !of_session || session::in_force().is_some() => presented,
        _ => session::in_force().map(|identity| identity.presented),
    }
}

/// What the newest frame says that counts in the mode in force.
fn framed() -> Option<Context> {
    let signed = settings::context_mode() == ContextMode::Signed;
    let (context, of_session) = STATE.with_borrow(|state| {
        let frame = state.frames.iter().rev().find(|frame| frame.verified.is_some() || !signed)?;
        Some((frame.context, frame.of_session))
    })?;
    (!of_session || session::in_force().is_some()).then_some(context)
}

/// What the session's identity says, while its tenant and its user are active.
fn from_session() -> Option<Context> {
    let SessionIdentity { tenant, user, .. } = session::in_force()?;
    let confirmed = STATE.with_borrow(|state| state.session_confirmed).unwrap_or_else(|| {
        let active = tenants::is_active(tenant) && tenants::has_active_user(tenant, user);
        STATE.with_borrow_mut(|state| state.session_confirmed = Some(active));
        active
    });
    if !confirmed {
        session::forget();
    }
    confirmed.then_some(Context { tenant, user: Some(user), assistant: None })
}

/// The role of the user in context; none where there is no user. Refuses with reason `unknown_user` where he is
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

/// The tenants whose rows may be read: the one in context, first, and its direct active subsidiaries if it is a
/// holding. Empty without a context.
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

/// The tenant in context and what it sees; none also where the setting is malformed.
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
        plans::learn(tenant, &visible);
        let remembered = Visible { of: tenant, tenants: visible.clone(), array: None };
        STATE.with_borrow_mut(|state| state.visible = Some(remembered));
        visible
    })
}

/// Calls `read` with [`visible`] as a uuid[] of PostgreSQL's, a whole varlena.
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

/// Narrows a verified context until the end of the (sub)transaction, and of the session's identity if it is
/// that one.
pub fn narrow(context: Context, presented: Rc<Presented>, of_session: bool) {
    push(context, Some(presented), of_session);
}

fn push(context: Context, verified: Option<Rc<Presented>>, of_session: bool) {
    let subtransaction = current_subtransaction();
    STATE.with_borrow_mut(|state| {
        state.frames.retain(|frame| frame.subtransaction != subtransaction);
        state.frames.push(Frame { subtransaction, context, verified, of_session });
    });
    if plans::known(context.tenant).is_none() {
        visible_from(context.tenant);
    }
    plans::follow(plans::known(context.tenant));
}

/// A frame or the session's identity has gone: cached plans follow the context that is in force now.
fn fall_back() {
    let framed = STATE.with_borrow(|state| state.frames.last().map(|frame| frame.context.tenant));
    let established = framed.or_else(|| session::in_force().map(|identity| identity.tenant));
    match established {
        Some(tenant) => plans::follow(plans::known(tenant)),
        None => plans::follow_setting(settings::app_current_tenant()),
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

/// Looks tenants and users up again at the next question: one of them has changed.
pub fn forget_lookups() {
    STATE.with_borrow_mut(State::forget_lookups);
}

/// The tenant that `app.current_tenant` names, if it is an active one.
fn from_setting() -> Option<Context> {
    let text = settings::app_current_tenant()?.to_bytes();
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

/// The transaction has committed: an identity that was kept for the session is the session's.
pub fn commit() {
    if let Some(pending) =
        STATE.with_borrow(|state| state.pending.last().map(|pending| pending.identity.clone()))
    {
        plans::follow(plans::known(pending.tenant));
        session::put(pending);
    }
    forget();
}

/// The transaction has failed or was rolled back, and the session's identity ends with it.
pub fn abort() {
    forget_identity();
}

/// The transaction has ended, and the context with it.
pub fn forget() {
    let state = STATE.take();
    if !state.frames.is_empty() {
        fall_back();
    }
}

/// Nobody is in context any more, the session's identity included.
pub fn forget_identity() {
    session::forget();
    forget();
}

/// A savepoint was rolled back: what it set is gone, and what was looked up since may be.
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

/// A savepoint was released: what it set is the parent's, in place of what the parent had.
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
