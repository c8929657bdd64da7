//! One event on its way into the trail.

use super::actor::Actor;
use crate::pg::jsonb::Jsonb;
use uuid::Uuid;

/// What happened, to what, by whom; not yet numbered, stamped and chained.
pub struct Event {
    /// `id`, where the caller has been told it already.
    pub id: Option<i64>,
    /// `tenant_id`.
    pub tenant: Uuid,
    /// `actor_type`, `actor_id` and what `metadata` says of the actor.
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
    /// `metadata`, where it is more than what the actor says.
    pub metadata: Option<Jsonb>,
    /// What of the states is not here, because it is too large.
    pub left_out: Vec<String>,
}

impl Event {
    /// Bytes it takes in memory, near enough to bound the queue.
    pub fn size(&self) -> usize {
        let states = [&self.before, &self.after, &self.metadata];
        let held: usize = states.into_iter().flatten().map(|state| state.bytes().len()).sum();
        held + self.entity_type.len() + self.action.len() + size_of::<Self>()
    }
}
