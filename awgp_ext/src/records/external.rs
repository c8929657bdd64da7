//! The external id of a conversation, and what becomes of one that is logged twice under it.
//!
//! On a channel an external id names one open conversation; when that has ended, the next. Each has a number, and tenant,
//! external id, channel and number are unique. The number is set here when the row is made: that of the conversation which
//! this one repeats, or that still stands open; else the next. So of two that log at once the constraint lets one in, and
//! what the other is told is decided when the first has committed.

use crate::pg::relation;
use crate::pg::scan::Condition;
use crate::pg::tuple::Row;
use awgp_core::records::messages::Messages;
use uuid::Uuid;

/// What is to be logged.
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
    /// `messages`, as jsonb prints them.
    pub messages: &'a str,
}

/// What there is under the external id, as a fresh snapshot sees it at every isolation level. Conversations that were
/// logged before there were numbers are none of it.
#[derive(Default)]
pub struct Found {
    /// The one that was logged by the same call.
    pub same: Option<(Uuid, i32)>,
    /// The one that is open.
    pub open: Option<(Uuid, i32)>,
    last: i32,
}

impl Found {
    /// Looks.
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

    /// The number that a new conversation is given.
    pub fn number(&self) -> i32 {
        self.same.or(self.open).map_or(self.last.saturating_add(1), |(_, number)| number)
    }
}

/// The same call made this row: of one that has ended, all of it; of one that is open, where it began.
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
