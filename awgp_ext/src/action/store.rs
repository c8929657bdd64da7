//! The rows of `governed_actions`, written as the table's owner: applications have no privilege to write
//! them.

use crate::pg::clock;
use crate::pg::datum::{text, uuid};
use crate::pg::direct::{Access, Target};
use crate::pg::jsonb::Jsonb;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::row_lock::{self, LockedRow, Strength};
use crate::pg::statement::statements;
use crate::pg::tuple::Row;
use crate::work::WorkItem;
use awgp_core::action::Status;
use awgp_core::work::digest::Pin;
use pgrx::IntoDatum;
use pgrx::datum::{AnyNumeric, Interval};
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;
use uuid::Uuid;

/// begin_action() has locked the work item and its assistant, which name the tenant; it has made the
/// reservation and marked the approval as used.
static BEGUN: Target = Target::new(
    TABLE,
    &[
        c"governed_actions_tenant_id_fkey",
        c"governed_actions_work_item_id_fkey",
        c"governed_actions_assistant_id_fkey",
        c"governed_actions_reservation_id_fkey",
        c"governed_actions_approval_id_fkey",
    ],
);

/// finish_action() has made the entry of the ledger; no other key changes.
static ENDED: Target = Target::new(TABLE, &[c"governed_actions_cost_transaction_id_fkey"]);

const TABLE: &CStr = c"governed_actions";

statements! {
    /// A new action. The item's lock prevents two with the same key at the same time. A transaction whose
    /// snapshot is older than the first one gets a serialization failure (40001).
    BEGIN(UUIDOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, NUMERICOID, TEXTOID, UUIDOID, INTERVALOID, INT4OID, TEXTOID, TEXTOID,
          INTERVALOID, TEXTOID, UUIDOID) = "
        INSERT INTO awgp.governed_actions (tenant_id, work_item_id, assistant_id, action, provider, estimated_cost,
                                           request_digest, reservation_id, begun_at, expires_at,
                                           request_digest_version, idempotency_key, begin_digest,
                                           unknown_until, arguments_digest, approval_id)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, now, now OPERATOR(pg_catalog.+) $9, $10, $11, $12,
               now OPERATOR(pg_catalog.+) $13, $14, $15
        FROM pg_catalog.clock_timestamp() AS now
        ON CONFLICT (tenant_id, work_item_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
        RETURNING id, expires_at";
    /// The action begun with this key.
    REPEATED(UUIDOID, UUIDOID, TEXTOID) = "
        SELECT id, status, reservation_id, approval_id, begin_digest, expires_at,
               expires_at OPERATOR(pg_catalog.<=) pg_catalog.clock_timestamp() AS is_late
        FROM ONLY awgp.governed_actions
        WHERE pg_catalog.uuid_eq(tenant_id, $1) AND work_item_id OPERATOR(pg_catalog.=) $2
          AND idempotency_key OPERATOR(pg_catalog.=) $3";
    /// An action, locked until the transaction ends.
    LOCK(UUIDOID, UUIDOID) = "
        SELECT status, assistant_id, work_item_id, provider, reservation_id, finish_digest, cost_transaction_id
        FROM ONLY awgp.governed_actions
        WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1) FOR NO KEY UPDATE";
    /// Writes the end of an action.
    END(UUIDOID, UUIDOID, TEXTOID, UUIDOID, TEXTOID, TEXTOID) = "
        UPDATE ONLY awgp.governed_actions
        SET status = $3, cost_transaction_id = $4, finish_digest = $5, result = $6::pg_catalog.jsonb,
            finished_at = CASE WHEN $3 OPERATOR(pg_catalog.<>) 'unknown' THEN pg_catalog.clock_timestamp() END
        WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1)";
    /// The outcome of overdue actions is unknown. The money stays held until unknown_until.
    DOUBT(TIMESTAMPTZOID) = "
        UPDATE ONLY awgp.governed_actions AS late SET status = 'unknown'
        WHERE id OPERATOR(pg_catalog.=) ANY (ARRAY(
            SELECT id FROM ONLY awgp.governed_actions
            WHERE status OPERATOR(pg_catalog.=) 'begun' AND expires_at OPERATOR(pg_catalog.<=) $1
              AND unknown_until OPERATOR(pg_catalog.>) $1
              AND NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away())
            ORDER BY id USING OPERATOR(pg_catalog.<) FOR NO KEY UPDATE SKIP LOCKED))";
    /// Marks the actions as abandoned of which nobody has said in time what became of them.
    ABANDON(TIMESTAMPTZOID) = "
        UPDATE ONLY awgp.governed_actions AS gone SET status = 'abandoned', finished_at = pg_catalog.clock_timestamp()
        WHERE id OPERATOR(pg_catalog.=) ANY (ARRAY(
            SELECT id FROM ONLY awgp.governed_actions
            WHERE status OPERATOR(pg_catalog.=) ANY ('{begun,unknown}'::text[])
              AND unknown_until OPERATOR(pg_catalog.<=) $1
              AND NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away())
            ORDER BY id USING OPERATOR(pg_catalog.<) FOR NO KEY UPDATE SKIP LOCKED))";
}

