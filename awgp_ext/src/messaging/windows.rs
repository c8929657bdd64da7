//! The sliding hours in the database: `message_windows` and `message_sends`.
//!
//! A window's row is locked from the question to the end of the transaction, so its senders stand in a line; the
//! clock is read only after all locks are there. Written as the owner: applications have no grant.

use crate::pg::relation::{as_owner_past_row_security, from_sql, to_sql};
use awgp_core::messaging::window::HOUR_US;
use awgp_core::messaging::{Admission, Policy, Window};
use pgrx::datum::{DatumWithOid, TimestampWithTimeZone};
use pgrx::pg_sys::{self, PgOid};
use pgrx::spi::{self, OwnedPreparedStatement, Spi, SpiClient, SpiTupleTable};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CStr;
use uuid::Uuid;

/// How often, counted in messages of a window, the times that no longer matter are deleted.
const FORGET_EVERY: u64 = 64;

const TABLE: &CStr = c"message_windows";

/// A window that a message asks.
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

/// A window as it stands.
struct Found {
    id: Uuid,
    sent: u64,
    last_sent_at: Option<i64>,
}

/// What the windows say, in the order in which they were asked, and the moment at which they said it (of
/// PostgreSQL's clock). Where all have room, the message is counted in each.
pub fn count(asked: &[Asked]) -> (Vec<Admission>, i64) {
    as_owner_past_row_security(TABLE, || {
        Spi::connect_mut(|client| {
            // One order for all senders: two messages cannot wait for each other.
            let mut order: Vec<usize> = (0..asked.len()).collect();
            order.sort_by_key(|index| (asked[*index].policy, asked[*index].key));
            let mut found: Vec<Option<Found>> = asked.iter().map(|_| None).collect();
            for index in order {
                found[index] = Some(lock(client, &asked[index])?);
            }
            // SAFETY: reads the clock. Should it have gone back, a window's last time stands.
            let clock = unsafe { pg_sys::GetCurrentTimestamp() };
            let last = found.iter().flatten().filter_map(|found| found.last_sent_at).max();
            let now = last.map_or(clock, |last| clock.max(last));
            let admissions = answers(client, asked, &found, now, true)?;
            if admissions.iter().all(|admission| *admission == Admission::Free) {
                for (asked, found) in asked.iter().zip(found.iter().flatten()) {
                    add(client, asked, found, now)?;
                }
            }
            Ok((admissions, now))
        })
    })
    .unwrap_or_else(|error: spi::Error| pgrx::error!("windows could not be counted in: {error}"))
}

/// What the windows would say at a moment. Nothing is locked or written.
pub fn look(asked: &[Asked], at: i64) -> Vec<Admission> {
    as_owner_past_row_security(TABLE, || {
        Spi::connect(|client| {
            let found: Vec<Option<Found>> =
                asked.iter().map(|asked| find(client, asked, false)).collect::<spi::Result<_>>()?;
            answers(client, asked, &found, at, false)
        })
    })
    .unwrap_or_else(|error: spi::Error| pgrx::error!("windows could not be read: {error}"))
}

fn answers(
    client: &SpiClient<'_>,
    asked: &[Asked],
    found: &[Option<Found>],
    now: i64,
    locked: bool,
) -> spi::Result<Vec<Admission>> {
    let answer = |(asked, found): (&Asked, &Option<Found>)| {
        let window = Window { sent: found.as_ref().map_or(0, |found| found.sent), limit: asked.limit };
        let deciding = match (window.deciding_number(), found) {
            (Some(number), Some(found)) => sent_at(client, asked.tenant, found.id, number, locked)?,
            _ => None,
        };
        Ok(window.admit(deciding, now))
    };
    asked.iter().zip(found).map(answer).collect()
}

