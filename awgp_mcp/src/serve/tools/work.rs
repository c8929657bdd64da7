//! The assistant's work items.

use super::actions::{self, ActionLine};
use super::approvals::{self, Approval};
use super::pages::{Listed, Part};
use crate::serve::desk::{self, Caller, require_work_item};
use crate::serve::offer::{Effect, Offer};
use crate::serve::refused::Refused;
use crate::serve::schema::{Amount, Id, object};
use awgp_client::page::{Key, Ordered, up};
use awgp_client::{Call, Trouble, Work, input};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const LIST: &str = "
    SELECT * FROM awgp.work_item_list
    WHERE tenant_id = awgp.current_tenant() AND assistant_id = awgp.current_assistant_id()
      AND (status = $1 OR $1::text = 'all'
           OR $1::text = 'open' AND status IN ('backlog', 'in_progress', 'awaiting_approval'))";
const LINE: &str = "
    r.id AS work_item_id, r.title, r.status, r.priority, r.risk_level, r.estimated_cost::text AS estimated_cost, r.due_at,
    r.created_at";
const ORDER: [Key; 3] = [up("r.priority", "integer"), up("r.created_at", "timestamptz"), up("r.id", "uuid")];

const ONE: &str = "
    SELECT id AS work_item_id, title, description, status, priority, risk_level, assistant_risk_tier AS risk_tier,
           estimated_cost::text AS estimated_cost, actual_cost::text AS actual_cost, reserved::text AS reserved,
           spent::text AS spent, context, result, created_by_email AS created_by, created_at, due_at, started_at,
           completed_at, closed_reason
    FROM awgp.work_item_details
    WHERE tenant_id = awgp.current_tenant() AND assistant_id = awgp.current_assistant_id() AND id = $1::text::uuid";

/// Which work items.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// What is not over: the next three.
    #[default]
    Open,
    /// Not begun.
    Backlog,
    /// Begun.
    InProgress,
    /// A person has been asked.
    AwaitingApproval,
    /// Done.
    Completed,
    /// Given up.
    Failed,
    /// Taken back.
    Cancelled,
    /// Every one.
    All,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Backlog => "backlog",
            Self::InProgress => "in_progress",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::All => "all",
        }
    }
}

/// A work item in a list.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct WorkLine {
    /// Its id.
    pub work_item_id: String,
    /// What is to be done, in a line.
    pub title: String,
    /// backlog, in_progress, awaiting_approval, completed, failed or cancelled.
    pub status: String,
    /// 1 (highest) to 5.
    pub priority: i64,
    /// 0 to 5; null: not assessed, which counts as 5.
    pub risk_level: Option<i64>,
    /// What it is expected to cost; null: not estimated.
    pub estimated_cost: Option<String>,
    /// When it should be done; null: no date.
    pub due_at: Option<String>,
    /// When it was made.
    pub created_at: String,
}

/// A work item.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct WorkItem {
    /// Its id.
    pub work_item_id: String,
    /// What is to be done, in a line.
    pub title: String,
    /// What is to be done, in full.
    pub description: Option<String>,
    /// backlog, in_progress, awaiting_approval, completed, failed or cancelled.
    pub status: String,
    /// 1 (highest) to 5.
    pub priority: i64,
    /// 0 to 5; null: not assessed, which counts as 5.
    pub risk_level: Option<i64>,
    /// The highest risk at which you work without an approval.
    pub risk_tier: Option<i64>,
    /// What it is expected to cost.
    pub estimated_cost: Option<String>,
    /// What it cost, as whoever completed it says.
    pub actual_cost: Option<String>,
    /// What is set aside for it now.
    pub reserved: String,
    /// What it has cost so far.
    pub spent: String,
    /// Data for the task.
    pub context: Value,
    /// What came of it.
    pub result: Value,
    /// Who made it, by e-mail address; null: a program.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it should be done.
    pub due_at: Option<String>,
    /// When it first began.
    pub started_at: Option<String>,
    /// When it ended.
    pub completed_at: Option<String>,
    /// Why it failed or was cancelled.
    pub closed_reason: Option<String>,
}

/// A work item with what belongs to it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct WholeWork {
    /// The work item.
    pub work_item: WorkItem,
    /// Its newest approvals, of itself and of its actions; ten at most.
    pub approvals: Vec<Approval>,
    /// Its newest actions; twenty at most.
    pub actions: Vec<ActionLine>,
}

/// Which one.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The work item, one of list_work.
    pub work_item_id: Id,
}

async fn read(work: &Work<'_>, id: &Id) -> Result<WorkItem, Trouble> {
    require_work_item(work, id.text()).await?;
    let found = desk::one(work, ONE, &[&id.text()]).await?;
    found.ok_or_else(|| {
        awgp_client::Failure::new(awgp_client::Exit::Unexpected, "the work item is gone").into()
    })
}

/// Calls a function that moves the item, and reads the item as it is then.
async fn moved(work: &Work<'_>, id: &Id, call: &Call) -> Result<WorkItem, Trouble> {
    require_work_item(work, id.text()).await?;
    work.call_one(call).await?;
    read(work, id).await
}

