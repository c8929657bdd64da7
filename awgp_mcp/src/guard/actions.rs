//! What the guard says to the database, each a transaction.

use crate::gate::{As, Gate};
use awgp_client::{Exit, Failure, Row, Trouble, Work, in_turn};
use serde_json::{Value, json};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

const LOCK_ITEM: &str = "SELECT FROM awgp.work_items WHERE id = $1::text::uuid FOR NO KEY UPDATE";
const KEY_IS_TAKEN: &str = "
    SELECT count(*) FROM awgp.governed_actions WHERE work_item_id = $1::text::uuid AND idempotency_key = $2::text";
const BEGIN: &str = "
    SELECT awgp.begin_action($1::text::uuid, $2::text, $3::text, $4::text::numeric,
        pg_catalog.make_interval(secs => $5::text::double precision), $6::text, $7::text::jsonb, $8::text::uuid)::text";
const FINISH: &str = "
    SELECT awgp.finish_action($1::text::uuid, $2::text, $3::text, NULL, NULL, $4::text::numeric, $5::text::jsonb)::text";
const CAPABILITIES: &str = "
    SELECT pg_catalog.to_json(capabilities)::text FROM awgp.assistants WHERE id = awgp.current_assistant_id()";
const ASK: &str = "
    SELECT (r).id::text FROM awgp.request_action_approval($1::text::uuid, $2::text, $3::text::jsonb,
        title => $4::text, description => $5::text) AS r";
const APPROVAL: &str = "
    SELECT id, status, arguments::text AS arguments, arguments_digest, requested_arguments_digest, rejected_reason,
        used_at
    FROM awgp.approval_details";
const MAKE_ITEM: &str = "
    SELECT (awgp.create_work_item(id, $2::text, risk_level => $3::text::bigint)).id::text FROM awgp.assistant_list
    WHERE tenant_id = awgp.current_tenant() AND (slug = $1::text OR id::text = $1::text)";
const ITEM_STATUS: &str = "
    SELECT status, EXISTS (SELECT FROM awgp.approvals AS approval
                           WHERE approval.work_item_id = item.id AND approval.status IN ('pending', 'escalated'))
    FROM awgp.work_items AS item WHERE id = $1::text::uuid";
const IS_SOMEBODY: &str = "SELECT 1 WHERE awgp.current_user_id() IS NOT NULL";
const ITEM: &str = "SELECT FROM awgp.work_items WHERE id = $1::text::uuid";

/// An action to be begun.
pub struct Wanted<'a> {
    /// Its work item.
    pub item: &'a str,
    /// Its name.
    pub action: &'a str,
    /// Whose pool pays, if it costs something.
    pub provider: Option<&'a str>,
    /// What is set aside.
    pub cost: Option<&'a str>,
    /// How long it may take, in seconds.
    pub seconds: u64,
    /// Its key, which the client may have given.
    pub key: &'a str,
    /// The client has given the key.
    pub is_given: bool,
    /// What it is called with, as JSON.
    pub arguments: &'a str,
    /// The approval under which it is to begin.
    pub approval: Option<Uuid>,
}

/// What the database says to it.
pub enum Answer {
    /// It has begun, for this very call.
    Begun(Uuid),
    /// An earlier call had the same key.
    Before {
        /// The action of that call.
        action: String,
        /// What has become of it.
        status: String,
    },
    /// It is denied.
    Denied(Denial),
}

/// Why an action is denied.
#[derive(Clone, Debug)]
pub struct Denial {
    /// The reason, by name.
    pub reason: String,
    /// In a sentence.
    pub message: String,
    /// What the database says to do next.
    pub hint: String,
    /// The facts.
    pub facts: Value,
}

impl Denial {
    /// A denial of the guard itself.
    pub fn new(reason: &str, message: impl Into<String>) -> Self {
        Self { reason: reason.to_owned(), message: message.into(), hint: String::new(), facts: json!({}) }
    }

    /// An error of the database.
    pub fn of(failure: &Failure) -> Self {
        let reason = match (failure.noted("reason"), failure.exit) {
            (Some(reason), _) => reason,
            (None, Exit::NoConnection | Exit::Retry | Exit::WrongState | Exit::Unexpected) => "no_database",
            (None, _) => "database_error",
        };
        let mut denial = Self::new(reason, failure.message.clone());
        denial.hint = failure.noted("hint").unwrap_or_default().to_owned();
        denial
    }

    /// The approval that the facts name.
    pub fn approval(&self) -> Option<Uuid> {
        self.facts.get("approval_id")?.as_str()?.parse().ok()
    }

    /// The digest of the arguments that were denied, where the denial is about an approval of this action.
    pub fn digest(&self) -> Option<&str> {
        self.facts.get("arguments_digest")?.as_str()
    }
}

