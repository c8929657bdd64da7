//! The sliding hours of rate limits, in `message_windows` and `message_sends`.
//!
//! A window's row is locked from the decision to the end of the transaction, so its senders queue; the clock
//! is read only after all locks are held. Written as the owner, because applications have no privilege to
//! write these tables.

use crate::moving;
use crate::pg::clock;
use crate::pg::datum::{uuid, uuids};
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::{Rows, statements};
use awgp_core::messaging::window::HOUR_US;
use awgp_core::messaging::{Admission, Policy, Window};
use pgrx::IntoDatum;
use pgrx::pg_sys::Datum;
use std::ffi::CStr;
use uuid::Uuid;

/// After how many messages of a window old times are deleted.
const FORGET_EVERY: u64 = 64;

const TABLE: &CStr = c"message_windows";

/// Whether rows are locked when they are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Locked until the transaction ends.
    Locked,
    /// Only read.
    Seen,
}

// One statement for each form of key, because IS NOT DISTINCT FROM cannot use the index and would read all
// windows of the policy.
statements! {
    /// The window that all messages of a policy share.
    ALL(UUIDOID) = "
        SELECT id, sent, last_sent_at FROM awgp.message_windows
        WHERE policy_id OPERATOR(pg_catalog.=) $1 AND from_assistant_id IS NULL AND to_assistant_id IS NULL";
    /// The same, locked.
    ALL_LOCKED(UUIDOID) = "
        SELECT id, sent, last_sent_at FROM awgp.message_windows
        WHERE policy_id OPERATOR(pg_catalog.=) $1 AND from_assistant_id IS NULL AND to_assistant_id IS NULL
        FOR UPDATE";
    /// The window of a sender.
    SENDER(UUIDOID, UUIDOID) = "
        SELECT id, sent, last_sent_at FROM awgp.message_windows
        WHERE policy_id OPERATOR(pg_catalog.=) $1 AND from_assistant_id OPERATOR(pg_catalog.=) $2
          AND to_assistant_id IS NULL";
    /// The same, locked.
    SENDER_LOCKED(UUIDOID, UUIDOID) = "
        SELECT id, sent, last_sent_at FROM awgp.message_windows
        WHERE policy_id OPERATOR(pg_catalog.=) $1 AND from_assistant_id OPERATOR(pg_catalog.=) $2
          AND to_assistant_id IS NULL
        FOR UPDATE";
    /// The window of a sender and a receiver.
    PAIR(UUIDOID, UUIDOID, UUIDOID) = "
        SELECT id, sent, last_sent_at FROM awgp.message_windows
        WHERE policy_id OPERATOR(pg_catalog.=) $1 AND from_assistant_id OPERATOR(pg_catalog.=) $2
          AND to_assistant_id OPERATOR(pg_catalog.=) $3";
    /// The same, locked.
    PAIR_LOCKED(UUIDOID, UUIDOID, UUIDOID) = "
        SELECT id, sent, last_sent_at FROM awgp.message_windows
        WHERE policy_id OPERATOR(pg_catalog.=) $1 AND from_assistant_id OPERATOR(pg_catalog.=) $2
          AND to_assistant_id OPERATOR(pg_catalog.=) $3
        FOR UPDATE";
    /// A new window.
    MAKE(UUIDOID, UUIDOID, UUIDOID, UUIDOID) = "
        INSERT INTO awgp.message_windows (tenant_id, policy_id, from_assistant_id, to_assistant_id)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    /// The time of the message with this number.
    SENT_AT(UUIDOID, UUIDOID, INT8OID) = "
        SELECT sent_at FROM awgp.message_sends
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND window_id OPERATOR(pg_catalog.=) $2
          AND number OPERATOR(pg_catalog.=) $3";
    /// Stores the time of a message.
    SEND(UUIDOID, UUIDOID, INT8OID, TIMESTAMPTZOID) = "
        INSERT INTO awgp.message_sends (tenant_id, window_id, number, sent_at) VALUES ($1, $2, $3, $4)";
    /// Updates a window's count and last time.
    COUNT(UUIDOID, INT8OID, TIMESTAMPTZOID) = "
        UPDATE awgp.message_windows SET sent = $2, last_sent_at = $3 WHERE id OPERATOR(pg_catalog.=) $1";
    /// Deletes times that no longer count.
    FORGET_SENDS(UUIDOID, UUIDOID, INT8OID) = "
        DELETE FROM awgp.message_sends
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND window_id OPERATOR(pg_catalog.=) $2
          AND number OPERATOR(pg_catalog.<=) $3";
    /// Deletes the times in the windows of a policy.
    FORGET_SENDS_OF_POLICY(UUIDOID) = "
        DELETE FROM awgp.message_sends AS s USING awgp.message_windows AS w
        WHERE w.policy_id OPERATOR(pg_catalog.=) $1
          AND s.tenant_id OPERATOR(pg_catalog.=) w.tenant_id
          AND s.window_id OPERATOR(pg_catalog.=) w.id";
    /// Deletes the windows of a policy.
    FORGET_POLICY(UUIDOID) = "DELETE FROM awgp.message_windows WHERE policy_id OPERATOR(pg_catalog.=) $1";
    /// Windows whose last message was sent at this time or earlier; skips those in use.
    IDLE(TIMESTAMPTZOID) = "
        SELECT id FROM awgp.message_windows WHERE last_sent_at OPERATOR(pg_catalog.<=) $1
          AND NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away())
        ORDER BY id USING OPERATOR(pg_catalog.<) FOR UPDATE SKIP LOCKED";
    /// Deletes the times in windows.
    FORGET_SENDS_OF_WINDOWS(UUIDARRAYOID) = "
        DELETE FROM awgp.message_sends AS s USING awgp.message_windows AS w
        WHERE w.id OPERATOR(pg_catalog.=) ANY ($1)
          AND s.tenant_id OPERATOR(pg_catalog.=) w.tenant_id
          AND s.window_id OPERATOR(pg_catalog.=) w.id";
    /// Deletes windows.
    FORGET_WINDOWS(UUIDARRAYOID) = "
        DELETE FROM awgp.message_windows WHERE id OPERATOR(pg_catalog.=) ANY ($1)";
}

