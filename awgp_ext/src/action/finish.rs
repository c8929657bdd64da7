//! `finish_action()`, `reconcile_action()` and `abandon_actions()`.

use super::place;
use super::store::{self, Action};
use super::{bad_argument, writing_context};
use crate::audit::event::Event;
use crate::audit::{actor, queue};
use crate::context::Context;
use crate::money::direct::Used;
use crate::money::functions::{self as ledger, Entered};
use crate::money::numeric::is_number;
use crate::pg::argument;
use crate::pg::clock;
use crate::pg::datum::{from_sql, text, uuid};
use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::number::Number;
use crate::pg::raise::{or_raise, raise};
use crate::pg::statement::statements;
use crate::pg::transaction::refuse_read_only;
use crate::work::check_own;
use awgp_core::action::{Ending, Status, check_result, finish};
use awgp_core::assistant::reason_required;
use awgp_core::permissions::Verb;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::JsonB;
use pgrx::datum::{AnyNumeric, TimestampWithTimeZone};
use pgrx::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

statements! {
    /// Releases it.
    RELEASE(UUIDOID) = "SELECT id FROM awgp.release_credit($1)";
    /// Records money that was spent without a reservation, or after its release. It is already spent, so no
    /// limit refuses it.
    RECORD(UUIDOID, TEXTOID, TEXTOID, INT4OID, INT4OID, NUMERICOID, UUIDOID) = "
        SELECT id, cost_amount, overrun
        FROM awgp.record_cost($1, $2, $3, $4, $5, $6, $7, '{\"incurred\": true}')";
    /// An entry of the ledger.
    ENTRY(UUIDOID, UUIDOID) = "
        SELECT id, cost_amount, overrun FROM awgp.cost_transactions
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2";
}

/// Ends an action: settles its cost, or releases its reservation. A repeated call with the same report gets
/// the same answer and changes nothing. Where `receipt` is asked for, the answer has the place of the event
/// in the trail.
#[pg_extern(volatile, parallel_unsafe, requires = ["number"])]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::too_many_arguments, reason = "those of the SQL function")]
fn finish_action(
    action_id: Option<pgrx::Uuid>,
    outcome: Option<Text>,
    model: default!(Option<Text>, "NULL"),
    input_tokens: default!(Option<i64>, "NULL"),
    output_tokens: default!(Option<i64>, "NULL"),
    cost_amount: default!(Option<Number>, "NULL"),
    result: default!(Option<Jsonb>, "NULL"),
    receipt: default!(Option<bool>, "false"),
) -> JsonB {
    refuse_read_only(c"awgp.finish_action()");
    let context = writing_context(Verb::Update);
    let status =
        outcome.and_then(|outcome| Status::named(&outcome.0)).filter(|status| *status != Status::Begun);
    let Some(status) = status else {
        bad_argument("outcome", "it must be succeeded, failed, unknown or abandoned")
    };
    let spent = Spent { model, input_tokens, output_tokens, cost_amount };
    let report = Report::read(status, spent, result);
    if status == Status::Unknown && (report.costs() || report.result.is_some()) {
        bad_argument("outcome", "an unknown outcome has neither a cost nor a result");
    }
    let action = locked(context, action_id.as_ref());
    let answer = report.end(context, &action);
    JsonB(if receipt == Some(true) { place::added(answer, context.tenant, action.id) } else { answer })
}

