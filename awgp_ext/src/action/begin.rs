//! `begin_action()`.

use super::{bad_argument, other_assistant, store, writing_context};
use crate::audit::event::Event;
use crate::audit::{actor, queue};
use crate::context::Context;
use crate::money::numeric::is_number;
use crate::pg::argument;
use crate::pg::datum::{from_sql, text, uuid};
use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::number::Number;
use crate::pg::raise::raise;
use crate::pg::server_log;
use crate::pg::statement::statements;
use crate::pg::subtransaction;
use crate::pg::transaction::refuse_read_only;
use crate::work::gate::{check, lock_assistant};
use crate::work::{WorkItem, functions};
use awgp_core::action::Status;
use awgp_core::assistant::{check_capability, may_begin};
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::civil::format_timestamp;
use awgp_core::money::refusals;
use awgp_core::permissions::Verb;
use awgp_core::refusal::Refusal;
use awgp_core::state_machine::illegal_transition;
use awgp_core::work::gate::check_begun;
use awgp_core::work::{self, Status as ItemStatus};
use pgrx::datum::{AnyNumeric, Interval};
use pgrx::pg_sys::TimestampTz;
use pgrx::prelude::*;
use pgrx::{JsonB, PgSqlErrorCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The longest name of an action, in bytes; the same as for a capability.
const ACTION_BYTES_MAX: usize = 200;

/// The longest idempotency key, in characters; the same as in the ledger.
const KEY_CHARS_MAX: usize = 200;

/// The longest time for an action, which is also the longest for a reservation: 31 days.
const LONGEST_US: i128 = 31 * 86_400_000_000;

statements! {
    /// Reserves the money, as any client does.
    RESERVE(UUIDOID, TEXTOID, NUMERICOID, UUIDOID, INTERVALOID) = "
        SELECT id FROM awgp.reserve_credit($1, $2, $3, $4, $5)";
    /// Starts the item, as any client does: the state machine asks the gate again and marks the approval as
    /// used.
    START(UUIDOID, UUIDOID) = "
        UPDATE awgp.work_items SET status = 'in_progress'
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2";
}

/// Asks for an action of a work item's assistant. If it is allowed, the action is begun, its money is
/// reserved and the item is in progress. If it is denied, the answer tells why, and what to do next.
#[pg_extern(volatile, parallel_unsafe, requires = ["number"])]
#[search_path(pg_catalog, pg_temp)]
fn begin_action(
    work_item_id: Option<pgrx::Uuid>,
    action: Option<Text>,
    provider: default!(Option<Text>, "NULL"),
    estimated_cost: default!(Option<Number>, "NULL"),
    expires_in: default!(Option<Interval>, "'15 minutes'"),
    idempotency_key: default!(Option<Text>, "NULL"),
) -> JsonB {
    refuse_read_only(c"awgp.begin_action()");
    let context = writing_context(Verb::Insert);
    let expires_in = argument::span("expires_in", expires_in);
    let item = work_item_id.as_ref().map(from_sql);
    let key = read_key(idempotency_key);
    let request = Request::read(item, action, provider, estimated_cost.map(|cost| cost.0), expires_in, key);
    if !functions::lock(context.tenant, request.item) {
        raise(&work::unknown_work_item(request.item));
    }
    let Some(item) = WorkItem::find(context.tenant, request.item) else {
        raise(&work::unknown_work_item(request.item))
    };
    match request.begin(context, &item) {
        Ok(begun) => JsonB(json!({
            "allowed": true,
            "reason": "allowed",
            "action_id": begun.action.to_string(),
            "status": begun.status.name(),
            "reservation_id": begun.reservation.map(|id| id.to_string()),
            "expires_at": timestamp_from_postgres(begun.expires_at).map(format_timestamp),
            "work_item_id": item.id.to_string(),
            "assistant_id": item.assistant.to_string(),
            "hint": begun.hint(),
        })),
        Err(denial) => {
            request.record_denial(context, &item, &denial);
            JsonB(json!({
                "allowed": false,
                "reason": denial.reason,
                "message": denial.message,
                "hint": denial.hint,
                "facts": denial.facts,
                "action_id": null,
                "work_item_id": item.id.to_string(),
                "assistant_id": item.assistant.to_string(),
            }))
        }
    }
}

/// Why the action is denied, and what to do next.
struct Denial {
    reason: String,
    message: String,
    hint: String,
    facts: Value,
}

impl From<Refusal> for Denial {
    fn from(refusal: Refusal) -> Self {
        Self {
            reason: refusal.reason.name().to_owned(),
            facts: Value::Object(refusal.facts),
            message: refusal.message,
            hint: refusal.hint,
        }
    }
}

/// An action begun now, or earlier with the same key.
struct Begun {
    action: Uuid,
    reservation: Option<Uuid>,
    status: Status,
    expires_at: TimestampTz,
    is_late: bool,
}

impl Begun {
    /// The next thing to do.
    fn hint(&self) -> &'static str {
        match self.status {
            Status::Begun if self.is_late => {
                "Its time is over: report its outcome with awgp.finish_action(), or begin again with another key."
            }
            Status::Begun => "Perform the action, then call awgp.finish_action(action_id, outcome, …).",
            Status::Abandoned => {
                "It was marked as abandoned: report its outcome with awgp.finish_action(), or begin again with another key."
            }
            Status::Succeeded | Status::Failed => {
                "It has ended: do not perform it again. To repeat the action, begin it with another key."
            }
        }
    }
}

