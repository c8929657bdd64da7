//! An event on its way into the audit trail.

use super::actor::Actor;
use super::erasable::Taken;
use crate::pg::jsonb::Jsonb;
use pgrx::pg_sys;
use uuid::Uuid;

/// What happened, to what, by whom; not yet numbered, timestamped or chained.
pub struct Event {
    /// `id`, where the caller already knows it.
    pub id: Option<i64>,
    /// `timestamp`, where it is an old row that is imported; otherwise the time at which it is chained.
    pub at: Option<pg_sys::TimestampTz>,
    /// `tenant_id`.
    pub tenant: Uuid,
    /// `actor_type`, `actor_id` and the actor's part of `metadata`.
    pub actor: Actor,
    /// `action`.
    pub action: String,
    /// `entity_type`.
    pub entity_type: String,
    /// `entity_id`.
    pub entity_id: Option<Uuid>,
    /// `before_state`.
    pub before: Option<Jsonb>,
    /// `after_state`.
    pub after: Option<Jsonb>,
    /// `metadata`, where it contains more than the actor's part.
    pub metadata: Option<Jsonb>,
    /// The names of parts of the states that were too large and are left out.
    pub left_out: Vec<String>,
    /// The values of which the states have only a commitment.
    pub erasable: Vec<Taken>,
}

impl Event {
    /// The bytes it takes in memory, roughly; used to bound the queue.
    pub fn size(&self) -> usize {
        let states = [&self.before, &self.after, &self.metadata];
        let held: usize = states.into_iter().flatten().map(|state| state.bytes().len()).sum();
        let values: usize = self.erasable.iter().map(Taken::size).sum();
        held + values + self.entity_type.len() + self.action.len() + size_of::<Self>()
    }
}