/// Says what became of an action whose outcome is unknown, and why that is known now: a person does, for a
/// program that could not tell. It ends the action as [`finish_action`] does, and records the reason.
#[pg_extern(volatile, parallel_unsafe, requires = ["number"])]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::too_many_arguments, reason = "those of finish_action() and the reason")]
fn reconcile_action(
    action_id: Option<pgrx::Uuid>,
    outcome: Option<Text>,
    reason: Option<Text>,
    model: default!(Option<Text>, "NULL"),
    input_tokens: default!(Option<i64>, "NULL"),
    output_tokens: default!(Option<i64>, "NULL"),
    cost_amount: default!(Option<Number>, "NULL"),
    result: default!(Option<Jsonb>, "NULL"),
    receipt: default!(Option<bool>, "false"),
) -> JsonB {
    refuse_read_only(c"awgp.reconcile_action()");
    let context = writing_context(Verb::Update);
    if context.user.is_none() || context.assistant.is_some() {
        raise(&no_person());
    }
    let status = outcome.and_then(|outcome| Status::named(&outcome.0));
    let says = |status: &Status| !matches!(status, Status::Begun | Status::Unknown);
    let Some(status) = status.filter(says) else {
        bad_argument("outcome", "it must be succeeded, failed or abandoned")
    };
    let reason = reason.map(|Text(reason)| reason).filter(|reason| !reason.trim().is_empty());
    let Some(reason) = reason else { raise(&reason_required("reconciling an action")) };
    let spent = Spent { model, input_tokens, output_tokens, cost_amount };
    let report = Report::read(status, spent, result);
    let action = locked(context, action_id.as_ref());
    if action.status != Status::Unknown {
        raise(&not_unknown(&action));
    }
    let answer = report.end(context, &action);
    let state = json!({"status": status.name(), "reason": reason, "action": action.id.to_string()});
    queue::push(Event {
        id: None,
        at: None,
        tenant: context.tenant,
        actor: actor::current(),
        action: "action.reconciled".to_owned(),
        entity_type: "governed_actions".to_owned(),
        entity_id: Some(action.id),
        before: None,
        after: Some(Jsonb::from_text(&state.to_string())),
        metadata: None,
        left_out: Vec::new(),
        erasable: Vec::new(),
    });
    JsonB(if receipt == Some(true) { place::added(answer, context.tenant, action.id) } else { answer })
}

/// The action, locked, if it is one of the tenant's and of the assistant's in context.
fn locked(context: Context, id: Option<&pgrx::Uuid>) -> Action {
    let Some(id) = id.map(from_sql) else { bad_argument("action_id", "it must not be NULL") };
    let Some(action) = store::lock(context.tenant, id) else { raise(&unknown_action(id)) };
    check_own(action.assistant).unwrap_or_else(|refusal| raise(&refusal));
    action
}

/// The entry of the ledger with the action's cost.
fn entered(tenant: Uuid, id: Uuid) -> Option<Entered> {
    ENTRY.run(&[uuid(tenant), uuid(id)], |rows| Entered::read(&rows.first()?))
}

/// What the action cost, as passed.
struct Spent {
    model: Option<Text>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cost_amount: Option<Number>,
}

/// The caller's report of the outcome.
struct Report {
    status: Status,
    model: Option<String>,
    input_tokens: Option<i32>,
    output_tokens: Option<i32>,
    cost: Option<AnyNumeric>,
    result: Option<String>,
}

impl Report {
    fn read(status: Status, spent: Spent, result: Option<Jsonb>) -> Self {
        let report = Self {
            status,
            model: spent.model.map(|model| model.0).filter(|model| !model.trim().is_empty()),
            input_tokens: argument::whole("input_tokens", spent.input_tokens),
            output_tokens: argument::whole("output_tokens", spent.output_tokens),
            cost: spent.cost_amount.map(|cost| cost.0),
            result: result.map(|result| result.with_text(str::to_owned)),
        };
        if report.cost.as_ref().is_some_and(|cost| !is_number(cost)) {
            bad_argument("cost_amount", "it must be a number");
        }
        or_raise(check_result(report.result.as_deref()));
        report
    }

    /// Ends the action, or repeats the answer of the same report before.
    fn end(&self, context: Context, action: &Action) -> serde_json::Value {
        let ending = or_raise(finish(action.status, self.status));
        let digest = (self.status != Status::Unknown).then(|| self.digest());
        let entry = match ending {
            // Nobody knows whether it cost something: the money stays held.
            Ending::Now if self.status == Status::Unknown => {
                store::end(context.tenant, action, self.status, None, None, None);
                None
            }
            Ending::Now => {
                let entry = self.pay(action);
                let cost = entry.as_ref().map(|entry| entry.id);
                store::end(
                    context.tenant,
                    action,
                    self.status,
                    cost,
                    digest.as_deref(),
                    self.result.as_deref(),
                );
                entry
            }
            // Maintenance marks an action as unknown and as abandoned without a report; a later report of the
            // same is a repetition.
            Ending::Repeated if action.finish_digest.is_none() || action.finish_digest == digest => {
                action.cost.and_then(|cost| entered(context.tenant, cost))
            }
            Ending::Repeated => raise(&other_report(action.id)),
        };
        json!({
            "action_id": action.id.to_string(),
            "work_item_id": action.item.to_string(),
            "status": self.status.name(),
            "repeated": ending == Ending::Repeated,
            "late": action.status == Status::Abandoned && self.status != Status::Abandoned,
            "cost_transaction_id": entry.as_ref().map(|entry| entry.id.to_string()),
            "cost_amount": entry.as_ref().map(|entry| entry.amount.as_str()),
            "overrun": entry.as_ref().is_some_and(|entry| entry.overrun),
        })
    }