/// How an action ended.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which.
    pub action: Uuid,
    /// succeeded, failed or unknown.
    pub outcome: &'static str,
    /// What it is entered under in the ledger, and the amount.
    pub cost: Option<(String, String)>,
    /// Facts of its end.
    pub result: Option<Value>,
}

/// A request for approval.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Its id.
    pub id: Uuid,
    /// Its status.
    pub status: String,
    /// What may run, as JSON; None: it is for a work item.
    pub arguments: Option<String>,
    /// An approver has changed the arguments.
    pub is_changed: bool,
    /// Why it was rejected.
    pub rejected_reason: String,
    /// An action has begun under it.
    pub is_used: bool,
}

impl Approval {
    fn of(row: &Row) -> Option<Self> {
        let text = |name: &str| row.text(name).unwrap_or_default();
        Some(Self {
            id: text("id").parse().ok()?,
            status: text("status"),
            arguments: Some(text("arguments")).filter(|arguments| !arguments.is_empty()),
            is_changed: text("arguments_digest") != text("requested_arguments_digest"),
            rejected_reason: text("rejected_reason"),
            is_used: !text("used_at").is_empty(),
        })
    }

    /// Nobody has decided it yet.
    pub fn is_open(&self) -> bool {
        ["pending", "escalated"].contains(&self.status.as_str())
    }
}

/// Begins an action. A denial commits too, so that it is in the trail.
pub async fn begin(gate: &Gate, wanted: &Wanted<'_>) -> Result<Answer, Failure> {
    let seconds = wanted.seconds.to_string();
    let approval = wanted.approval.map(|id| id.to_string());
    let given: [&(dyn ToSql + Sync); 8] = [
        &wanted.item,
        &wanted.action,
        &wanted.provider,
        &wanted.cost,
        &seconds,
        &wanted.key,
        &wanted.arguments,
        &approval,
    ];
    let (is_taken, answer) = gate
        .transact(As::Assistant, async |work| {
            // They go to the server together, and run there one after the other.
            in_turn(is_taken(work, wanted), work.text(BEGIN, &given)).await
        })
        .await?;
    read_answer(is_taken, &answer)
        .ok_or_else(|| Failure::new(Exit::Unexpected, "the answer of begin_action() cannot be read"))
}

/// Whether a call had the client's key before this one. begin_action() answers both alike, and another guard
/// may ask at the same time: the lock on the item puts them one after the other.
async fn is_taken(work: &Work<'_>, wanted: &Wanted<'_>) -> Result<bool, Trouble> {
    if !wanted.is_given {
        return Ok(false);
    }
    let given: [&(dyn ToSql + Sync); 2] = [&wanted.item, &wanted.key];
    let (_, known) = in_turn(work.run(LOCK_ITEM, &given[..1]), work.number(KEY_IS_TAKEN, &given)).await?;
    Ok(known > 0)
}

fn read_answer(is_taken: bool, answer: &str) -> Option<Answer> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if answer.get("allowed")? != true {
        let facts = answer.get("facts").cloned().unwrap_or_default();
        return Some(Answer::Denied(Denial {
            reason: text("reason"),
            message: text("message"),
            hint: text("hint"),
            facts,
        }));
    }
    if is_taken || text("status") != "begun" {
        return Some(Answer::Before { action: text("action_id"), status: text("status") });
    }
    Some(Answer::Begun(text("action_id").parse().ok()?))
}

/// Finishes an action.
pub async fn finish(gate: &Gate, report: &Report) -> Result<(), Failure> {
    let (model, cost) = report.cost.clone().unzip();
    let result = report.result.as_ref().map(Value::to_string);
    let action = report.action.to_string();
    gate.transact(As::Assistant, async |work| {
        work.text(FINISH, &[&action, &report.outcome, &model, &cost, &result]).await.map(|_| ())
    })
    .await
}

/// The names of what the assistant may do.
pub async fn capabilities(gate: &Gate) -> Result<Vec<String>, Failure> {
    let text = gate
        .transact(As::Assistant, async |work| {
            let rows = work.rows(CAPABILITIES, &[]).await?;
            Ok(rows.first().and_then(|row| row.get::<_, Option<String>>(0)).unwrap_or_default())
        })
        .await?;
    Ok(serde_json::from_str::<Option<Vec<String>>>(&text).ok().flatten().unwrap_or_default())
}

/// Asks humans for an approval of an action with its arguments, in the name of the user. Returns its id.
pub async fn ask(gate: &Gate, wanted: &Wanted<'_>, title: &str, description: &str) -> Result<Uuid, Failure> {
    let given: [&(dyn ToSql + Sync); 5] =
        [&wanted.item, &wanted.action, &wanted.arguments, &title, &description];
    let id = gate.transact(As::User, async |work| work.text(ASK, &given).await).await?;
    id.parse().map_err(|_| Failure::new(Exit::Unexpected, "the id of the approval cannot be read"))
}

