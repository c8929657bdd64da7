//! Actions: the call before an assistant acts, and the one after.

use crate::serve::desk::{self, Caller, require_action, require_work_item};
use crate::serve::offer::{Effect, Offer};
use crate::serve::refused::Refused;
use crate::serve::schema::{Amount, Id, json, seconds};
use awgp_client::{Trouble, Work, input};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

const OF_WORK: &str = "
    SELECT id AS action_id, action, status, provider, estimated_cost::text AS estimated_cost,
           cost_amount::text AS cost_amount, idempotency_key, arguments_digest, approval_id, begun_at, expires_at,
           finished_at, result
    FROM awgp.action_list
    WHERE tenant_id = awgp.current_tenant() AND assistant_id = awgp.current_assistant_id()
      AND work_item_id = $1::text::uuid
    ORDER BY begun_at DESC, id LIMIT 20";
const BEGIN: &str = "
    SELECT awgp.begin_action($1::text::uuid, $2, $3, $4::text::numeric, COALESCE($5::text, '15 minutes')::interval, $6,
                             $7::text::jsonb, $8::text::uuid)::text";
const FINISH: &str = "
    SELECT (answer || jsonb_build_object('cost_amount', answer ->> 'cost_amount'))::text
    FROM awgp.finish_action($1::text::uuid, $2, $3, $4::text::bigint, $5::text::bigint, $6::text::numeric,
                            $7::text::jsonb) AS answer";

/// An action in a list.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct ActionLine {
    /// Its id.
    pub action_id: String,
    /// What was to be done: one of your capabilities.
    pub action: String,
    /// begun, succeeded, failed, unknown or abandoned.
    pub status: String,
    /// Who is paid.
    pub provider: Option<String>,
    /// What was set aside.
    pub estimated_cost: Option<String>,
    /// What it cost.
    pub cost_amount: Option<String>,
    /// The key under which it began.
    pub idempotency_key: Option<String>,
    /// The digest of its arguments.
    pub arguments_digest: Option<String>,
    /// The approval under which it began.
    pub approval_id: Option<String>,
    /// When it began.
    pub begun_at: String,
    /// Until then it may be carried out.
    pub expires_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// What came of it.
    pub result: Value,
}

/// The newest actions of a work item.
pub async fn of_work(work: &Work<'_>, id: &Id) -> Result<Vec<ActionLine>, Trouble> {
    desk::all(work, OF_WORK, &[&id.text()]).await
}

/// `begin_action`.
pub struct BeginAction;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// The work item that the action is for, one of list_work.
    pub work_item_id: Id,
    /// What is to be done: one of the capabilities of get_my_rules.
    #[schemars(length(min = 1, max = 200))]
    pub action: String,
    /// What the action will be called with, exactly; at most 1 MiB of JSON. Their digest is recorded. Where a
    /// person approves an action, they approve these arguments and no others.
    pub arguments: Option<Value>,
    /// A key of your own for this one intent. The same call under the same key is the same action, which
    /// happens once. Give one whenever acting twice would do harm.
    #[schemars(length(min = 1, max = 200))]
    pub idempotency_key: Option<String>,
    /// Who is paid, one of remaining_money; needed with estimated_cost.
    pub provider: Option<String>,
    /// What it will cost, such as "0.05"; it is set aside. estimate_cost computes it for a model.
    pub estimated_cost: Option<Amount>,
    /// How long it may take, in seconds; 900 if it is left out.
    #[schemars(range(min = 1, max = 2_678_400))]
    pub expires_in_seconds: Option<u32>,
    /// The approval of this action under which alone it may begin; left out: whichever fits.
    pub approval_id: Option<Id>,
}

/// The database's answer.
#[derive(Debug, Deserialize)]
struct Decision {
    allowed: bool,
    reason: String,
    message: Option<String>,
    hint: Option<String>,
    #[serde(default)]
    facts: Map<String, Value>,
    action_id: Option<String>,
    status: Option<String>,
    reservation_id: Option<String>,
    approval_id: Option<String>,
    arguments_digest: Option<String>,
    expires_at: Option<String>,
    work_item_id: String,
}

/// An action that is allowed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Begun {
    /// For finish_action.
    pub action_id: String,
    /// begun: act now. succeeded, failed, unknown or abandoned: it was carried out or given up before under
    /// this key; do not act.
    pub status: String,
    /// The work item.
    pub work_item_id: String,
    /// Stop acting at this moment.
    pub expires_at: Option<String>,
    /// The approval of this action under which it begins; null: it needs none.
    pub approval_id: Option<String>,
    /// The digest of the arguments: SHA-256 of their canonical JSON (RFC 8785).
    pub arguments_digest: Option<String>,
    /// What holds the money; null: nothing is set aside.
    pub reservation_id: Option<String>,
    /// What to do now.
    pub next: String,
}

impl Offer for BeginAction {
    const NAME: &'static str = "begin_action";
    const TITLE: &'static str = "Begin an action";
    const DESCRIPTION: &'static str = "Call it before you do anything that has an effect: it checks your capabilities, \
        the approval and the money, and records the action. Act only if it answers with status begun, with exactly \
        these arguments, and call finish_action afterwards. If it is an error, do not act: reason says why, and the \
        text what to do next.";
    const EFFECT: Effect = Effect::Adds;
    type Arguments = Beginning;
    type Answer = Begun;