/// Locks the window, which is made where there is none.
fn lock(client: &mut SpiClient<'_>, asked: &Asked) -> spi::Result<Found> {
    if let Some(found) = find(client, asked, true)? {
        return Ok(found);
    }
    let sql = "INSERT INTO awgp.message_windows (tenant_id, policy_id, from_assistant_id, to_assistant_id)
               VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let (from, to) = asked.key;
    run(client, sql, &[uuid(Some(asked.tenant)), uuid(Some(asked.policy)), uuid(from), uuid(to)])?;
    let found = find(client, asked, true)?;
    Ok(found.unwrap_or_else(|| pgrx::error!("a window of policy {} has gone", asked.policy)))
}

/// The window's row.
fn find(client: &SpiClient<'_>, asked: &Asked, locked: bool) -> spi::Result<Option<Found>> {
    let (from, to) = asked.key;
    // IS NOT DISTINCT FROM would read every window of the policy.
    let key = match (from, to) {
        (None, _) => "from_assistant_id IS NULL AND to_assistant_id IS NULL",
        (Some(_), None) => "from_assistant_id OPERATOR(pg_catalog.=) $2 AND to_assistant_id IS NULL",
        (Some(_), Some(_)) => {
            "from_assistant_id OPERATOR(pg_catalog.=) $2 AND to_assistant_id OPERATOR(pg_catalog.=) $3"
        }
    };
    let lock = if locked { " FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT id, sent, last_sent_at FROM awgp.message_windows
         WHERE policy_id OPERATOR(pg_catalog.=) $1 AND {key}{lock}"
    );
    let rows = select(client, &sql, &[uuid(Some(asked.policy)), uuid(from), uuid(to)], locked)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let (id, sent, last) = rows.first().get_three::<pgrx::Uuid, i64, TimestampWithTimeZone>()?;
    let found = id.zip(sent).map(|(id, sent)| Found {
        id: from_sql(&id),
        sent: u64::try_from(sent).unwrap_or(0),
        last_sent_at: last.map(pg_sys::TimestampTz::from),
    });
    Ok(found)
}

fn sent_at(
    client: &SpiClient<'_>,
    tenant: Uuid,
    window: Uuid,
    number: u64,
    locked: bool,
) -> spi::Result<Option<i64>> {
    let sql = "SELECT sent_at FROM awgp.message_sends
               WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND window_id OPERATOR(pg_catalog.=) $2
                 AND number OPERATOR(pg_catalog.=) $3";
    let rows = select(client, sql, &[uuid(Some(tenant)), uuid(Some(window)), bigint(number)], locked)?;
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(rows.first().get_one::<TimestampWithTimeZone>()?.map(pg_sys::TimestampTz::from))
}

/// Counts one message at `now` in a window that is locked.
fn add(client: &mut SpiClient<'_>, asked: &Asked, found: &Found, now: i64) -> spi::Result<()> {
    let sent = found.sent + 1;
    let (tenant, window) = (uuid(Some(asked.tenant)), uuid(Some(found.id)));
    let sql =
        "INSERT INTO awgp.message_sends (tenant_id, window_id, number, sent_at) VALUES ($1, $2, $3, $4)";
    run(client, sql, &[tenant, window, bigint(sent), timestamp(now)])?;
    let sql =
        "UPDATE awgp.message_windows SET sent = $2, last_sent_at = $3 WHERE id OPERATOR(pg_catalog.=) $1";
    run(client, sql, &[uuid(Some(found.id)), bigint(sent), timestamp(now)])?;
    if sent.is_multiple_of(FORGET_EVERY) {
        let forgotten = Window { sent, limit: asked.limit }.forgotten_number();
        let sql = "DELETE FROM awgp.message_sends
                   WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND window_id OPERATOR(pg_catalog.=) $2
                     AND number OPERATOR(pg_catalog.<=) $3";
        run(client, sql, &[uuid(Some(asked.tenant)), uuid(Some(found.id)), bigint(forgotten)])?;
    }
    Ok(())
}

