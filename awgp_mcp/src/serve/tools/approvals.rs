//! Approvals: asking for them and waiting for them. People decide.

use crate::serve::desk::{self, Caller, require_work_item};
use crate::serve::offer::{Effect, Offer};
use crate::serve::refused::Refused;
use crate::serve::schema::{Id, json, object, seconds};
use awgp_client::{Call, Failure, Trouble, Work, input};
use awgp_core::reason::Reason;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::time::Instant;

const COLUMNS: &str = "
    SELECT id AS approval_id, work_item_id, CASE WHEN action IS NULL THEN 'work_item' ELSE 'action' END AS approves,
           action, arguments, requested_arguments, arguments_digest, title, description, risk_level, status,
           status IN ('pending', 'escalated') AND expires_at > clock_timestamp() AS is_open, expires_at, used_at,
           withdrawn_at, rejected_reason, COALESCE(decisions, '[]') AS decisions, created_at
    FROM awgp.approval_details
    WHERE tenant_id = awgp.current_tenant() AND";
/// Of a work item that is known to be the assistant's.
const OF_WORK: &str = "work_item_id = $1::text::uuid ORDER BY created_at DESC, id LIMIT 10";
const ONE: &str = "id = $1::text::uuid";
const DECIDERS: &str = "SELECT count(*) FROM awgp.approval_deciders($1::text::uuid)";

/// A wait is so long at most, in seconds, and usually: clients give up a call after a minute.
const WAIT_MOST: u32 = 300;
const WAIT_USUAL: u32 = 45;
/// Whoever waits looks at least so often, and at most so often.
const LOOK_AFTER: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What somebody has decided.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Decided {
    /// approve or reject.
    pub decision: String,
    /// What they say to it.
    pub comment: Option<String>,
    /// When.
    pub at: Option<String>,
}

/// An approval.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Approval {
    /// Its id.
    pub approval_id: String,
    /// The work item.
    pub work_item_id: String,
    /// work_item, or action: one action with its arguments.
    pub approves: String,
    /// The action; null if it is for the work item.
    pub action: Option<String>,
    /// The arguments that are approved; begin the action with exactly these.
    pub arguments: Value,
    /// The arguments that were asked for, if whoever decided has changed them; else null.
    pub requested_arguments: Value,
    /// The digest of arguments.
    pub arguments_digest: Option<String>,
    /// What is asked, in a line.
    pub title: String,
    /// What is asked, in full.
    pub description: Option<String>,
    /// The risk, 0 to 5, that decides who may approve.
    pub risk_level: i64,
    /// pending, escalated, approved, rejected or expired.
    pub status: String,
    /// Whether people may still decide.
    pub is_open: bool,
    /// From then on nobody decides it, and nothing begins under it.
    pub expires_at: String,
    /// When something began under it; an approval is used once.
    pub used_at: Option<String>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<String>,
    /// Why it was rejected.
    pub rejected_reason: Option<String>,
    /// What people have decided so far.
    pub decisions: Vec<Decided>,
    /// When it was requested.
    pub created_at: String,
    /// What to do now.
    #[serde(default)]
    pub next: String,
}

impl Approval {
    fn with_next(mut self) -> Self {
        self.next = self.next_step().to_owned();
        self
    }

    fn next_step(&self) -> &'static str {
        match (self.status.as_str(), self.approves.as_str()) {
            _ if self.is_open => "People have not decided yet. Call wait_for_approval.",
            ("approved", _) if self.used_at.is_some() => {
                "Something has begun under it: it lets nothing more begin. Request another one for something new."
            }
            ("approved", "action") => {
                "It is approved. Call begin_action with this action and exactly these arguments, before expires_at."
            }
            ("approved", _) => "It is approved. Call begin_action or start_work, before expires_at.",
            ("rejected", _) => "A person has said no. Do not do it, and do not do it in another way.",
            _ => "It is over without a decision that holds. Request another one if it is still needed.",
        }
    }
}

/// The newest approvals of a work item that is the assistant's.
pub async fn of_work(work: &Work<'_>, id: &Id) -> Result<Vec<Approval>, Trouble> {
    let found = desk::all(work, &format!("{COLUMNS} {OF_WORK}"), &[&id.text()]).await?;
    Ok(found.into_iter().map(Approval::with_next).collect())
}