/// The idempotency key, if there is one.
fn read_key(key: Option<Text>) -> Option<String> {
    let key = key.map(|key| key.0);
    if key.as_ref().is_some_and(|key| !(1..=KEY_CHARS_MAX).contains(&key.chars().count())) {
        bad_argument("idempotency_key", "it must be a text of 1 to 200 characters");
    }
    key
}

/// The arguments.
struct Request {
    item: Uuid,
    action: String,
    provider: Option<String>,
    cost: Option<AnyNumeric>,
    expires_in: Interval,
    key: Option<String>,
}

impl Request {
    fn read(
        item: Option<Uuid>,
        action: Option<Text>,
        provider: Option<Text>,
        cost: Option<AnyNumeric>,
        expires_in: Option<Interval>,
        key: Option<String>,
    ) -> Self {
        let Some(item) = item else { bad_argument("work_item_id", "it must not be NULL") };
        let action = action
            .map(|action| action.0)
            .filter(|name| !name.trim().is_empty() && name.len() <= ACTION_BYTES_MAX);
        let Some(action) = action else { bad_argument("action", "it must be a text of 1 to 200 bytes") };
        let zero = AnyNumeric::from(0);
        if cost.as_ref().is_some_and(|cost| !is_number(cost) || *cost < zero) {
            bad_argument("estimated_cost", "it must be a number that is not negative");
        }
        // Nothing is reserved for an action without cost.
        let cost = cost.filter(|cost| *cost > zero);
        let provider = provider.map(|provider| provider.0).filter(|name| !name.trim().is_empty());
        if cost.is_some() && provider.is_none() {
            bad_argument("provider", "it is required with an estimated cost");
        }
        let in_time = |time: &Interval| (1..=LONGEST_US).contains(&time.as_micros());
        let Some(expires_in) = expires_in.filter(in_time) else {
            bad_argument("expires_in", "it must be longer than zero and at most 31 days")
        };
        Self { item, action, provider, cost, expires_in, key }
    }

    fn begin(&self, context: Context, item: &WorkItem) -> Result<Begun, Denial> {
        if context.assistant.is_some_and(|assistant| assistant != item.assistant) {
            return Err(other_assistant().into());
        }
        if let Some(begun) = self.begun_before(item) {
            return Ok(begun);
        }
        let starts = self.check(item)?;
        let reservation = self.reserve(item)?;
        if starts {
            let arguments = [uuid(item.tenant), uuid(item.id)];
            START.count(&arguments);
        }
        let (action, expires_at) = store::begin(&store::New {
            item,
            action: &self.action,
            provider: self.provider.as_deref(),
            cost: self.cost.clone(),
            reservation,
            expires_in: self.expires_in,
            key: self.key.as_deref().map(|key| (key, self.digest())),
        });
        Ok(Begun { action, reservation, status: Status::Begun, expires_at, is_late: false })
    }

