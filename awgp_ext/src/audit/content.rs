//! The stored content of an event: states and metadata, at most `awgp.audit_event_max` together, each with
//! the text that is hashed.

use super::erasable::Taken;
use super::event::Event;
use super::left_out::{self, fit};
use crate::pg::jsonb::Jsonb;
use awgp_core::audit::erasable::KEY;
use pgrx::pg_sys::Datum;

/// The stored content of an event.
pub struct Content<'a> {
    /// `before_state`.
    pub before: Option<Stored<'a>>,
    /// `after_state`.
    pub after: Option<Stored<'a>>,
    /// `metadata`.
    pub metadata: Stored<'a>,
    /// The values of which the states and the metadata have commitments.
    pub erasable: Vec<&'a Taken>,
}

/// A jsonb and its text.
pub struct Stored<'a> {
    jsonb: Held<'a>,
    text: String,
}

enum Held<'a> {
    Event(&'a Jsonb),
    Own(Jsonb),
}

impl<'a> Stored<'a> {
    fn own(jsonb: Jsonb) -> Self {
        let text = jsonb.with_text(str::to_owned);
        Self { jsonb: Held::Own(jsonb), text }
    }

    fn within(jsonb: &'a Jsonb, limit: usize) -> Option<Self> {
        let text = left_out::text_within(jsonb, limit)?;
        Some(Self { jsonb: Held::Event(jsonb), text })
    }

    /// The jsonb; valid while `self` lives.
    pub fn datum(&self) -> Datum {
        match &self.jsonb {
            Held::Event(jsonb) => jsonb.datum(),
            Held::Own(jsonb) => jsonb.datum(),
        }
    }

    /// The text, in UTF-8.
    pub fn text(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl<'a> Content<'a> {
    /// The event's content. Where the texts together are longer than `limit`, the largest parts of the states
    /// are left out.
    pub fn of(event: &'a Event, limit: usize) -> Self {
        let metadata = event.metadata.as_ref().unwrap_or(&event.actor.metadata);
        let metadata = Stored { jsonb: Held::Event(metadata), text: metadata.with_text(str::to_owned) };
        let named: usize =
            event.erasable.iter().flat_map(|taken| taken.names(&[])).map(|name| name.len() + 4).sum();
        let room = limit.saturating_sub(metadata.text.len() + named);
        let whole = |(before, after), metadata, left_out: &[String]| {
            let is_kept = |taken: &&Taken| taken.names(left_out).next().is_some();
            Self { before, after, metadata, erasable: event.erasable.iter().filter(is_kept).collect() }
        };
        match Self::states(event, room) {
            Some(states) if event.left_out.is_empty() && event.erasable.is_empty() => {
                whole(states, metadata, &[])
            }
            Some(states) => whole(states, naming(event, metadata, &[]), &event.left_out),
            None => {
                let states = [("before_state", event.before.as_ref()), ("after_state", event.after.as_ref())];
                let fitted = fit(&states, room);
                let mut fitted_states = fitted.states.into_iter();
                let mut stored = |(_, state): &(&str, Option<&'a Jsonb>)| {
                    let own = fitted_states.next().flatten().map(Stored::own);
                    own.or_else(|| state.and_then(|state| Stored::within(state, usize::MAX)))
                };
                let stored = (stored(&states[0]), stored(&states[1]));
                let left_out = [event.left_out.as_slice(), &fitted.names].concat();
                whole(stored, naming(event, metadata, &fitted.names), &left_out)
            }
        }
    }

    /// The unchanged states; None where they are together longer than `room`.
    fn states(event: &'a Event, room: usize) -> Option<(Option<Stored<'a>>, Option<Stored<'a>>)> {
        let mut room = room;
        let mut stored = |state: &'a Option<Jsonb>| match state {
            None => Some(None),
            Some(state) => {
                let stored = Stored::within(state, room)?;
                room -= stored.text.len();
                Some(Some(stored))
            }
        };
        Some((stored(&event.before)?, stored(&event.after)?))
    }
}

/// Metadata with the names of the parts that were left out, and of the values that can be erased.
fn naming<'a>(event: &Event, metadata: Stored<'a>, names: &[String]) -> Stored<'a> {
    let left_out: Vec<String> = event.left_out.iter().chain(names).cloned().collect();
    let erasable: Vec<String> = event.erasable.iter().flat_map(|taken| taken.names(&left_out)).collect();
    let mut named = serde_json::Map::new();
    if !erasable.is_empty() {
        named.insert(KEY.to_owned(), erasable.into());
    }
    if !left_out.is_empty() {
        named.insert("left_out".to_owned(), left_out.into());
    }
    let named = Jsonb::from_text(&serde_json::Value::Object(named).to_string());
    match metadata.jsonb {
        Held::Event(jsonb) => Stored::own(jsonb.with(&named)),
        Held::Own(jsonb) => Stored::own(jsonb.with(&named)),
    }
}