/// An approval of the assistant's own work.
async fn read(work: &Work<'_>, id: &str) -> Result<Approval, Trouble> {
    let unknown =
        || Failure::of_reason(Reason::UnknownApproval, "this assistant's work has no such approval");
    let found: Approval = desk::one(work, &format!("{COLUMNS} {ONE}"), &[&id]).await?.ok_or_else(unknown)?;
    match require_work_item(work, &found.work_item_id).await {
        Err(Trouble::Told(_)) => Err(unknown().into()),
        Err(trouble) => Err(trouble),
        Ok(()) => Ok(found.with_next()),
    }
}

/// A new request.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Requested {
    /// The approval that is waited for.
    pub approval: Approval,
    /// How many people may decide it now. If it is 0, tell a person: nobody can.
    pub deciders: i64,
}

async fn requested(work: &Work<'_>, call: &Call) -> Result<Requested, Trouble> {
    let id = desk::id_of(work, call).await?;
    let deciders = work.number(DECIDERS, &[&id]).await?;
    Ok(Requested { approval: read(work, &id).await?, deciders })
}

/// `request_work_approval`.
pub struct RequestWorkApproval;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct RequestingWork {
    /// The work item, one of list_work.
    pub work_item_id: Id,
    /// What is asked, in a line for whoever decides; left out: the work item's title.
    #[schemars(length(min = 1))]
    pub title: Option<String>,
    /// What is asked, in full; left out: the work item's description.
    pub description: Option<String>,
    /// The risk, 0 to 5, if it is higher than the work item's.
    #[schemars(range(min = 0, max = 5))]
    pub risk_level: Option<u8>,
    /// How long people have, in seconds; left out: as the tenant's policy says.
    #[schemars(range(min = 1))]
    pub expires_in_seconds: Option<u32>,
    /// Further data for whoever decides.
    pub context: Option<Map<String, Value>>,
}

impl Offer for RequestWorkApproval {
    const NAME: &'static str = "request_work_approval";
    const TITLE: &'static str = "Ask for approval of a work item";
    const DESCRIPTION: &'static str = "Asks people to approve one of your work items as it is now; the item waits \
        until they decide. Say in title and description what you will do and why, in plain words. Then call \
        wait_for_approval. You cannot approve anything yourself.";
    const EFFECT: Effect = Effect::AddsOnce;
    type Arguments = RequestingWork;
    type Answer = Requested;

    async fn call(caller: &Caller<'_>, given: RequestingWork) -> Result<Requested, Refused> {
        let context = object(given.context.as_ref()).map(|json| input::json("context", &json)).transpose()?;
        let done = caller.transact(async |work| {
            let item = given.work_item_id.text();
            require_work_item(work, item).await?;
            let call = Call::new("request_approval")
                .arg("work_item_id", "uuid", Some(item))
                .arg("title", "text", given.title.as_ref())
                .arg("description", "text", given.description.as_ref())
                .arg("risk_level", "bigint", given.risk_level)
                .arg("expires_in", "interval", seconds(given.expires_in_seconds))
                .arg("context", "jsonb", context.as_ref());
            requested(work, &call).await
        });
        Ok(done.await?)
    }
}

/// `request_action_approval`.
pub struct RequestActionApproval;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct RequestingAction {
    /// The work item, one of list_work.
    pub work_item_id: Id,
    /// The action: one of the capabilities of get_my_rules.
    #[schemars(length(min = 1, max = 200))]
    pub action: String,
    /// What the action will be called with, exactly; at most 64 KiB of JSON. Those who decide read them, and
    /// the action begins with these or not at all. {} if there are none.
    pub arguments: Value,
    /// What is asked, in a line for whoever decides; left out: the action's name.
    #[schemars(length(min = 1))]
    pub title: Option<String>,
    /// What is asked, in full; left out: the work item's title.
    pub description: Option<String>,
    /// The risk, 0 to 5, if it is higher than the work item's.
    #[schemars(range(min = 0, max = 5))]
    pub risk_level: Option<u8>,
    /// How long people have, in seconds; left out: as the tenant's policy says.
    #[schemars(range(min = 1))]
    pub expires_in_seconds: Option<u32>,
    /// Further data for whoever decides.
    pub context: Option<Map<String, Value>>,
}

impl Offer for RequestActionApproval {
    const NAME: &'static str = "request_action_approval";
    const TITLE: &'static str = "Ask for approval of one action";
    const DESCRIPTION: &'static str = "Asks people to approve one action with exactly these arguments, once. The work \
        item does not wait, and its other actions go on. Whoever decides may change the arguments: read them from the \
        approval, and begin the action with them. Then call wait_for_approval.";
    const EFFECT: Effect = Effect::AddsOnce;
    type Arguments = RequestingAction;
    type Answer = Requested;