/// `list_work`.
pub struct ListWork;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Which ones; open if it is left out.
    #[serde(default)]
    pub status: Status,
    /// How many at most; 20 if it is left out.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// next of the page before; left out: the first page.
    pub after: Option<String>,
}

impl Offer for ListWork {
    const NAME: &'static str = "list_work";
    const TITLE: &'static str = "List my work";
    const DESCRIPTION: &'static str = "Lists your own work items, the most urgent first. Without arguments: those \
        that are not over. Call it to find what to do.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Listing;
    type Answer = Listed<WorkLine>;

    async fn call(caller: &Caller<'_>, given: Listing) -> Result<Listed<WorkLine>, Refused> {
        let part = Part { limit: given.limit, after: given.after };
        let (status, size) = (given.status.name(), part.size()?);
        let listed = caller.transact(async |work| {
            let ordered = Ordered::new(LIST, vec![&status], &ORDER).showing(LINE);
            part.of(work, ordered, size).await
        });
        Ok(listed.await?)
    }
}

/// `get_work`.
pub struct GetWork;

impl Offer for GetWork {
    const NAME: &'static str = "get_work";
    const TITLE: &'static str = "Show one work item";
    const DESCRIPTION: &'static str = "Shows one of your work items whole: what is to be done, its status, its money, \
        its newest approvals and its newest actions. Call it before you begin, and when a call says that something \
        is in another state than you thought.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Which;
    type Answer = WholeWork;

    async fn call(caller: &Caller<'_>, Which { work_item_id: id }: Which) -> Result<WholeWork, Refused> {
        let whole = caller.transact(async |work| {
            Ok(WholeWork {
                work_item: read(work, &id).await?,
                approvals: approvals::of_work(work, &id).await?,
                actions: actions::of_work(work, &id).await?,
            })
        });
        Ok(whole.await?)
    }
}

/// `start_work`.
pub struct StartWork;

impl Offer for StartWork {
    const NAME: &'static str = "start_work";
    const TITLE: &'static str = "Start a work item";
    const DESCRIPTION: &'static str = "Begins one of your work items, or goes on with it after an approval. The first \
        begin_action of an item starts it too, so call this only for work that needs no action. A risk above your \
        tier needs an approval first.";
    const EFFECT: Effect = Effect::AddsOnce;
    type Arguments = Which;
    type Answer = WorkItem;

    async fn call(caller: &Caller<'_>, Which { work_item_id: id }: Which) -> Result<WorkItem, Refused> {
        let started = caller.transact(async |work| {
            moved(work, &id, &Call::new("start_work_item").arg("id", "uuid", Some(id.text()))).await
        });
        Ok(started.await?)
    }
}

/// `complete_work`.
pub struct CompleteWork;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Completing {
    /// The work item, which is in progress.
    pub work_item_id: Id,
    /// What came of it: facts such as numbers and ids.
    pub result: Option<Map<String, Value>>,
    /// What it cost, as a note; the ledger has what actions have cost.
    pub actual_cost: Option<Amount>,
}

impl Offer for CompleteWork {
    const NAME: &'static str = "complete_work";
    const TITLE: &'static str = "Complete a work item";
    const DESCRIPTION: &'static str = "Completes one of your work items that is in progress. Nothing begins on it \
        afterwards, and open requests for approval are withdrawn. Finish its actions first. It cannot be undone.";
    const EFFECT: Effect = Effect::Ends;
    type Arguments = Completing;
    type Answer = WorkItem;

    async fn call(caller: &Caller<'_>, given: Completing) -> Result<WorkItem, Refused> {
        let id = &given.work_item_id;
        let result = object(given.result.as_ref()).map(|json| input::json("result", &json)).transpose()?;
        let completed = caller.transact(async |work| {
            let call = Call::new("complete_work_item")
                .arg("id", "uuid", Some(id.text()))
                .arg("result", "jsonb", result.as_ref())
                .arg("actual_cost", "numeric", given.actual_cost.as_ref().map(Amount::text));
            moved(work, id, &call).await
        });
        Ok(completed.await?)
    }
}

/// `fail_work`.
pub struct FailWork;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Failing {
    /// The work item, which is in progress.
    pub work_item_id: Id,
    /// Why, in a sentence for people.
    #[schemars(length(min = 1, max = 2000))]
    pub reason: String,
}

impl Offer for FailWork {
    const NAME: &'static str = "fail_work";
    const TITLE: &'static str = "Give up a work item";
    const DESCRIPTION: &'static str = "Marks one of your work items that is in progress as failed, with the reason. \
        Call it when the work cannot be done. It cannot be undone.";
    const EFFECT: Effect = Effect::Ends;
    type Arguments = Failing;
    type Answer = WorkItem;

    async fn call(caller: &Caller<'_>, given: Failing) -> Result<WorkItem, Refused> {
        let (id, reason) = (&given.work_item_id, given.reason.trim());
        if reason.is_empty() || reason.chars().count() > 2000 {
            return Err(Refused::bad_arguments("reason has 1 to 2000 characters"));
        }
        let failed = caller.transact(async |work| {
            let call = Call::new("fail_work_item").arg("id", "uuid", Some(id.text())).arg(
                "reason",
                "text",
                Some(reason),
            );
            moved(work, id, &call).await
        });
        Ok(failed.await?)
    }
}
