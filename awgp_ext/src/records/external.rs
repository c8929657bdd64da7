//! The external id of a conversation, and what happens to one that is logged twice with it.
//!
//! On a channel, an external id names one open conversation, and after its end the next one. Each has a
//! number; tenant, external id, channel and number are unique. The number is set here at the INSERT: that of
//! the conversation which the new one repeats, or that of the open one, otherwise the next number. So when
//! two sessions log at the same time, the unique constraint accepts one, and the answer for the other is
//! determined after the first has committed.

use crate::pg::relation;
use crate::pg::scan::Condition;
use crate::pg::tuple::Row;
use awgp_core::records::messages::Messages;
use uuid::Uuid;

/// The conversation to be logged.
pub struct Logged<'a> {
    /// `tenant_id`.
    pub tenant: Uuid,
    /// `assistant_id`.
    pub assistant: Uuid,
    /// `work_item_id`.
    pub work_item: Option<Uuid>,
    /// `channel`.
    pub channel: &'a str,
    /// `external_id`.
    pub external_id: &'a str,
    /// `messages`, as jsonb prints it.
    pub messages: &'a str,
}

/// The conversations with the external id, read with a fresh snapshot at every isolation level. Conversations
/// logged before numbers existed are ignored.
#[derive(Default)]
pub struct Found {
    /// The one that the same call logged before.
    pub same: Option<(Uuid, i32)>,
    /// The open one.
    pub open: Option<(Uuid, i32)>,
    last: i32,
}

impl Found {
    /// Reads the conversations.
    pub fn of(logged: &Logged<'_>) -> Self {
        let mut found = Self::default();
        let conditions = [
            (c"tenant_id", Condition::Uuid(logged.tenant)),
            (c"external_id", Condition::Text(logged.external_id)),
            (c"channel", Condition::Text(logged.channel)),
        ];
        relation::for_each_where(
            c"conversation_logs",
            Some(c"idx_conversation_logs_external_number"),
            &conditions,
            |row| {
                let (Some(id), Some(number)) = (row.uuid(c"id"), row.integer(c"external_number")) else {
                    return;
                };
                found.last = found.last.max(number);
                if row.is_null(c"ended_at") {
                    found.open = Some((id, number));
                }
                if is_same(logged, row) {
                    found.same = Some((id, number));
                }
            },
        );
        found
    }

    /// The number of a new conversation.
    pub fn number(&self) -> i32 {
        self.same.or(self.open).map_or(self.last.saturating_add(1), |(_, number)| number)
    }
}

/// True where the same call logged this row. An ended conversation must have the same messages, an open one
/// must begin with them.
fn is_same(logged: &Logged<'_>, row: &Row) -> bool {
    let about =
        row.uuid(c"assistant_id") == Some(logged.assistant) && row.uuid(c"work_item_id") == logged.work_item;
    let Some(stored) = row.jsonb(c"messages").filter(|_| about) else { return false };
    stored.with_text(|stored| {
        let (Ok(given), Ok(there)) = (Messages::parse(logged.messages), Messages::parse(stored)) else {
            return false;
        };
        there.extend(&given)
            && (row.is_null(c"ended_at") || (given.len() == there.len() && !given.is_empty()))
    })
}