/// A window that a message must ask.
pub struct Asked {
    policy: Uuid,
    tenant: Uuid,
    key: (Option<Uuid>, Option<Uuid>),
    limit: u32,
}

impl Asked {
    /// The window of a policy of `tenant` for a message of this sender and receiver.
    pub fn new(policy: &Policy, tenant: Uuid, from: Uuid, to: Uuid) -> Self {
        Self { policy: policy.id, tenant, key: policy.scope.key(from, to), limit: policy.limit }
    }
}

/// A window as stored.
struct Found {
    id: Uuid,
    sent: u64,
    last_sent_at: Option<i64>,
}

/// The answers of the windows, in the order asked, and the time they hold for (on PostgreSQL's clock). Where
/// all have room, the message is counted in each.
pub fn count(asked: &[Asked]) -> (Vec<Admission>, i64) {
    asked.iter().for_each(|asked| moving::refuse_writing(asked.tenant));
    as_owner_past_row_security(TABLE, || {
        // All senders use one order, so that they cannot deadlock.
        let mut order: Vec<usize> = (0..asked.len()).collect();
        order.sort_by_key(|index| (asked[*index].policy, asked[*index].key));
        let mut found: Vec<Option<Found>> = asked.iter().map(|_| None).collect();
        for index in order {
            found[index] = Some(lock(&asked[index]));
        }
        // Where the clock has gone back, the last time of the windows is used.
        let clock = clock::timestamp();
        let last = found.iter().flatten().filter_map(|found| found.last_sent_at).max();
        let now = last.map_or(clock, |last| clock.max(last));
        let admissions = answers(asked, &found, now, Keep::Locked);
        if admissions.iter().all(|admission| *admission == Admission::Free) {
            for (asked, found) in asked.iter().zip(found.iter().flatten()) {
                add(asked, found, now);
            }
        }
        (admissions, now)
    })
}

/// What the windows would answer at this time. Locks and writes nothing.
pub fn look(asked: &[Asked], at: i64) -> Vec<Admission> {
    as_owner_past_row_security(TABLE, || {
        let found: Vec<Option<Found>> = asked.iter().map(|asked| find(asked, Keep::Seen)).collect();
        answers(asked, &found, at, Keep::Seen)
    })
}