    async fn call(caller: &Caller<'_>, given: Beginning) -> Result<Begun, Refused> {
        let arguments =
            json(given.arguments.as_ref()).map(|json| input::json("arguments", &json)).transpose()?;
        // The transaction may run again when its connection is lost: under a key it is still one action.
        let key = given.idempotency_key.unwrap_or_else(|| Uuid::new_v4().to_string());
        let decided = caller.transact(async |work| {
            let item = given.work_item_id.text();
            require_work_item(work, item).await?;
            let estimated_cost = given.estimated_cost.as_ref().map(Amount::text);
            let expires_in = seconds(given.expires_in_seconds);
            let approval = given.approval_id.as_ref().map(Id::text);
            // A denial commits too: it is in the trail.
            let parameters: desk::Parameters<'_> = &[
                &item,
                &given.action,
                &given.provider,
                &estimated_cost,
                &expires_in,
                &key,
                &arguments,
                &approval,
            ];
            desk::answer::<Decision>(work, BEGIN, parameters).await
        });
        let decided = decided.await?;
        let message = decided.message.as_deref().unwrap_or_default();
        match (decided.allowed, decided.action_id, decided.status) {
            (true, Some(action_id), Some(status)) => Ok(Begun {
                next: next(&status).to_owned(),
                action_id,
                status,
                work_item_id: decided.work_item_id,
                expires_at: decided.expires_at,
                approval_id: decided.approval_id,
                arguments_digest: decided.arguments_digest,
                reservation_id: decided.reservation_id,
            }),
            _ => Err(Refused::new(&decided.reason, message, decided.hint.as_deref(), decided.facts)),
        }
    }
}

fn next(status: &str) -> &'static str {
    match status {
        "begun" => {
            "Act now, with exactly these arguments and until expires_at. Then call finish_action with this action_id."
        }
        "unknown" => {
            "Do not act again: nobody knows whether it happened. If you know, call finish_action; otherwise tell a \
             person."
        }
        _ => "Do not act again: under this key the action is over. Use another key for something new.",
    }
}

/// `finish_action`.
pub struct FinishAction;

/// How an action ended.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It happened.
    Succeeded,
    /// It did not happen, or went wrong.
    Failed,
    /// You did not try it.
    Abandoned,
    /// Nobody can tell whether it happened. The money stays held and a person finds out.
    Unknown,
}

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Finishing {
    /// What begin_action has answered with.
    pub action_id: Id,
    /// How it ended.
    pub outcome: Outcome,
    /// The model that was paid, as its provider names it; needed if it cost something.
    pub model: Option<String>,
    /// Tokens sent.
    pub input_tokens: Option<u32>,
    /// Tokens received.
    pub output_tokens: Option<u32>,
    /// What it cost, such as "0.031"; left out: the price list says it, from the tokens.
    pub cost_amount: Option<Amount>,
    /// What came of it: facts such as numbers and ids, no texts of people; at most 64 KiB.
    pub result: Option<Map<String, Value>>,
}

/// How an action has ended.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Finished {
    /// The action.
    pub action_id: String,
    /// Its work item.
    pub work_item_id: String,
    /// The outcome.
    pub status: String,
    /// Whether the same was reported before; then nothing has changed.
    pub repeated: bool,
    /// Whether the action had been abandoned before.
    pub late: bool,
    /// The entry of the ledger; null: it cost nothing.
    pub cost_transaction_id: Option<String>,
    /// What it cost.
    pub cost_amount: Option<String>,
    /// Whether the cost went over a limit.
    pub overrun: Option<bool>,
}

impl Offer for FinishAction {
    const NAME: &'static str = "finish_action";
    const TITLE: &'static str = "Finish an action";
    const DESCRIPTION: &'static str = "Call it after you have acted, whether it went well or not: it says how the \
        action ended and what it cost, and gives back what was set aside. The same call again is safe. Say unknown \
        rather than guess whether it happened.";
    const EFFECT: Effect = Effect::AddsOnce;
    type Arguments = Finishing;
    type Answer = Finished;

    async fn call(caller: &Caller<'_>, given: Finishing) -> Result<Finished, Refused> {
        let result = given.result.map(Value::Object);
        let result = json(result.as_ref()).map(|json| input::json("result", &json)).transpose()?;
        let outcome = match given.outcome {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
            Outcome::Abandoned => "abandoned",
            Outcome::Unknown => "unknown",
        };
        let finished = caller.transact(async |work| {
            let action = given.action_id.text();
            require_action(work, action).await?;
            let input_tokens = given.input_tokens.map(|tokens| tokens.to_string());
            let output_tokens = given.output_tokens.map(|tokens| tokens.to_string());
            let cost = given.cost_amount.as_ref().map(Amount::text);
            let parameters: desk::Parameters<'_> =
                &[&action, &outcome, &given.model, &input_tokens, &output_tokens, &cost, &result];
            desk::answer(work, FINISH, parameters).await
        });
        Ok(finished.await?)
    }
}
