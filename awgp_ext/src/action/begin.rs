//! `begin_action()`.

use super::{bad_argument, other_assistant, store, writing_context};
use crate::argument;
use crate::audit::event::Event;
use crate::audit::{actor, queue};
use crate::context::Context;
use crate::encoding::Text;
use crate::jsonb::Jsonb;
use crate::money::numeric::is_number;
use crate::number::Number;
use crate::raise::raise;
use crate::relation::{from_sql, to_sql};
use crate::server_log;
use crate::statement::{statements, text};
use crate::subtransaction;
use crate::transaction::refuse_read_only;
use crate::work::gate::{check, lock_assistant};
use crate::work::{WorkItem, functions};
use awgp_core::action::Status;
use awgp_core::assistant::{check_capability, may_begin};
use awgp_core::money::refusals;
use awgp_core::permissions::Verb;
use awgp_core::refusal::Refusal;
use awgp_core::state_machine::illegal_transition;
use awgp_core::work::gate::check_begun;
use awgp_core::work::{self, Status as ItemStatus};
use pgrx::datum::{AnyNumeric, DatumWithOid, Interval};
use pgrx::prelude::*;
use pgrx::{JsonB, PgSqlErrorCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Longest name of an action, in bytes, as of a capability.
const ACTION_BYTES_MAX: usize = 200;

/// Longest key, in characters, as of the ledger's.
const KEY_CHARS_MAX: usize = 200;

/// How long an action may take, as long as money may be set aside for it: 31 days.
const LONGEST_US: i128 = 31 * 86_400_000_000;

statements! {
    /// Sets the money aside, as any client does.
    RESERVE(UUIDOID, TEXTOID, NUMERICOID, UUIDOID, INTERVALOID) = "
        SELECT id FROM awgp.reserve_credit($1, $2, $3, $4, $5)";
    /// Starts the item, as any client does: its machine asks the gate again and uses the approval up.
    START(UUIDOID, UUIDOID) = "
        UPDATE awgp.work_items SET status = 'in_progress'
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2";
}

/// Asks for an action of a work item's assistant: allowed, it is begun, its money is set aside and the item is in
/// progress; denied, the answer says why and what to do next.
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

/// Why not, and what to do next.
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

/// What was begun, now or before under the same key.
struct Begun {
    action: Uuid,
    reservation: Option<Uuid>,
    status: Status,
    is_late: bool,
}

impl Begun {
    /// The next thing to do.
    fn hint(&self) -> &'static str {
        match self.status {
            Status::Begun if self.is_late => {
                "Its time is over: say how it ended with awgp.finish_action(), or begin anew under another key."
            }
            Status::Begun => "Act, and then call awgp.finish_action(action_id, outcome, …).",
            Status::Abandoned => {
                "It was counted as abandoned: say how it ended with awgp.finish_action(), or begin anew under another key."
            }
            Status::Succeeded | Status::Failed => {
                "It has ended: do not act again. What is to be done anew begins under another key."
            }
        }
    }
}

/// The key, where there is one.
fn read_key(key: Option<Text>) -> Option<String> {
    let key = key.map(|key| key.0);
    if key.as_ref().is_some_and(|key| !(1..=KEY_CHARS_MAX).contains(&key.chars().count())) {
        bad_argument("idempotency_key", "it is a text of 1 to 200 characters");
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
        let Some(item) = item else { bad_argument("work_item_id", "it is not NULL") };
        let action = action
            .map(|action| action.0)
            .filter(|name| !name.trim().is_empty() && name.len() <= ACTION_BYTES_MAX);
        let Some(action) = action else { bad_argument("action", "it is a text of 1 to 200 bytes") };
        let zero = AnyNumeric::from(0);
        if cost.as_ref().is_some_and(|cost| !is_number(cost) || *cost < zero) {
            bad_argument("estimated_cost", "it is a number that is not negative");
        }
        // Nothing is set aside for what costs nothing.
        let cost = cost.filter(|cost| *cost > zero);
        let provider = provider.map(|provider| provider.0).filter(|name| !name.trim().is_empty());
        if cost.is_some() && provider.is_none() {
            bad_argument("provider", "an estimated cost is set aside in a provider's pool");
        }
        let in_time = |time: &Interval| (1..=LONGEST_US).contains(&time.as_micros());
        let Some(expires_in) = expires_in.filter(in_time) else {
            bad_argument("expires_in", "it is between a moment and 31 days")
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
            let arguments = [to_sql(item.tenant).into(), to_sql(item.id).into()];
            START.with(|statement| statement.count(&arguments));
        }
        let action = store::begin(&store::New {
            item,
            action: &self.action,
            provider: self.provider.as_deref(),
            cost: self.cost.clone(),
            reservation,
            expires_in: self.expires_in,
            key: self.key.as_deref().map(|key| (key, self.digest())),
        });
        Ok(Begun { action, reservation, status: Status::Begun, is_late: false })
    }

    /// The action that was begun under the key before, whatever has become of it and of its item since.
    fn begun_before(&self, item: &WorkItem) -> Option<Begun> {
        let key = self.key.as_deref()?;
        let before = store::repeated(item.tenant, item.id, key)?;
        if before.digest != self.digest() {
            raise(&refusals::idempotency_conflict(key, "argument"));
        }
        let store::Repeated { id, status, reservation, is_late, .. } = before;
        Some(Begun { action: id, reservation, status, is_late })
    }

    /// Tells a repetition from another question.
    fn digest(&self) -> String {
        let cost = self.cost.as_ref().map(|cost| cost.clone().normalize().to_owned());
        let asked = json!([self.action, self.provider, cost, self.expires_in.as_micros().to_string()]);
        hex::encode(Sha256::digest(format!("awgp/begin/v1{asked}")))
    }

    /// Whether the item is still to be started, where the rules allow the action. Locks, and writes nothing.
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

    /// Sets the money aside; what refuses it for want of money or of an active assistant is the denial.
    fn reserve(&self, item: &WorkItem) -> Result<Option<Uuid>, Denial> {
        let Some(cost) = &self.cost else { return Ok(None) };
        let arguments: [DatumWithOid<'_>; 5] = [
            to_sql(item.assistant).into(),
            text(self.provider.as_deref()),
            cost.clone().into(),
            to_sql(item.id).into(),
            self.expires_in.into(),
        ];
        let reserved = subtransaction::within(|| {
            RESERVE.with(|statement| {
                statement
                    .run(&arguments, |rows| Ok(rows.first().get_one::<pgrx::Uuid>()?.as_ref().map(from_sql)))
            })
        });
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

    /// In the trail, which a rollback undoes, and in the server's log, which it does not.
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
