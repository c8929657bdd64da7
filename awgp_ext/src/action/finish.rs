//! `finish_action()` and `abandon_actions()`.

use super::store::{self, Action};
use super::{bad_argument, other_assistant, writing_context};
use crate::money::numeric::is_number;
use crate::pg::argument;
use crate::pg::clock;
use crate::pg::datum::{from_sql, text, uuid};
use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::number::Number;
use crate::pg::raise::{or_raise, raise};
use crate::pg::statement::{Rows, statements};
use crate::pg::transaction::refuse_read_only;
use awgp_core::action::{Ending, Status, check_result, finish};
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
    /// Settles the reservation, as any client does.
    SETTLE(UUIDOID, TEXTOID, INT4OID, INT4OID, NUMERICOID) = "
        SELECT id, cost_amount, overrun FROM awgp.settle_credit($1, $2, $3, $4, $5)";
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
/// the same answer and changes nothing.
#[pg_extern(volatile, parallel_unsafe, requires = ["number"])]
#[search_path(pg_catalog, pg_temp)]
fn finish_action(
    action_id: Option<pgrx::Uuid>,
    outcome: Option<Text>,
    model: default!(Option<Text>, "NULL"),
    input_tokens: default!(Option<i64>, "NULL"),
    output_tokens: default!(Option<i64>, "NULL"),
    cost_amount: default!(Option<Number>, "NULL"),
    result: default!(Option<Jsonb>, "NULL"),
) -> JsonB {
    refuse_read_only(c"awgp.finish_action()");
    let context = writing_context(Verb::Update);
    let Some(id) = action_id.as_ref().map(from_sql) else { bad_argument("action_id", "it must not be NULL") };
    let status =
        outcome.and_then(|outcome| Status::named(&outcome.0)).filter(|status| *status != Status::Begun);
    let Some(status) = status else { bad_argument("outcome", "it must be succeeded, failed or abandoned") };
    let report = Report {
        status,
        model: model.map(|model| model.0).filter(|model| !model.trim().is_empty()),
        input_tokens: argument::whole("input_tokens", input_tokens),
        output_tokens: argument::whole("output_tokens", output_tokens),
        cost: cost_amount.map(|cost| cost.0),
        result: result.map(|result| result.with_text(str::to_owned)),
    };
    if report.cost.as_ref().is_some_and(|cost| !is_number(cost)) {
        bad_argument("cost_amount", "it must be a number");
    }
    or_raise(check_result(report.result.as_deref()));
    let Some(action) = store::lock(context.tenant, id) else { raise(&unknown_action(id)) };
    if context.assistant.is_some_and(|assistant| assistant != action.assistant) {
        raise(&other_assistant());
    }
    let ending = or_raise(finish(action.status, status));
    let digest = report.digest();
    let entry = match ending {
        Ending::Now => {
            let entry = report.pay(&action);
            let cost = entry.as_ref().map(|entry| entry.id);
            store::end(context.tenant, id, status, cost, &digest, report.result.as_deref());
            entry
        }
        // Maintenance marks an action as abandoned without a report; a later report of abandonment is a
        // repetition.
        Ending::Repeated if action.finish_digest.as_ref().is_none_or(|told| *told == digest) => {
            action.cost.and_then(|cost| Entry::find(context.tenant, cost))
        }
        Ending::Repeated => raise(&other_report(id)),
    };
    JsonB(json!({
        "action_id": id.to_string(),
        "work_item_id": action.item.to_string(),
        "status": status.name(),
        "repeated": ending == Ending::Repeated,
        "late": action.status == Status::Abandoned && status != Status::Abandoned,
        "cost_transaction_id": entry.as_ref().map(|entry| entry.id.to_string()),
        "cost_amount": entry.as_ref().map(|entry| entry.amount.as_str()),
        "overrun": entry.as_ref().is_some_and(|entry| entry.overrun),
    }))
}

/// The entry of the ledger with the action's cost.
struct Entry {
    id: Uuid,
    /// An exact decimal.
    amount: String,
    /// True where it exceeded a limit.
    overrun: bool,
}

impl Entry {
    fn find(tenant: Uuid, id: Uuid) -> Option<Self> {
        let arguments = [uuid(tenant), uuid(id)];
        ENTRY.run(&arguments, Self::read)
    }

    fn read(rows: &Rows) -> Option<Self> {
        let row = rows.first()?;
        Some(Self {
            id: row.uuid(c"id")?,
            amount: row.numeric(c"cost_amount")?,
            overrun: row.flag(c"overrun"),
        })
    }
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
    fn pay(&self, action: &Action) -> Option<Entry> {
        if !self.costs() {
            if let Some(reservation) = action.reservation {
                RELEASE.count(&[uuid(reservation)]);
            }
            return None;
        }
        let Some(model) = &self.model else { bad_argument("model", "it is required with tokens or a cost") };
        let tokens = |count: Option<i32>| count.unwrap_or(0).into_datum();
        let cost = self.cost.clone().into_datum();
        let (input, output) = (tokens(self.input_tokens), tokens(self.output_tokens));
        match action.reservation.filter(|_| !action.has_released()) {
            Some(reservation) => {
                let arguments = [uuid(reservation), text(model), input, output, cost];
                SETTLE.run(&arguments, Entry::read)
            }
            None => {
                let Some(provider) = &action.provider else {
                    bad_argument("model", "an action that was begun without a provider cannot have a cost")
                };
                let arguments = [
                    uuid(action.assistant),
                    text(provider),
                    text(model),
                    input,
                    output,
                    cost,
                    uuid(action.item),
                ];
                RECORD.run(&arguments, Entry::read)
            }
        }
    }
}

/// Marks the actions as abandoned whose time was over at `at` (default: now; never later) and that nobody has
/// finished. Returns their number. Their reservations expire separately.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn abandon_actions(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i64 {
    refuse_read_only(c"awgp.abandon_actions()");
    let at = clock::given_until_now("at", at).into_inner();
    i64::try_from(store::abandon(at)).unwrap_or(i64::MAX)
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
