//! `begin_action()`.

use super::{approvals, bad_argument, policy, store, writing_context};
use crate::audit::event::Event;
use crate::audit::{actor, queue};
use crate::context::Context;
use crate::money::functions::{self as ledger, Hold};
use crate::money::numeric::is_number;
use crate::pg::argument;
use crate::pg::clock;
use crate::pg::datum::{from_sql, uuid};
use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::number::Number;
use crate::pg::raise::{or_raise, raise};
use crate::pg::server_log;
use crate::pg::statement::statements;
use crate::pg::subtransaction;
use crate::pg::transaction::refuse_read_only;
use crate::stop;
use crate::work::gate::{ACTION_APPROVED, check, lock_assistant, use_up};
use crate::work::{WorkItem, check_own, functions};
use awgp_core::action::approved::{Wanted, find};
use awgp_core::action::policy::ActionPolicy;
use awgp_core::action::{Status, arguments};
use awgp_core::approval::unknown_approval;
use awgp_core::assistant::{check_capability, may_begin};
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::civil::format_timestamp;
use awgp_core::money::refusals;
use awgp_core::permissions::Verb;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::state_machine::illegal_transition;
use awgp_core::work::gate::check_begun;
use awgp_core::work::{self, Status as ItemStatus, effective_risk};
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
const LONGEST_US: i128 = LONGEST_DAYS as i128 * 86_400_000_000;
const LONGEST_DAYS: i32 = 31;

