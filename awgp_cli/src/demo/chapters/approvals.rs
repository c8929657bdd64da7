//! Approvals: risky work waits; requesters do not decide, nor do users without the role; a deputy decides on
//! behalf; a later change needs a new approval.

use crate::demo::scenario::Tenant;
use crate::demo::stage::{Made, Stage};
use awgp_client::{Call, Context, Trouble};

const START: &str = "SELECT id FROM awgp.start_work_item($1::text::uuid)";
const APPROVE: &str = "SELECT id FROM awgp.approve($1::text::uuid, 'as agreed')";
/// What an ORM would send.
const APPROVE_PLAINLY: &str = "UPDATE awgp.approvals SET status = 'approved' WHERE id = $1::text::uuid";
const ONE_SHOT: &str = "UPDATE awgp.work_items SET status = 'in_progress' WHERE id = $1::text::uuid";

/// The people and the work, all of one tenant.
struct Cast {
    tenant: Made,
    requester: String,
    manager: String,
    admin: String,
    deputy: String,
    assistant: String,
    item: String,
}

/// Runs the chapter.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter(
        "Approvals",
        "Work above its assistant's risk tier waits for a human who may decide it, in person or on behalf of \
         somebody.",
    )?;
    let Some(cast) = cast(stage) else {
        return Ok(stage
            .narrator
            .step("no tenant of this scenario has work of risk 4 and the people to decide it")?);
    };
    nothing_begins(stage, &cast).await?;
    let approval = asked(stage, &cast).await?;
    who_decides(stage, &cast, &approval).await?;
    changed_and_asked_again(stage, &cast).await
}

/// The first tenant with an item of risk 4 above its assistant's tier, two operators, a manager and an admin.
fn cast(stage: &Stage<'_>) -> Option<Cast> {
    stage.scenario.tenants().zip(&stage.made).find_map(|(tenant, made)| {
        let tier = |slug: &str| tenant.assistants.iter().find(|it| it.slug == slug).map(|it| it.risk_tier);
        let risky = tenant
            .work_items
            .iter()
            .position(|item| item.risk_level == 4 && tier(&item.assistant).is_some_and(|tier| tier < 4))?;
        let mut operators = of_role(tenant, "operator");
        Some(Cast {
            requester: operators.next()?,
            deputy: operators.next()?,
            manager: of_role(tenant, "manager").next()?,
            admin: of_role(tenant, "admin").next()?,
            assistant: made.assistants.get(&tenant.work_items[risky].assistant)?.clone(),
            item: made.work_items.get(risky)?.clone(),
            tenant: made.clone(),
        })
    })
}

fn of_role<'a>(tenant: &'a Tenant, role: &'a str) -> impl Iterator<Item = String> + 'a {
    tenant.users.iter().filter(move |user| user.role == role).map(|user| user.email.clone())
}

impl Cast {
    fn acting<'a>(&'a self, user: &'a str) -> Context<'a> {
        Context { tenant: Some(&self.tenant.slug), user: Some(user) }
    }
}

async fn nothing_begins(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), Trouble> {
    let attempt = stage.attempt(cast.acting(&cast.requester), START, &[&cast.item]).await?;
    stage.narrator.refused("an assistant that nobody has activated begins work", &["55000"], &attempt)?;
    let call = Call::new("set_assistant_status")
        .arg("assistant_id", "uuid", Some(&cast.assistant))
        .arg("status", "text", Some("active"))
        .arg("reason", "text", Some("trained and tested"));
    let work = stage.sessions.app.begin(cast.acting(&cast.manager)).await?;
    work.call_one(&call).await?;
    work.commit().await?;
    stage.narrator.step(&format!("{} activates the assistant", cast.manager))?;
    for (what, sql) in [("begins", START), ("begins by a plain UPDATE", ONE_SHOT)] {
        let attempt = stage.attempt(cast.acting(&cast.requester), sql, &[&cast.item]).await?;
        stage.narrator.refused(
            &format!("work of risk 4 {what} without an approval"),
            &["55000"],
            &attempt,
        )?;
    }
    Ok(())
}

/// The requester requests; returns the id of the approval.
async fn asked(stage: &mut Stage<'_>, cast: &Cast) -> Result<String, Trouble> {
    let call = Call::new("request_approval").arg("work_item_id", "uuid", Some(&cast.item));
    let work = stage.sessions.app.begin(cast.acting(&cast.requester)).await?;
    let row = work.call_one(&call).await?;
    work.commit().await?;
    let text = |name: &str| row.text(name).unwrap_or_default();
    stage.narrator.step(&format!("{} asks: {}", cast.requester, text("title")))?;
    let digest = text("request_digest");
    stage
        .narrator
        .step(&format!("pinned to the item's present content: {}…", digest.get(..16).unwrap_or(&digest)))?;
    Ok(text("id"))
}

