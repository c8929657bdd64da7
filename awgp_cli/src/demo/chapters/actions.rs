//! One governed action: the call before an assistant acts checks capability, approval and money together, and
//! the call after it settles.

use crate::demo::scenario::Tenant;
use crate::demo::stage::{Made, Stage};
use awgp_client::{Context, Exit, Failure, Trouble};
use serde_json::Value;

const BEGIN: &str = "SELECT awgp.begin_action($1::text::uuid, $2, 'local', $3::text::numeric)::text";
const FINISH: &str = "
    SELECT awgp.finish_action($1::text::uuid, 'succeeded', 'demo-1', 1200, 300, 0.250001, '{\"letter\": 7}')::text";
/// What is reserved for the action, from a pool of 1.
const ESTIMATE: &str = "0.600000";
const LEFT: &str = "
    SELECT current_balance::text FROM awgp.provider_credit_pools
    WHERE provider = 'local' AND tenant_id = awgp.current_tenant()";

/// The people and the work, all of one tenant.
struct Cast {
    tenant: Made,
    operator: String,
    manager: String,
    assistant: String,
    capability: String,
    item: String,
}

/// Runs the chapter.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter(
        "One governed action",
        "begin_action() before an assistant acts, finish_action() after it: allowed or denied, with the \
         reason and what to do next.",
    )?;
    let Some(cast) = cast(stage) else {
        return Ok(stage
            .narrator
            .step("no tenant of this scenario has work of risk 2 or 3 above its assistant's tier")?);
    };
    prepared(stage, &cast).await?;
    let action = allowed_by_a_human(stage, &cast).await?;
    denied(stage, &cast).await?;
    finished(stage, &cast, &action).await?;
    on_the_record(stage, &cast, &action).await
}

/// The last tenant with an item that a manager's approval lets begin; other chapters use the first ones.
fn cast(stage: &Stage<'_>) -> Option<Cast> {
    let tenants: Vec<_> = stage.scenario.tenants().zip(&stage.made).collect();
    tenants.into_iter().rev().find_map(|(tenant, made)| {
        let of = |slug: &str| tenant.assistants.iter().find(|assistant| assistant.slug == slug);
        let (at, item) = tenant.work_items.iter().enumerate().find(|(_, item)| {
            let able = of(&item.assistant).filter(|assistant| !assistant.capabilities.is_empty());
            matches!(item.risk_level, 2 | 3)
                && able.is_some_and(|assistant| assistant.risk_tier < item.risk_level)
        })?;
        Some(Cast {
            operator: first_of(tenant, "operator")?,
            manager: first_of(tenant, "manager")?,
            assistant: made.assistants.get(&item.assistant)?.clone(),
            capability: of(&item.assistant)?.capabilities.last()?.clone(),
            item: made.work_items.get(at)?.clone(),
            tenant: made.clone(),
        })
    })
}

fn first_of(tenant: &Tenant, role: &str) -> Option<String> {
    tenant.users.iter().find(|user| user.role == role).map(|user| user.email.clone())
}

impl Cast {
    fn acting<'a>(&'a self, user: &'a str) -> Context<'a> {
        Context { tenant: Some(&self.tenant.slug), user: Some(user) }
    }
}

async fn prepared(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), Trouble> {
    let work = stage.sessions.app.begin(cast.tenant.context()).await?;
    work.run("SELECT awgp.create_credit_pool('local', 1)", &[]).await?;
    let sql = "UPDATE awgp.assistants SET status = 'active' WHERE id = $1::text::uuid AND status <> 'active'";
    work.run(sql, &[&cast.assistant]).await?;
    work.commit().await?;
    Ok(stage.narrator.step(&format!(
        "{}: the assistant is active and may {}; there is 1 to spend",
        cast.tenant.name, cast.capability
    ))?)
}

/// Tries to begin, commits in every case, and proves the reason.
async fn begun(
    stage: &mut Stage<'_>,
    cast: &Cast,
    statement: &str,
    reason: &str,
    what: [&str; 2],
) -> Result<Value, Trouble> {
    let work = stage.sessions.app.begin(cast.acting(&cast.operator)).await?;
    let answer = read(&work.text(BEGIN, &[&cast.item, &what[0], &what[1]]).await?)?;
    work.commit().await?;
    stage.narrator.told(statement, reason, &text(&answer, "reason"))?;
    if answer["allowed"] == false {
        stage.narrator.step(&text(&answer, "hint"))?;
    }
    Ok(answer)
}