    /// Distinguishes a repetition from a different report.
    fn digest(&self) -> String {
        let told = json!([
            self.status.name(),
            self.model,
            self.input_tokens,
            self.output_tokens,
            self.cost.as_ref().map(|cost| cost.clone().normalize().to_owned()),
            self.result,
        ]);
        hex::encode(Sha256::digest(format!("awgp/finish/v1{told}")))
    }

    fn costs(&self) -> bool {
        self.model.is_some()
            || self.cost.is_some()
            || self.input_tokens.is_some()
            || self.output_tokens.is_some()
    }

    /// The ledger's entry of the cost; None where there was no cost, and then the reservation is released.
    fn pay(&self, action: &Action) -> Option<Entered> {
        if !self.costs() {
            if let Some(reservation) = action.reservation {
                RELEASE.count(&[uuid(reservation)]);
            }
            return None;
        }
        let Some(model) = &self.model else { bad_argument("model", "it is required with tokens or a cost") };
        let (input, output) = (self.input_tokens.unwrap_or(0), self.output_tokens.unwrap_or(0));
        match action.reservation.filter(|_| !action.has_released()) {
            Some(reservation) => {
                let amount = self.cost.clone().into_datum();
                let used = Used { model, input, output, amount, metadata: None };
                Some(ledger::settle_for_action(reservation, &used))
            }
            None => {
                let Some(provider) = &action.provider else { raise(&no_provider(action)) };
                let arguments = [
                    uuid(action.assistant),
                    text(provider),
                    text(model),
                    input.into_datum(),
                    output.into_datum(),
                    self.cost.clone().into_datum(),
                    uuid(action.item),
                ];
                RECORD.run(&arguments, |rows| Entered::read(&rows.first()?))
            }
        }
    }
}

/// Of the actions that nobody has finished: the outcome of those whose time was over at `at` (default: now;
/// never later) is unknown, and those are abandoned that have been unknown for as long as their tenant's
/// policy says. Returns the number of both. Their reservations expire separately.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn abandon_actions(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i64 {
    refuse_read_only(c"awgp.abandon_actions()");
    let at = clock::given_until_now("at", at).into_inner();
    i64::try_from(store::sweep(at)).unwrap_or(i64::MAX)
}

fn no_person() -> Refusal {
    Refusal::new(
        Reason::NoUserContext,
        "a person says what became of an action",
        "Put a user in context, without an assistant.",
    )
}

/// No provider was named when the action began, so nothing says whom its cost was paid to.
fn no_provider(action: &Action) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        "the action was begun without a provider, so it has no cost",
        "Finish it without model, tokens and cost, and record the cost with awgp.record_cost(assistant_id, provider, …); name the provider when the next action begins.",
    )
    .with("argument", "provider")
    .with("action_id", action.id.to_string())
}

fn not_unknown(action: &Action) -> Refusal {
    Refusal::new(
        Reason::ActionNotUnknown,
        format!("the action is {}", action.status.name()),
        "Only an action whose outcome is unknown is reconciled; report any other with awgp.finish_action().",
    )
    .with("action_id", action.id.to_string())
    .with("status", action.status.name())
}

fn unknown_action(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::UnknownAction,
        "the tenant has no action with this id",
        "List the actions: SELECT id, action, status FROM awgp.governed_actions;",
    )
    .with("action_id", id.to_string())
}

fn other_report(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::ActionFinished,
        "the action was finished with another report",
        "Compare with the action and its ledger entry; record further cost with awgp.record_cost().",
    )
    .with("action_id", id.to_string())
}