async fn who_decides(stage: &mut Stage<'_>, cast: &Cast, approval: &str) -> Result<(), Trouble> {
    for (user, what) in [
        (&cast.requester, "the requester approves it themselves"),
        (&cast.manager, "a manager approves it"),
        (&cast.deputy, "a colleague approves it"),
    ] {
        let attempt = stage.attempt(cast.acting(user), APPROVE, &[&approval]).await?;
        stage.narrator.refused(what, &["42501"], &attempt)?;
    }
    let attempt = stage.attempt(cast.acting(&cast.requester), APPROVE_PLAINLY, &[&approval]).await?;
    stage.narrator.refused(
        "the requester approves it themselves, by a plain UPDATE",
        &["42501"],
        &attempt,
    )?;
    let attempt = stage.attempt(cast.tenant.context(), APPROVE, &[&approval]).await?;
    stage.narrator.refused("the system approves it, with no human in context", &["42501"], &attempt)?;
    let sql =
        "SELECT id FROM awgp.delegate_approvals(awgp.find_user($1), ends_at => now() + interval '1 day',
                                                      reason => 'at sea')";
    let work = stage.sessions.app.begin(cast.acting(&cast.admin)).await?;
    work.run(sql, &[&cast.deputy]).await?;
    work.commit().await?;
    stage.narrator.step(&format!("{} delegates to {} for a day", cast.admin, cast.deputy))?;
    approved_on_behalf(stage, cast, approval).await
}

async fn approved_on_behalf(stage: &mut Stage<'_>, cast: &Cast, approval: &str) -> Result<(), Trouble> {
    let work = stage.sessions.app.begin(cast.acting(&cast.deputy)).await?;
    let sql = "SELECT count(*) FROM awgp.approval_inbox() WHERE id = $1::text::uuid";
    let waits = work.number(sql, &[&approval]).await?;
    work.run(APPROVE, &[&approval]).await?;
    let sql = "SELECT count(*) FROM awgp.approval_decisions d
               WHERE approval_id = $1::text::uuid AND approver_id = awgp.find_user($2)
                 AND on_behalf_of = awgp.find_user($3)";
    let votes = work.number(sql, &[&approval, &cast.deputy, &cast.admin]).await?;
    work.commit().await?;
    stage.narrator.equal("it waits in the deputy's inbox", 1, waits)?;
    Ok(stage.narrator.equal("votes by the deputy on the admin's behalf", 1, votes)?)
}

async fn changed_and_asked_again(stage: &mut Stage<'_>, cast: &Cast) -> Result<(), Trouble> {
    let change = "UPDATE awgp.work_items SET description = description || ' And the interest.'
                  WHERE id = $1::text::uuid";
    let work = stage.sessions.app.begin(cast.acting(&cast.requester)).await?;
    work.run(change, &[&cast.item]).await?;
    work.commit().await?;
    let attempt = stage.attempt(cast.acting(&cast.requester), START, &[&cast.item]).await?;
    stage.narrator.refused("it begins, changed after it was approved", &["55000"], &attempt)?;
    let again = asked(stage, cast).await?;
    let work = stage.sessions.app.begin(cast.acting(&cast.deputy)).await?;
    work.run(APPROVE, &[&again]).await?;
    work.commit().await?;
    let work = stage.sessions.app.begin(cast.acting(&cast.requester)).await?;
    let started = work.run(START, &[&cast.item]).await?;
    work.commit().await?;
    stage.narrator.equal("requested again, approved again: it begins", 1, as_count(started))?;
    let attempt = stage.attempt(cast.acting(&cast.requester), change, &[&cast.item]).await?;
    stage.narrator.refused("what was approved changes while it runs", &["55000"], &attempt)?;
    let work = stage.sessions.app.begin(cast.acting(&cast.requester)).await?;
    let sql = "SELECT id FROM awgp.complete_work_item($1::text::uuid, '{\"done\": true}')";
    let done = work.run(sql, &[&cast.item]).await?;
    work.commit().await?;
    Ok(stage.narrator.equal("and ends", 1, as_count(done))?)
}

fn as_count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