/// A new action.
pub struct New<'a> {
    /// Its work item.
    pub item: &'a WorkItem,
    /// Its name.
    pub action: &'a str,
    /// The provider whose pool pays for it.
    pub provider: Option<&'a str>,
    /// The reserved amount.
    pub cost: Option<AnyNumeric>,
    /// The reservation.
    pub reservation: Option<Uuid>,
    /// How long it may take.
    pub expires_in: Interval,
    /// How long its money is held, also where nobody says what became of it.
    pub held_for: Interval,
    /// The caller's idempotency key, and the digest of the request made with it.
    pub key: Option<(&'a str, String)>,
    /// The digest of its arguments.
    pub arguments_digest: Option<&'a str>,
    /// The approval of this action under which it begins.
    pub approval: Option<Uuid>,
}

/// Writes it and returns its id and the moment at which its time is over.
pub fn begin(new: &New<'_>) -> (Uuid, pg_sys::TimestampTz) {
    let pin = new.item.pin();
    if row_lock::takes_newest()
        && let Some(begun) = as_owner_past_row_security(TABLE, || begin_directly(new, &pin))
    {
        return begun;
    }
    let arguments = [
        uuid(new.item.tenant),
        uuid(new.item.id),
        uuid(new.item.assistant),
        text(new.action),
        new.provider.and_then(text),
        new.cost.clone().into_datum(),
        text(&pin.digest),
        new.reservation.and_then(uuid),
        new.expires_in.into_datum(),
        pin.version.into_datum(),
        new.key.as_ref().and_then(|(key, _)| text(key)),
        new.key.as_ref().and_then(|(_, digest)| text(digest)),
        new.held_for.into_datum(),
        new.arguments_digest.and_then(text),
        new.approval.and_then(uuid),
    ];
    as_owner_past_row_security(TABLE, || {
        BEGIN.run(&arguments, |rows| {
            let row = rows.first()?;
            Some((row.uuid(c"id")?, row.bigint(c"expires_at")?))
        })
    })
    .unwrap_or_else(|| pgrx::error!("the action was not written"))
}

/// The same without a statement. The item's lock keeps others from beginning with the same key, so there is
/// no conflict at READ COMMITTED.
fn begin_directly(new: &New<'_>, pin: &Pin) -> Option<(Uuid, pg_sys::TimestampTz)> {
    let now = clock::timestamp();
    BEGUN.insert(
        Access::Owner,
        &[
            (c"tenant_id", uuid(new.item.tenant)),
            (c"work_item_id", uuid(new.item.id)),
            (c"assistant_id", uuid(new.item.assistant)),
            (c"action", text(new.action)),
            (c"provider", new.provider.and_then(text)),
            (c"estimated_cost", new.cost.clone().into_datum()),
            (c"request_digest", text(&pin.digest)),
            (c"reservation_id", new.reservation.and_then(uuid)),
            (c"begun_at", Some(Datum::from(now))),
            (c"expires_at", Some(clock::after(now, new.expires_in))),
            (c"request_digest_version", pin.version.into_datum()),
            (c"idempotency_key", new.key.as_ref().and_then(|(key, _)| text(key))),
            (c"begin_digest", new.key.as_ref().and_then(|(_, digest)| text(digest))),
            (c"unknown_until", Some(clock::after(now, new.held_for))),
            (c"arguments_digest", new.arguments_digest.and_then(text)),
            (c"approval_id", new.approval.and_then(uuid)),
        ],
        |row| {
            // Once a row is written, it is not written again by a statement.
            let begun = row.uuid(c"id").zip(row.bigint(c"expires_at"));
            begun.unwrap_or_else(|| pgrx::error!("the action was not written"))
        },
    )
}