/// How a request for approval stands.
pub async fn approval(gate: &Gate, id: Uuid) -> Result<Option<Approval>, Failure> {
    let sql = format!("{APPROVAL} WHERE id = $1::text::uuid");
    first(gate, &sql, &[&id.to_string()]).await
}

/// The newest request that is open or can be used for an action, and was for arguments of this digest before
/// an approver changed them.
pub async fn changed_approval(
    gate: &Gate,
    item: &str,
    action: &str,
    digest: &str,
) -> Result<Option<Approval>, Failure> {
    let sql = format!(
        "{APPROVAL} WHERE work_item_id = $1::text::uuid AND action = $2::text
            AND requested_arguments_digest = $3::text AND arguments_digest <> requested_arguments_digest
            AND used_at IS NULL AND status IN ('pending', 'escalated', 'approved') AND expires_at > pg_catalog.now()
        ORDER BY created_at DESC LIMIT 1"
    );
    first(gate, &sql, &[&item, &action, &digest]).await
}

/// The newest approval that an action can begin under now, whatever its arguments.
pub async fn given_approval(gate: &Gate, item: &str, action: &str) -> Result<Option<Approval>, Failure> {
    let sql = format!(
        "{APPROVAL} WHERE work_item_id = $1::text::uuid AND action = $2::text
            AND used_at IS NULL AND status = 'approved' AND expires_at > pg_catalog.now()
        ORDER BY created_at DESC LIMIT 1"
    );
    first(gate, &sql, &[&item, &action]).await
}

async fn first(gate: &Gate, sql: &str, given: &[&(dyn ToSql + Sync)]) -> Result<Option<Approval>, Failure> {
    let rows = gate.transact(As::User, async |work| work.select(sql, given).await).await?;
    Ok(rows.first().and_then(Approval::of))
}

/// Makes a work item of the assistant, in the name of the user. Returns its id.
pub async fn make_item(
    gate: &Gate,
    assistant: &str,
    title: &str,
    risk_level: Option<i64>,
) -> Result<String, Failure> {
    let risk = risk_level.map(|risk| risk.to_string());
    gate.transact(As::User, async |work| {
        let rows = work.rows(MAKE_ITEM, &[&assistant, &title, &risk]).await?;
        rows.first().map(|row| row.get(0)).ok_or_else(|| {
            let text = format!("the tenant has no assistant {assistant}");
            Failure::new(Exit::NotFound, text).hint("`awgp assistant list` shows them").into()
        })
    })
    .await
}

/// Ends the work item that the guard has made: completes it, or cancels it where nothing was begun. It stays
/// open while people are asked about it, since their approval would end with it. Returns what it did.
pub async fn end_item(gate: &Gate, item: &str) -> Result<&'static str, Failure> {
    gate.transact(As::User, async |work| {
        let rows = work.rows(ITEM_STATUS, &[&item]).await?;
        let Some(row) = rows.first() else { return Ok("is gone") };
        let (status, is_asked_about): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
        let (sql, done) = match status.as_str() {
            "in_progress" | "backlog" | "awaiting_approval" if is_asked_about => {
                return Ok("stays open: people are asked about it. Go on with --work-item and its id");
            }
            "in_progress" => ("SELECT (awgp.complete_work_item($1::text::uuid)).id::text", "completed"),
            "backlog" | "awaiting_approval" => (
                "SELECT (awgp.cancel_work_item($1::text::uuid, 'the guard ended, and nothing was begun')).id::text",
                "cancelled, since nothing was begun",
            ),
            _ => return Ok("left as it is: it had ended before"),
        };
        work.text(sql, &[&item]).await?;
        Ok(done)
    })
    .await
}

/// Whether the database can be reached, a user is in context, and the assistant and this work item are there.
pub async fn check(gate: &Gate, item: Option<&str>) -> Result<(), Failure> {
    gate.transact(As::Assistant, async |work| {
        if work.run(IS_SOMEBODY, &[]).await? == 0 {
            let failure =
                Failure::new(Exit::Usage, "no user is given: whoever approves must be somebody else");
            return Err(failure.hint("add --user, the user of the agent's program, or set AWGP_USER").into());
        }
        if let Some(item) = item
            && work.run(ITEM, &[&item]).await? == 0
        {
            let failure = Failure::new(Exit::NotFound, format!("the tenant has no work item {item}"));
            return Err(failure.hint("`awgp work list` shows them").into());
        }
        Ok(())
    })
    .await
}