fn answers(asked: &[Asked], found: &[Option<Found>], now: i64, keep: Keep) -> Vec<Admission> {
    let answer = |(asked, found): (&Asked, &Option<Found>)| {
        let window = Window { sent: found.as_ref().map_or(0, |found| found.sent), limit: asked.limit };
        let deciding = match (window.deciding_number(), found) {
            (Some(number), Some(found)) => sent_at(asked.tenant, found.id, number, keep),
            _ => None,
        };
        window.admit(deciding, now)
    };
    asked.iter().zip(found).map(answer).collect()
}

/// Locks the window, and creates it where it is missing.
fn lock(asked: &Asked) -> Found {
    find(asked, Keep::Locked).unwrap_or_else(|| {
        let (from, to) = asked.key;
        MAKE.count(&[uuid(asked.tenant), uuid(asked.policy), from.and_then(uuid), to.and_then(uuid)]);
        find(asked, Keep::Locked)
            .unwrap_or_else(|| pgrx::error!("a window of policy {} has disappeared", asked.policy))
    })
}

/// The window's row.
fn find(asked: &Asked, keep: Keep) -> Option<Found> {
    let (from, to) = asked.key;
    let policy = uuid(asked.policy);
    let arguments = match (from, to) {
        (None, _) => vec![policy],
        (Some(from), None) => vec![policy, uuid(from)],
        (Some(from), Some(to)) => vec![policy, uuid(from), uuid(to)],
    };
    let read = |rows: &Rows| {
        let row = rows.first()?;
        Some(Found {
            id: row.uuid(c"id")?,
            sent: u64::try_from(row.bigint(c"sent")?).unwrap_or(0),
            last_sent_at: row.bigint(c"last_sent_at"),
        })
    };
    match keep {
        Keep::Locked => {
            [&ALL_LOCKED, &SENDER_LOCKED, &PAIR_LOCKED][arguments.len() - 1].run(&arguments, read)
        }
        Keep::Seen => [&ALL, &SENDER, &PAIR][arguments.len() - 1].look(&arguments, read),
    }
}

fn sent_at(tenant: Uuid, window: Uuid, number: u64, keep: Keep) -> Option<i64> {
    let arguments = [uuid(tenant), uuid(window), bigint(number)];
    let read = |rows: &Rows| rows.first()?.bigint(c"sent_at");
    match keep {
        Keep::Locked => SENT_AT.run(&arguments, read),
        Keep::Seen => SENT_AT.look(&arguments, read),
    }
}

/// Counts one message at `now` in a locked window.
fn add(asked: &Asked, found: &Found, now: i64) {
    let sent = found.sent + 1;
    let (tenant, window) = (uuid(asked.tenant), uuid(found.id));
    let at = Some(Datum::from(now));
    SEND.count(&[tenant, window, bigint(sent), at]);
    COUNT.count(&[window, bigint(sent), at]);
    if sent.is_multiple_of(FORGET_EVERY) {
        let forgotten = Window { sent, limit: asked.limit }.forgotten_number();
        FORGET_SENDS.count(&[tenant, window, bigint(forgotten)]);
    }
}

/// Deletes the windows of a policy and the times in them.
pub fn forget(policy: Uuid) {
    as_owner_past_row_security(TABLE, || {
        FORGET_SENDS_OF_POLICY.count(&[uuid(policy)]);
        FORGET_POLICY.count(&[uuid(policy)]);
    });
}

/// Deletes the windows whose last message is older than an hour at this time, with the times in them; skips
/// windows in use. Returns their number.
pub fn forget_idle(at: i64) -> i64 {
    let idle_since = at.saturating_sub(HOUR_US);
    let gone = as_owner_past_row_security(TABLE, || {
        let ids: Vec<Uuid> = IDLE.run(&[Some(Datum::from(idle_since))], |rows| {
            rows.iter().filter_map(|row| row.uuid(c"id")).collect()
        });
        FORGET_SENDS_OF_WINDOWS.count(&[uuids(&ids)]);
        FORGET_WINDOWS.count(&[uuids(&ids)]);
        ids.len()
    });
    i64::try_from(gone).unwrap_or(i64::MAX)
}

fn bigint(number: u64) -> Option<Datum> {
    i64::try_from(number).unwrap_or(i64::MAX).into_datum()
}
