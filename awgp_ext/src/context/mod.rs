//! Who is asking: tenant, user and assistant.
//!
//! Model: `awgp.set_context()` puts a frame on a stack that belongs to the transaction. A savepoint that is
//! rolled back takes its frames with it, the end of the transaction takes all of them. Without a frame, in
//! trusted mode, the seed's setting `app.current_tenant` is read.
//!
//! Failure handling: whatever cannot be established is no context. Reads then see no row; writes are refused
//! by the triggers in `guard`. Nothing here is stored where SQL could write it.

pub mod functions;
pub mod plans;
pub mod tenants;

use crate::raise::raise;
use crate::settings::{self, ContextMode};
use awgp_core::tenancy;
use pgrx::pg_sys;
use std::cell::RefCell;
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
}

#[derive(Default)]
struct State {
    frames: Vec<Frame>,
    /// The setting's text and the tenant it stands for, looked up once a transaction.
    setting: Option<(Vec<u8>, Option<Uuid>)>,
    /// A tenant and what it sees, looked up once a transaction.
    visible: Option<(Uuid, Vec<Uuid>)>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::default());
}

/// The context in force, if there is one. Raises for a malformed setting.
pub fn current() -> Option<Context> {
    let framed = STATE.with_borrow(|state| state.frames.last().map(|frame| frame.context));
    framed.or_else(|| match settings::context_mode() {
        ContextMode::Trusted => from_setting(),
        ContextMode::Signed => None,
    })
}

/// The context in force; none also where the setting is malformed. For records, which must not fail for it.
pub fn current_or_none() -> Option<Context> {
    let framed = STATE.with_borrow(|state| state.frames.last().map(|frame| frame.context));
    if framed.is_some() || settings::context_mode() == ContextMode::Signed {
        return framed;
    }
    let text = settings::app_current_tenant()?.to_str().ok()?;
    Uuid::try_parse(text.trim()).ok()?;
    from_setting()
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
        Some((of, visible)) if *of == tenant => Some(visible.first().copied()),
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
        Some((of, visible)) if *of == tenant => Some(visible.clone()),
        _ => None,
    });
    remembered.unwrap_or_else(|| {
        let visible = tenants::visible_from(tenant);
        plans::learn(tenant, &visible);
        STATE.with_borrow_mut(|state| state.visible = Some((tenant, visible.clone())));
        visible
    })
}

/// Puts a context in force until the end of the (sub)transaction.
pub fn enter(context: Context) {
    // SAFETY: reads a counter of the running transaction.
    let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
    STATE.with_borrow_mut(|state| {
        state.frames.retain(|frame| frame.subtransaction != subtransaction);
        state.frames.push(Frame { subtransaction, context });
    });
    if plans::known(context.tenant).is_none() {
        visible_from(context.tenant);
    }
    plans::follow(plans::known(context.tenant));
}

/// A frame has gone: cached plans follow the context that is in force now.
fn fall_back() {
    let frame = STATE.with_borrow(|state| state.frames.last().map(|frame| frame.context.tenant));
    match frame {
        Some(tenant) => plans::follow(plans::known(tenant)),
        None => plans::follow_setting(settings::app_current_tenant()),
    }
}

/// Looks tenants up again at the next question: one of them has changed.
pub fn forget_lookups() {
    STATE.with_borrow_mut(|state| {
        state.setting = None;
        state.visible = None;
    });
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
        let Some(id) = id else { raise(&tenancy::malformed_tenant_id()) };
        let tenant = tenants::is_active(id).then_some(id);
        STATE.with_borrow_mut(|state| state.setting = Some((text.to_vec(), tenant)));
        tenant
    });
    tenant.map(|tenant| Context { tenant, user: None, assistant: None })
}

/// The transaction has ended, and the context with it.
pub fn forget() {
    let state = STATE.take();
    if !state.frames.is_empty() {
        fall_back();
    }
}

/// A savepoint was rolled back: what it set is gone, and what was looked up since may be.
pub fn forget_subtransaction(own: pg_sys::SubTransactionId) {
    let had_frame = STATE.with_borrow_mut(|state| {
        let before = state.frames.len();
        state.frames.retain(|frame| frame.subtransaction != own);
        state.setting = None;
        state.visible = None;
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
    });
}