/// Deletes the windows of a policy and what they hold.
pub fn forget(policy: Uuid) {
    let deleted = as_owner_past_row_security(TABLE, || {
        Spi::connect_mut(|client| {
            let sql = "DELETE FROM awgp.message_sends AS s USING awgp.message_windows AS w
                       WHERE w.policy_id OPERATOR(pg_catalog.=) $1
                         AND s.tenant_id OPERATOR(pg_catalog.=) w.tenant_id
                         AND s.window_id OPERATOR(pg_catalog.=) w.id";
            run(client, sql, &[uuid(Some(policy))])?;
            let sql = "DELETE FROM awgp.message_windows WHERE policy_id OPERATOR(pg_catalog.=) $1";
            run(client, sql, &[uuid(Some(policy))])
        })
    });
    deleted.unwrap_or_else(|error| pgrx::error!("windows could not be deleted: {error}"));
}

/// Deletes the windows whose last message has left the hour at a moment, and what they hold; those that are in use
/// just now are left. Returns how many went.
pub fn forget_idle(at: i64) -> i64 {
    let idle_since = at.saturating_sub(HOUR_US);
    let deleted = as_owner_past_row_security(TABLE, || {
        Spi::connect_mut(|client| {
            let sql = "SELECT id FROM awgp.message_windows WHERE last_sent_at OPERATOR(pg_catalog.<=) $1
                       ORDER BY id USING OPERATOR(pg_catalog.<) FOR UPDATE SKIP LOCKED";
            let rows = select(client, sql, &[timestamp(idle_since)], true)?;
            let ids = rows.map(|row| row.get::<pgrx::Uuid>(1)).collect::<spi::Result<Vec<_>>>()?;
            let ids: Vec<pgrx::Uuid> = ids.into_iter().flatten().collect();
            let gone = i64::try_from(ids.len()).unwrap_or(i64::MAX);
            let sql = "DELETE FROM awgp.message_sends AS s USING awgp.message_windows AS w
                       WHERE w.id OPERATOR(pg_catalog.=) ANY ($1)
                         AND s.tenant_id OPERATOR(pg_catalog.=) w.tenant_id
                         AND s.window_id OPERATOR(pg_catalog.=) w.id";
            run(client, sql, &[ids.clone().into()])?;
            let sql = "DELETE FROM awgp.message_windows WHERE id OPERATOR(pg_catalog.=) ANY ($1)";
            run(client, sql, &[ids.into()])?;
            Ok(gone)
        })
    });
    deleted.unwrap_or_else(|error: spi::Error| pgrx::error!("windows could not be deleted: {error}"))
}

fn uuid(id: Option<Uuid>) -> DatumWithOid<'static> {
    match id {
        Some(id) => to_sql(id).into(),
        None => DatumWithOid::null_oid(pg_sys::UUIDOID),
    }
}

fn bigint(number: u64) -> DatumWithOid<'static> {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

fn timestamp(moment: i64) -> DatumWithOid<'static> {
    // SAFETY: a timestamptz is the 64 bits of its number.
    unsafe { DatumWithOid::new(moment, pg_sys::TIMESTAMPTZOID) }
}

thread_local! {
    /// The statements above, planned once a backend; those that read with a fresh snapshot apart.
    static PLANNED: RefCell<HashMap<(String, bool), OwnedPreparedStatement>> = RefCell::new(HashMap::new());
}

fn types(arguments: &[DatumWithOid<'_>]) -> Vec<PgOid> {
    arguments.iter().map(|argument| PgOid::from(argument.oid())).collect()
}

/// Rows. `fresh`: by a snapshot taken now, which what was waited for is in; else by the calling statement's.
fn select<'conn>(
    client: &SpiClient<'conn>,
    sql: &str,
    arguments: &[DatumWithOid<'_>],
    fresh: bool,
) -> spi::Result<SpiTupleTable<'conn>> {
    PLANNED.with_borrow_mut(|planned| {
        let key = (sql.to_owned(), fresh);
        if !planned.contains_key(&key) {
            let types = types(arguments);
            let made = if fresh { client.prepare_mut(sql, &types)? } else { client.prepare(sql, &types)? };
            planned.insert(key.clone(), made.keep());
        }
        client.select(&planned[&key], None, arguments)
    })
}

fn run(client: &mut SpiClient<'_>, sql: &str, arguments: &[DatumWithOid<'_>]) -> spi::Result<()> {
    select(client, sql, arguments, true).map(|_| ())
}