    /// The action that was begun with this key before, whatever its state and its item's are now.
    fn begun_before(&self, item: &WorkItem) -> Option<Begun> {
        let key = self.key.as_deref()?;
        let before = store::repeated(item.tenant, item.id, key)?;
        if before.digest != self.digest() {
            raise(&refusals::idempotency_conflict(key, "argument"));
        }
        let store::Repeated { id, status, reservation, expires_at, is_late, .. } = before;
        Some(Begun { action: id, reservation, status, expires_at, is_late })
    }

    /// Distinguishes a repetition from a different request with the same key.
    fn digest(&self) -> String {
        let cost = self.cost.as_ref().map(|cost| cost.clone().normalize().to_owned());
        let asked = json!([self.action, self.provider, cost, self.expires_in.as_micros().to_string()]);
        hex::encode(Sha256::digest(format!("awgp/begin/v1{asked}")))
    }

    /// Checks the rules; true where the item is still to be started. Locks rows, and writes nothing.
    fn check(&self, item: &WorkItem) -> Result<bool, Refusal> {
        let assistant = lock_assistant(item.tenant, item.assistant)?;
        may_begin(assistant.id, assistant.status)?;
        check_capability(assistant.id, &assistant.capabilities, &self.action)?;
        match item.status {
            Some(ItemStatus::Backlog | ItemStatus::AwaitingApproval) => check(item).map(|_| true),
            Some(ItemStatus::InProgress) => {
                let says = |version| item.digest(version);
                check_begun(&item.item(), assistant.risk_tier, item.pinned.as_ref(), &says).map(|()| false)
            }
            Some(status) => Err(illegal_transition("work_items", status.name(), "in_progress", [])),
            None => Err(illegal_transition("work_items", "", "in_progress", [])),
        }
    }

    /// Reserves the money. Refusals for lack of money or of an active assistant become a denial.
    fn reserve(&self, item: &WorkItem) -> Result<Option<Uuid>, Denial> {
        let Some(cost) = &self.cost else { return Ok(None) };
        let arguments = [
            uuid(item.assistant),
            self.provider.as_deref().and_then(text),
            cost.clone().into_datum(),
            uuid(item.id),
            self.expires_in.into_datum(),
        ];
        let reserved = subtransaction::within(|| RESERVE.run(&arguments, |rows| rows.first()?.uuid(c"id")));
        reserved.map_err(|failed| {
            let told = failed.to_json();
            let facts = &told["detail"];
            let denies = [
                PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                PgSqlErrorCode::ERRCODE_NO_DATA_FOUND,
            ];
            let reason = facts["reason"].as_str().filter(|_| denies.contains(&failed.code));
            let Some(reason) = reason else { failed.raise_on() };
            Denial {
                reason: reason.to_owned(),
                message: failed.message().to_owned(),
                hint: told["hint"].as_str().unwrap_or_default().to_owned(),
                facts: facts.clone(),
            }
        })
    }

    /// Records the denial in the audit trail, which a rollback undoes, and in the server's log, which it does
    /// not.
    fn record_denial(&self, context: Context, item: &WorkItem, denial: &Denial) {
        let logged = json!({
            "reason": denial.reason,
            "action": self.action,
            "work_item_id": item.id.to_string(),
            "tenant_id": context.tenant.to_string(),
            "assistant_id": item.assistant.to_string(),
        });
        server_log::leave(format!("awgp: action denied: {}", denial.reason), &logged);
        let state = json!({
            "action": self.action,
            "reason": denial.reason,
            "assistant_id": item.assistant.to_string(),
            "provider": self.provider,
            "estimated_cost": self.cost.as_ref().map(ToString::to_string),
            "facts": denial.facts,
        });
        queue::push(Event {
            id: None,
            at: None,
            tenant: context.tenant,
            actor: actor::current(),
            action: "action.denied".to_owned(),
            entity_type: "work_items".to_owned(),
            entity_id: Some(item.id),
            before: None,
            after: Some(Jsonb::from_text(&state.to_string())),
            metadata: None,
            left_out: Vec::new(),
        });
    }
}
