//! The actor of an event, and the user they act for, as the audit trail records them.

use crate::context;
use crate::pg::encoding::from_server;
use crate::pg::jsonb::Jsonb;
use pgrx::pg_sys;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::ffi::CStr;
use std::rc::Rc;
use uuid::Uuid;

/// The actor of an event.
#[derive(Clone)]
pub struct Actor {
    /// `actor_type`: assistant where one is in context, otherwise user, otherwise system.
    pub kind: &'static str,
    /// `actor_id`; None for the system.
    pub id: Option<Uuid>,
    /// Facts for `metadata`: the login role, and the user on whose behalf an assistant acted.
    pub metadata: Rc<Jsonb>,
}

/// The part of metadata that marks an event written by a client with `awgp.log_event()`. Events that AWGP
/// itself captures or records do not have it.
const LOGGED: &str = r#"{"origin": "log_event"}"#;

/// Keys of metadata that only AWGP sets.
pub const RESERVED: [&str; 5] = ["role", "on_behalf_of", "origin", "left_out", "erasable"];

impl Actor {
    /// The metadata of an event written by a client: the client's facts and the actor's.
    pub fn logged(&self, more: Option<Jsonb>) -> Jsonb {
        let logged = self.metadata.with(&Jsonb::from_text(LOGGED));
        match more {
            // All reserved keys are removed, not only those that are set here: a client could otherwise forge
            // them.
            Some(more) => RESERVED.into_iter().fold(more, |more, key| more.without(key)).with(&logged),
            None => logged,
        }
    }
}

type Key = (pg_sys::Oid, Option<Uuid>, Option<Uuid>);

thread_local! {
    /// The last actor: nearly all events of a session have the same one.
    static LAST: RefCell<Option<(Key, Actor)>> = const { RefCell::new(None) };
}

/// The actor of the current action.
pub fn current() -> Actor {
    // A malformed app.current_tenant must not keep a superuser's change out of the audit trail.
    let context = context::current_or_none();
    let user = context.and_then(|context| context.user);
    let assistant = context.and_then(|context| context.assistant);
    // SAFETY: reads the session user.
    let key = (unsafe { pg_sys::GetSessionUserId() }, user, assistant);
    if let Some(actor) = LAST.with_borrow(|last| match last {
        Some((of, actor)) if *of == key => Some(actor.clone()),
        _ => None,
    }) {
        return actor;
    }
    let actor = make(key);
    LAST.with_borrow_mut(|last| *last = Some((key, actor.clone())));
    actor
}

fn make((role, user, assistant): Key) -> Actor {
    // SAFETY: with noerr, null for a role that no longer exists, otherwise a C string.
    let role = unsafe {
        let name = pg_sys::GetUserNameFromId(role, true);
        if name.is_null() { String::new() } else { from_server(CStr::from_ptr(name)).into_owned() }
    };
    let mut facts = Map::new();
    facts.insert("role".to_owned(), role.into());
    if let (Some(user), Some(_)) = (user, assistant) {
        facts.insert("on_behalf_of".to_owned(), user.to_string().into());
    }
    let (kind, id) = match (assistant, user) {
        (Some(assistant), _) => ("assistant", Some(assistant)),
        (None, Some(user)) => ("user", Some(user)),
        (None, None) => ("system", None),
    };
    let metadata = Rc::new(Jsonb::from_text(&Value::Object(facts).to_string()));
    Actor { kind, id, metadata }
}