statements! {
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
#[expect(clippy::too_many_arguments, reason = "those of the SQL function")]
fn begin_action(
    work_item_id: Option<pgrx::Uuid>,
    action: Option<Text>,
    provider: default!(Option<Text>, "NULL"),
    estimated_cost: default!(Option<Number>, "NULL"),
    expires_in: default!(Option<Interval>, "'15 minutes'"),
    idempotency_key: default!(Option<Text>, "NULL"),
    arguments: default!(Option<Jsonb>, "NULL"),
    approval_id: default!(Option<pgrx::Uuid>, "NULL"),
) -> JsonB {
    refuse_read_only(c"awgp.begin_action()");
    let context = writing_context(Verb::Insert);
    let request = Request::read(Given {
        item: work_item_id.as_ref().map(from_sql),
        action,
        provider,
        cost: estimated_cost.map(|cost| cost.0),
        expires_in: argument::span("expires_in", expires_in),
        key: read_key(idempotency_key),
        arguments,
        approval: approval_id.as_ref().map(from_sql),
    });
    if !functions::lock(context.tenant, request.item) {
        raise(&work::unknown_work_item(request.item));
    }
    let Some(item) = WorkItem::find(context.tenant, request.item) else {
        raise(&work::unknown_work_item(request.item))
    };
    match request.begin(&item) {
        Ok(begun) => JsonB(json!({
            "allowed": true,
            "reason": "allowed",
            "action_id": begun.action.to_string(),
            "status": begun.status.name(),
            "reservation_id": begun.reservation.map(|id| id.to_string()),
            "approval_id": begun.approval.map(|id| id.to_string()),
            "arguments_digest": request.arguments_digest,
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
    /// The approval of this action.
    approval: Option<Uuid>,
    status: Status,
    expires_at: TimestampTz,
    is_late: bool,
    /// It began before, and a stop is in force now.
    is_stopped: bool,
}

impl Begun {
    /// The next thing to do.
    fn hint(&self) -> &'static str {
        match self.status {
            Status::Begun if self.is_late => {
                "Its time is over: report its outcome with awgp.finish_action(), or begin again with another key."
            }
            Status::Begun if self.is_stopped => {
                "A stop is in force: if the action is not performed yet, do not perform it. Report its outcome with awgp.finish_action()."
            }
            Status::Begun => "Perform the action, then call awgp.finish_action(action_id, outcome, …).",
            Status::Unknown => {
                "Nobody knows whether it happened: do not perform it again. Find out, then call awgp.reconcile_action(action_id, outcome, reason)."
            }
            Status::Abandoned => {
                "It was marked as abandoned: report its outcome with awgp.finish_action(), or begin again with another key."
            }
            Status::Succeeded | Status::Failed => {
                "It has ended: do not perform it again. To repeat the action, begin it with another key."
            }
        }
    }
}

/// Whether the gate refuses for want of an approval.
fn is_about_approval(reason: Reason) -> bool {
    use Reason::{
        ApprovalExpired, ApprovalPending, ApprovalRejected, ApprovalRequired, ApprovalUsed, DigestMismatch,
    };
    matches!(
        reason,
        ApprovalRequired
            | ApprovalPending
            | ApprovalRejected
            | ApprovalExpired
            | ApprovalUsed
            | DigestMismatch
    )
}

/// The idempotency key, if there is one.
fn read_key(key: Option<Text>) -> Option<String> {
    let key = key.map(|key| key.0);
    if key.as_ref().is_some_and(|key| !(1..=KEY_CHARS_MAX).contains(&key.chars().count())) {
        bad_argument("idempotency_key", "it must be a text of 1 to 200 characters");
    }
    key
}

/// The arguments, as given.
struct Given {
    item: Option<Uuid>,
    action: Option<Text>,
    provider: Option<Text>,
    cost: Option<AnyNumeric>,
    expires_in: Option<Interval>,
    key: Option<String>,
    arguments: Option<Jsonb>,
    approval: Option<Uuid>,
}

/// The arguments.
struct Request {
    item: Uuid,
    action: String,
    provider: Option<String>,
    cost: Option<AnyNumeric>,
    expires_in: Interval,
    key: Option<String>,
    /// The digest of the action's own arguments.
    arguments_digest: Option<String>,
    /// The approval that the caller names.
    approval: Option<Uuid>,
}

/// What the checks have found.
struct Checked {
    /// The item is still to be started.
    starts: bool,
    /// The approval of this action under which it begins.
    approval: Option<Uuid>,
    /// How long the money is held.
    held_for: Interval,
}

impl Request {
    fn read(given: Given) -> Self {
        let Given { item, action, provider, cost, expires_in, key, arguments, approval } = given;
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
        let digest = |arguments: &Jsonb| {
            or_raise(arguments.with_text(|json| arguments::digest(json, arguments::BYTES_MAX)))
        };
        let arguments_digest = arguments.as_ref().map(digest);
        Self { item, action, provider, cost, expires_in, key, arguments_digest, approval }
    }

    fn begin(&self, item: &WorkItem) -> Result<Begun, Denial> {
        check_own(item.assistant)?;
        if let Some(begun) = self.begun_before(item) {
            return Ok(begun);
        }
        let checked = self.check(item)?;
        let reservation = self.reserve(item, checked.held_for)?;
        // Under an approval of this action the item starts without one of its own.
        let under = checked.approval.map(|approval| {
            use_up(item.tenant, approval);
            ACTION_APPROVED.hold()
        });
        if checked.starts {
            let arguments = [uuid(item.tenant), uuid(item.id)];
            START.count(&arguments);
        }
        drop(under);
        stop::begins(item.tenant, item.assistant);
        let (action, expires_at) = store::begin(&store::New {
            item,
            action: &self.action,
            provider: self.provider.as_deref(),
            cost: self.cost.clone(),
            reservation,
            expires_in: self.expires_in,
            held_for: checked.held_for,
            key: self.key.as_deref().map(|key| (key, self.digest())),
            arguments_digest: self.arguments_digest.as_deref(),
            approval: checked.approval,
        });
        let Checked { approval, .. } = checked;
        let (status, is_late, is_stopped) = (Status::Begun, false, false);
        Ok(Begun { action, reservation, approval, status, expires_at, is_late, is_stopped })
    }

    /// The action that was begun with this key before, whatever its state and its item's are now.
    fn begun_before(&self, item: &WorkItem) -> Option<Begun> {
        let key = self.key.as_deref()?;
        let before = store::repeated(item.tenant, item.id, key)?;
        if before.digest != self.digest() {
            raise(&refusals::idempotency_conflict(key, "argument"));
        }
        let store::Repeated { id, status, reservation, approval, expires_at, is_late, .. } = before;
        let is_stopped = stop::in_force(item.tenant, Some(item.assistant)).is_some();
        Some(Begun { action: id, reservation, approval, status, expires_at, is_late, is_stopped })
    }

    /// Distinguishes a repetition from a different request with the same key.
    fn digest(&self) -> String {
        let cost = self.cost.as_ref().map(|cost| cost.clone().normalize().to_owned());
        let time = self.expires_in.as_micros().to_string();
        let told = match &self.arguments_digest {
            None => format!("awgp/begin/v1{}", json!([self.action, self.provider, cost, time])),
            Some(arguments) => {
                format!("awgp/begin/v2{}", json!([self.action, self.provider, cost, time, arguments]))
            }
        };
        hex::encode(Sha256::digest(told))
    }

    /// Checks the rules. Locks rows, and writes nothing.
    fn check(&self, item: &WorkItem) -> Result<Checked, Refusal> {
        stop::check(item.tenant, item.assistant)?;
        let assistant = lock_assistant(item.tenant, item.assistant)?;
        may_begin(assistant.id, assistant.status)?;
        check_capability(assistant.id, &assistant.capabilities, &self.action)?;
        let policy = policy::of(item.tenant)?;
        let (starts, gate) = match item.status {
            Some(ItemStatus::Backlog | ItemStatus::AwaitingApproval) => (true, check(item).map(|_| ())),
            Some(ItemStatus::InProgress) => {
                let says = |version| item.digest(version);
                (false, check_begun(&item.item(), assistant.risk_tier, item.pinned.as_ref(), &says))
            }
            status => {
                let name = status.map_or("", ItemStatus::name);
                return Err(illegal_transition("work_items", name, "in_progress", []));
            }
        };
        let approval = self.approved(item, &policy, gate)?;
        Ok(Checked { starts, approval, held_for: self.held_for(&policy) })
    }

    /// The approval of this action under which it begins; None where it needs none. `gate` is what the gate
    /// of its work item says.
    fn approved(
        &self,
        item: &WorkItem,
        policy: &ActionPolicy,
        gate: Result<(), Refusal>,
    ) -> Result<Option<Uuid>, Refusal> {
        // Without an approval of the work item, one of this very action will do; nothing else will.
        let gate = match gate {
            Err(refusal) if !is_about_approval(refusal.reason) => return Err(refusal),
            gate => gate,
        };
        let by_policy = policy.approval_for.contains(&self.action);
        let must = gate.is_err() || by_policy || self.approval.is_some();
        if !must && self.arguments_digest.is_none() {
            return Ok(None);
        }
        let approvals = approvals::of_action(item, &self.action, self.approval);
        if let Some(named) = self.approval.filter(|_| approvals.is_empty()) {
            raise(&unknown_approval(named));
        }
        let wanted = Wanted {
            item: item.id,
            risk: effective_risk(item.risk_level, item.asked_risk_level),
            action: &self.action,
            arguments_digest: self.arguments_digest.as_deref(),
            must,
        };
        // The time is read after the last lock.
        match (find(&wanted, &approvals, &|version| item.digest(version), clock::timestamp()), gate) {
            // Nobody was asked about this action: what the gate says helps more.
            (Err(refusal), Err(gate)) if refusal.reason == Reason::ApprovalRequired && !by_policy => {
                Err(gate)
            }
            (found, _) => found,
        }
    }

    /// How long the money is held: until somebody says what became of the action, or the policy's time is
    /// over. No reservation is longer than 31 days.
    fn held_for(&self, policy: &ActionPolicy) -> Interval {
        let unknown = i64::from(policy.unknown_for_seconds) * 1_000_000;
        let longest = Interval::new(0, LONGEST_DAYS, 0);
        let held = Interval::new(
            self.expires_in.months(),
            self.expires_in.days(),
            self.expires_in.micros().saturating_add(unknown),
        );
        let fits = |held: &Interval| held.as_micros() <= LONGEST_US;
        held.ok().filter(fits).or(longest.ok()).unwrap_or(self.expires_in)
    }

    /// Reserves the money. Refusals for lack of money or of an active assistant become a denial.
    fn reserve(&self, item: &WorkItem, held_for: Interval) -> Result<Option<Uuid>, Denial> {
        let Some(cost) = &self.cost else { return Ok(None) };
        let hold = Hold {
            assistant: item.assistant,
            provider: self.provider.as_deref(),
            amount: cost.clone(),
            item: item.id,
            time: held_for,
        };
        let reserved = subtransaction::within(|| ledger::reserve_for_action(&hold));
        reserved.map(Some).map_err(|failed| {
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
            "arguments_digest": self.arguments_digest,
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
            erasable: Vec::new(),
        });
    }
}