/// Denied until a human has allowed it; returns the id of the action.
async fn allowed_by_a_human(stage: &mut Stage<'_>, cast: &Cast) -> Result<String, Trouble> {
    let what = [cast.capability.as_str(), ESTIMATE];
    begun(stage, cast, "the assistant tries to begin without an approval", "approval_required", what).await?;
    let work = stage.sessions.app.begin(cast.acting(&cast.operator)).await?;
    let ask = "SELECT id::text FROM awgp.request_approval($1::text::uuid)";
    let approval = work.text(ask, &[&cast.item]).await?;
    work.commit().await?;
    begun(stage, cast, "requested, and not decided yet", "approval_pending", what).await?;
    let work = stage.sessions.app.begin(cast.acting(&cast.manager)).await?;
    work.run("SELECT awgp.approve($1::text::uuid, 'as agreed')", &[&approval]).await?;
    work.commit().await?;
    stage.narrator.step(&format!("{} approves", cast.manager))?;
    let answer = begun(stage, cast, "the assistant begins again", "allowed", what).await?;
    let work = stage.sessions.app.begin(cast.tenant.context()).await?;
    let sql = "SELECT count(*) FROM awgp.work_items WHERE id = $1::text::uuid AND status = 'in_progress'";
    let started = work.number(sql, &[&cast.item]).await?;
    let sql = "SELECT count(*) FROM awgp.credit_reservations
               WHERE id = $1::text::uuid AND state = 'held' AND amount = $2::text::numeric";
    let held = work.number(sql, &[&text(&answer, "reservation_id"), &ESTIMATE]).await?;
    drop(work);
    stage.narrator.equal("the item is in progress, its approval used", 1, started)?;
    stage.narrator.equal(&format!("{ESTIMATE} is reserved"), 1, held)?;
    Ok(text(&answer, "action_id"))
}

/// The same assistant and work: too expensive, and not allowed.
async fn denied(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), Trouble> {
    let dear = [cast.capability.as_str(), "0.400001"];
    begun(stage, cast, "a second action, a millionth above what is left", "budget_exceeded", dear).await?;
    let other = ["change_the_rules", "0.100000"];
    begun(stage, cast, "an action that it has no capability for", "capability_missing", other).await?;
    let work = stage.sessions.app.begin(cast.tenant.context()).await?;
    let sql = "SELECT count(*) FROM awgp.governed_actions WHERE work_item_id = $1::text::uuid";
    let actions = work.number(sql, &[&cast.item]).await?;
    drop(work);
    Ok(stage.narrator.equal("actions of this item, of five attempts", 1, actions)?)
}

async fn finished(stage: &mut Stage<'_>, cast: &Cast, action: &str) -> Result<(), Trouble> {
    for (statement, repeated) in
        [("it has acted, and reports the cost", "false"), ("the answer was lost: it reports again", "true")]
    {
        let work = stage.sessions.app.begin(cast.acting(&cast.operator)).await?;
        let answer = read(&work.text(FINISH, &[&action]).await?)?;
        work.commit().await?;
        let told = format!("{} {}", text(&answer, "cost_amount"), answer["repeated"]);
        stage.narrator.told(statement, &format!("0.250001 {repeated}"), &told)?;
    }
    let work = stage.sessions.app.begin(cast.tenant.context()).await?;
    let left = work.text(LEFT, &[]).await?;
    let differences = work.number("SELECT count(*) FROM awgp.verify_ledger()", &[]).await?;
    drop(work);
    stage.narrator.told("paid once: what is left of 1", "0.749999", &left)?;
    Ok(stage.narrator.equal("balances that differ from their entries", 0, differences)?)
}

async fn on_the_record(stage: &mut Stage<'_>, cast: &Cast, action: &str) -> Result<(), Trouble> {
    let work = stage.sessions.app.begin(cast.tenant.context()).await?;
    let sql =
        "SELECT count(*) FROM awgp.audit_logs WHERE action = 'action.denied' AND entity_id = $1::text::uuid";
    let denials = work.number(sql, &[&cast.item]).await?;
    let sql = "SELECT count(*) FROM awgp.audit_logs
               WHERE entity_type = 'governed_actions' AND entity_id = $1::text::uuid AND NOT after_state ? 'result'";
    let rows = work.number(sql, &[&action]).await?;
    drop(work);
    stage.narrator.equal("denials on the record, each with its reason", 4, denials)?;
    Ok(stage.narrator.equal("the action's beginning and end on the record, without its result", 2, rows)?)
}

fn read(answer: &str) -> Result<Value, Failure> {
    serde_json::from_str(answer).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
    })
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_default().to_owned()
}