/// An action begun with this key before.
pub struct Repeated {
    /// Its id.
    pub id: Uuid,
    /// Its status.
    pub status: Status,
    /// The reservation.
    pub reservation: Option<Uuid>,
    /// The approval of this action.
    pub approval: Option<Uuid>,
    /// The digest of the request.
    pub digest: String,
    /// The moment at which its time is over.
    pub expires_at: pg_sys::TimestampTz,
    /// True where its time is over.
    pub is_late: bool,
}

/// The work item's action begun with this key; None where there is none.
pub fn repeated(tenant: Uuid, item: Uuid, key: &str) -> Option<Repeated> {
    let arguments = [uuid(tenant), uuid(item), text(key)];
    as_owner_past_row_security(TABLE, || {
        REPEATED.run(&arguments, |rows| {
            let row = rows.first()?;
            Some(Repeated {
                id: row.uuid(c"id")?,
                status: Status::named(&row.text(c"status")?).unwrap_or(Status::Abandoned),
                reservation: row.uuid(c"reservation_id"),
                approval: row.uuid(c"approval_id"),
                digest: row.text(c"begin_digest").unwrap_or_default(),
                expires_at: row.bigint(c"expires_at")?,
                is_late: row.flag(c"is_late"),
            })
        })
    })
}

/// An action as stored.
pub struct Action {
    /// Its id.
    pub id: Uuid,
    /// Its status.
    pub status: Status,
    /// The assistant that acts.
    pub assistant: Uuid,
    /// Its work item.
    pub item: Uuid,
    /// The provider whose pool pays for it.
    pub provider: Option<String>,
    /// The reservation.
    pub reservation: Option<Uuid>,
    /// The digest of the report to `finish_action()`.
    pub finish_digest: Option<String>,
    /// The ledger entry of its cost.
    pub cost: Option<Uuid>,
    /// Its row; None where a statement has locked it.
    locked: Option<LockedRow>,
}

impl Action {
    fn read(id: Uuid, row: &Row, locked: Option<LockedRow>) -> Option<Self> {
        Some(Self {
            id,
            status: Status::named(&row.text(c"status")?).unwrap_or(Status::Abandoned),
            assistant: row.uuid(c"assistant_id")?,
            item: row.uuid(c"work_item_id")?,
            provider: row.text(c"provider"),
            reservation: row.uuid(c"reservation_id"),
            finish_digest: row.text(c"finish_digest"),
            cost: row.uuid(c"cost_transaction_id"),
            locked,
        })
    }

    /// True where a report of abandonment has released its reservation.
    pub fn has_released(&self) -> bool {
        self.finish_digest.is_some() && self.cost.is_none()
    }
}

/// The tenant's action with this id, locked; None where it does not exist.
pub fn lock(tenant: Uuid, id: Uuid) -> Option<Action> {
    if row_lock::takes_newest() {
        let key = c"governed_actions_tenant_id_id_key";
        let locked = row_lock::find_own(TABLE, key, tenant, id, Strength::Write)?;
        let row = locked.row();
        return Action::read(id, &row, Some(locked));
    }
    let arguments = [uuid(tenant), uuid(id)];
    as_owner_past_row_security(TABLE, || LOCK.run(&arguments, |rows| Action::read(id, &rows.first()?, None)))
}

/// Writes an action's end.
pub fn end(
    tenant: Uuid,
    action: &Action,
    status: Status,
    cost: Option<Uuid>,
    digest: Option<&str>,
    result: Option<&str>,
) {
    let (cost, digest) = (cost.and_then(uuid), digest.and_then(text));
    let ended = || {
        let finished = (status != Status::Unknown).then(|| Datum::from(clock::timestamp()));
        ENDED.update(
            action.locked.as_ref()?.tuple(),
            &[
                (c"status", text(status.name())),
                (c"cost_transaction_id", cost),
                (c"finish_digest", digest),
                (c"result", result.and_then(|result| Jsonb::from_text(result).into_datum())),
                (c"finished_at", finished),
            ],
        )
    };
    as_owner_past_row_security(TABLE, || {
        if ended().is_none() {
            let arguments =
                [uuid(tenant), uuid(action.id), text(status.name()), cost, digest, result.and_then(text)];
            END.count(&arguments);
        }
    });
}

/// The outcome of the actions is unknown that were due by this moment; those of which nobody has said in time
/// what became of them are abandoned. Returns the number of both.
pub fn sweep(at: pg_sys::TimestampTz) -> usize {
    let due = [Some(Datum::from(at))];
    as_owner_past_row_security(TABLE, || ABANDON.count(&due) + DOUBT.count(&due))
}