    async fn call(caller: &Caller<'_>, given: RequestingAction) -> Result<Requested, Refused> {
        let context = object(given.context.as_ref()).map(|json| input::json("context", &json)).transpose()?;
        let arguments =
            json(Some(&given.arguments)).map(|json| input::json("arguments", &json)).transpose()?;
        let done = caller.transact(async |work| {
            let item = given.work_item_id.text();
            require_work_item(work, item).await?;
            let call = Call::new("request_action_approval")
                .arg("work_item_id", "uuid", Some(item))
                .arg("action", "text", Some(&given.action))
                .arg("arguments", "jsonb", arguments.as_ref())
                .arg("title", "text", given.title.as_ref())
                .arg("description", "text", given.description.as_ref())
                .arg("risk_level", "bigint", given.risk_level)
                .arg("expires_in", "interval", seconds(given.expires_in_seconds))
                .arg("context", "jsonb", context.as_ref());
            requested(work, &call).await
        });
        Ok(done.await?)
    }
}

/// `get_approval`.
pub struct GetApproval;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The approval.
    pub approval_id: Id,
}

impl Offer for GetApproval {
    const NAME: &'static str = "get_approval";
    const TITLE: &'static str = "Show how an approval stands";
    const DESCRIPTION: &'static str = "Shows an approval of your work: whether people have decided, what they say, and \
        for an action the arguments that are approved.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Which;
    type Answer = Approval;

    async fn call(caller: &Caller<'_>, Which { approval_id: id }: Which) -> Result<Approval, Refused> {
        Ok(caller.transact(async |work| read(work, id.text()).await).await?)
    }
}

/// `wait_for_approval`.
pub struct WaitForApproval;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// The approval.
    pub approval_id: Id,
    /// How long to wait, in seconds; 45 if it is left out.
    #[schemars(range(min = 0, max = 300))]
    pub seconds: Option<u32>,
}

/// How a wait has ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Waited {
    /// Whether people have decided, or the approval is over. If false, call wait_for_approval again, or do
    /// something else meanwhile.
    pub is_over: bool,
    /// How long it took, in seconds.
    pub waited_seconds: u64,
    /// The approval as it is now.
    pub approval: Approval,
}

impl Offer for WaitForApproval {
    const NAME: &'static str = "wait_for_approval";
    const TITLE: &'static str = "Wait for a decision";
    const DESCRIPTION: &'static str = "Waits until people have decided an approval of your work, but no longer than \
        seconds. If is_over is false they have not; people may need hours, so tell your user, or do other work and \
        call it again later.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Waiting;
    type Answer = Waited;

    async fn call(caller: &Caller<'_>, given: Waiting) -> Result<Waited, Refused> {
        let most = given.seconds.unwrap_or(WAIT_USUAL);
        if most > WAIT_MOST {
            return Err(Refused::bad_arguments(&format!("seconds is 0 to {WAIT_MOST}")));
        }
        let (id, total) = (given.approval_id.text(), Duration::from_secs(u64::from(most)));
        let mut heard = caller.desk.hearing.subscribe();
        let begun = Instant::now();
        loop {
            // What happens from here on wakes, so nothing is missed between looking and waiting.
            heard.mark_unchanged();
            let approval = caller.transact(async |work| read(work, id).await).await?;
            let waited = begun.elapsed();
            let left = total.saturating_sub(waited);
            // Told also where the look has taken all of the time.
            if approval.is_open && !total.is_zero() {
                let message = format!("the approval is {}", approval.status);
                caller.progress(waited.min(total).as_secs_f64(), total.as_secs_f64(), &message).await;
            }
            if !approval.is_open || left.is_zero() {
                return Ok(Waited { is_over: !approval.is_open, waited_seconds: waited.as_secs(), approval });
            }
            tokio::time::sleep(LOOK_AGAIN.min(left)).await;
            tokio::select! {
                // The listening is never dropped before those who wait.
                _ = heard.changed() => {}
                () = tokio::time::sleep(LOOK_AFTER.min(left)) => {}
                () = caller.given_up() => {
                    return Err(Refused::new("try_again", "the client gave up waiting", None, Map::new()));
                }
            }
        }
    }
}
