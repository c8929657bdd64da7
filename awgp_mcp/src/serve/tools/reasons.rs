//! Why something was denied, and what helps.

use super::pages::{Listed, Part};
use crate::serve::desk::Caller;
use crate::serve::hints;
use crate::serve::offer::{Effect, Offer};
use crate::serve::refused::Refused;
use crate::serve::schema::Id;
use awgp_client::page::{Key, Ordered, down};
use awgp_core::messaging::Denial;
use awgp_core::reason::{Family, Reason};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Denials of the last month that the trail has of this assistant. Events that a client has logged are none.
const DENIALS: &str = "
    SELECT * FROM awgp.trail_list
    WHERE tenant_id = awgp.current_tenant() AND entity_type = 'work_items' AND action = 'action.denied'
      AND actor_type = 'assistant' AND actor_id = awgp.current_assistant_id() AND origin IS NULL
      AND \"timestamp\" > statement_timestamp() - interval '31 days'
      AND ($1::text IS NULL OR entity_id = $1::text::uuid)";
const DENIAL: &str = "
    r.\"timestamp\" AS at, r.entity_id AS work_item_id, r.after_state ->> 'action' AS action,
    COALESCE(r.after_state ->> 'reason', 'unknown') AS reason, COALESCE(r.after_state -> 'facts', '{}') AS facts,
    r.after_state ->> 'arguments_digest' AS arguments_digest";
const NEWEST: [Key; 2] = [down("r.\"timestamp\"", "timestamptz"), down("r.id", "bigint")];

/// `explain_reason`.
pub struct ExplainReason;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Explaining {
    /// The reason of a refusal, such as approval_required.
    #[schemars(length(min = 1, max = 100))]
    pub reason: String,
}

/// A reason in words.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Explained {
    /// The reason.
    pub reason: String,
    /// What it means.
    pub meaning: String,
    /// not_allowed, wrong_state, limit, bad_argument, not_found, try_again or message.
    pub kind: String,
    /// What to do next.
    pub next: String,
}

impl Offer for ExplainReason {
    const NAME: &'static str = "explain_reason";
    const TITLE: &'static str = "Explain a reason";
    const DESCRIPTION: &'static str =
        "Says what the reason of a refusal means and what helps. It reads nothing of your work.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Explaining;
    type Answer = Explained;

    async fn call(_: &Caller<'_>, Explaining { reason }: Explaining) -> Result<Explained, Refused> {
        let known = Reason::ALL.iter().find(|known| known.name() == reason);
        let known = known.map(|known| (known.meaning(), kind(known.family())));
        let denial = Denial::ALL.iter().find(|known| known.name() == reason);
        match known.or(denial.map(|denial| (denial.meaning(), "message"))) {
            Some((meaning, kind)) => Ok(Explained {
                next: hints::of(&reason).unwrap_or(hints::OTHERWISE).to_owned(),
                reason,
                meaning: meaning.to_owned(),
                kind: kind.to_owned(),
            }),
            None => {
                Err(Refused::bad_arguments("there is no such reason: give that of a refusal, word for word"))
            }
        }
    }
}

fn kind(family: Family) -> &'static str {
    match family {
        Family::NotAllowed => "not_allowed",
        Family::WrongState => "wrong_state",
        Family::LimitExceeded => "limit",
        Family::BadArgument | Family::ConstraintViolation | Family::ForeignKeyViolation => "bad_argument",
        Family::NotFound => "not_found",
        Family::Retry => "try_again",
    }
}

/// `last_denials`.
pub struct LastDenials;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Only those of this work item; left out: all.
    pub work_item_id: Option<Id>,
    /// How many at most; 20 if it is left out.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// next of the page before; left out: the first page.
    pub after: Option<String>,
}

/// An action that was denied.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Denied {
    /// When.
    pub at: String,
    /// The work item.
    pub work_item_id: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// Why; explain_reason says what it means.
    pub reason: String,
    /// The facts of the case.
    pub facts: Value,
    /// The digest of the action's arguments.
    pub arguments_digest: Option<String>,
    /// What helps.
    #[serde(default)]
    pub next: String,
}

impl Offer for LastDenials {
    const NAME: &'static str = "last_denials";
    const TITLE: &'static str = "List what was denied";
    const DESCRIPTION: &'static str = "Lists the actions that were denied to you in the last 31 days, the newest \
        first, each with its reason and what helps. Call it to learn why you could not go on.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Listing;
    type Answer = Listed<Denied>;

    async fn call(caller: &Caller<'_>, given: Listing) -> Result<Listed<Denied>, Refused> {
        let part = Part { limit: given.limit, after: given.after };
        let (size, item) = (part.size()?, given.work_item_id.as_ref().map(Id::text));
        let listed = caller.transact(async |work| {
            let ordered = Ordered::new(DENIALS, vec![&item], &NEWEST).showing(DENIAL);
            part.of::<Denied>(work, ordered, size).await
        });
        let mut listed = listed.await?;
        for denied in &mut listed.items {
            denied.next = hints::of(&denied.reason).unwrap_or(hints::OTHERWISE).to_owned();
        }
        Ok(listed)
    }
}
