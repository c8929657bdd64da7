//! `awgp approval`: requesting, and deciding what others requested.
//!
//! | file | concept |
//! |---|---|
//! | [`caller`] | who decides: the user in context |
//! | [`deciding`] | what a person reads before they decide, and after |
//! | [`telling`] | one approval in words |
//! | [`watch`] | waiting for what there is to decide |

mod caller;
mod deciding;
mod telling;
mod watch;

use crate::confirm;
use crate::ids::{self, APPROVAL};
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::opt::{
    Approval, ApprovalApprove, ApprovalBreakGlass, ApprovalEscalate, ApprovalExplain, ApprovalHistory,
    ApprovalInbox, ApprovalList, ApprovalNamed, ApprovalReject, ApprovalRequest, AuditHistory, Format,
    Output,
};
use crate::{audit, render};
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble, Work};
use caller::{explained, has_user, require_user};
use deciding::Scene;

const COLUMNS: [&str; 11] = [
    "risk",
    "title",
    "will_run",
    "left",
    "requested_by",
    "votes",
    "age",
    "assistant",
    "on_behalf_of",
    "cost",
    "id",
];

const INBOX: &str = "
    SELECT risk, title, will_run, action, work_item_title, assistant, cost, requested_by, age, time_left AS left, votes,
           created_at, on_behalf_of, status, expires_at, work_item_id, id
    FROM awgp.approval_queue WHERE ($1::text IS NULL OR risk::text = $1)";

/// Where glass was broken lately: every inbox says so.
const BROKEN: &str = "
    SELECT id, title, broken_by AS by, approved_at FROM awgp.broken_glass
    WHERE tenant_id = awgp.current_tenant() AND approved_at > clock_timestamp() - interval '30 days'
    ORDER BY approved_at DESC";

/// What waits, for nobody in particular.
const OPEN: &str = "
    SELECT risk, title, may_decide, will_run, assistant, cost, requested_by, age, time_left AS left, status,
           created_at, expires_at, work_item_id, id
    FROM awgp.approval_open WHERE ($1::text IS NULL OR risk::text = $1)";

const OPEN_COLUMNS: [&str; 8] =
    ["risk", "title", "may_decide", "requested_by", "left", "age", "assistant", "id"];

const LISTED: [&str; 8] = [
    "created_at",
    "status",
    "risk_level",
    "title",
    "requested_by_email",
    "assistant_slug",
    "expires_at",
    "id",
];

const LIST: &str = "
    SELECT * FROM awgp.approval_details
    WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR work_item_id = $2::text::uuid)";

/// Runs one command of the noun.
pub async fn run(noun: &Approval, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    if let Approval::Watch(options) = noun {
        return watch::watch(&invocation.target()?, context, options, output).await;
    }
    if context.tenant.is_none() && crate::fleet::spreading::is_a_part() {
        return of_all(noun, invocation).await;
    }
    invocation
        .answer(async |session| match noun {
            Approval::Inbox(options) => inbox(session, context, options, invocation.format).await,
            Approval::Show(options) => show(session, context, options, output).await,
            Approval::List(options) => list(session, context, options, invocation.format).await,
            Approval::History(options) => history(session, context, options, output).await,
            Approval::BreakGlass(options) => break_glass(session, context, options, output).await,
            Approval::Request(options) => request(session, context, options, output).await,
            Approval::Approve(options) => approve(session, context, options, output).await,
            Approval::Reject(options) => reject(session, context, options, output).await,
            Approval::Escalate(options) => escalate(session, context, options, output).await,
            // It prints its own output.
            Approval::Watch(_) => Ok(String::new()),
            Approval::Explain(options) => explain(session, context, options, output).await,
        })
        .await
}

/// Active tenants. With $1 = 'roots', without those that a holding sees.
const TENANTS: &str = "
    SELECT t.id::text AS id, t.slug FROM awgp.tenants AS t
    WHERE t.is_active AND NOT ($1 = 'roots' AND EXISTS (
        SELECT FROM awgp.tenants AS holding WHERE holding.id = t.parent_tenant_id AND holding.is_active))
    ORDER BY t.slug";

/// The lists of all tenants of a member of a fleet, as one array: the part of a command on a fleet.
async fn of_all(noun: &Approval, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    invocation
        .answer(async |session| {
            // An inbox is of one tenant, and a list of a holding has those of its subsidiaries.
            let which = if matches!(noun, Approval::List(_)) { "roots" } else { "all" };
            let tenants = session.begin(Context::default()).await?.select(TENANTS, &[&which]).await?;
            let mut rows = Vec::new();
            for tenant in &tenants {
                let [id, slug] = ["id", "slug"].map(|name| tenant.text(name).unwrap_or_default());
                let context = Context { tenant: Some(&id), user: invocation.context.user };
                let text = match noun {
                    Approval::Inbox(options) => inbox(session, context, options, Format::Json).await?,
                    Approval::List(options) => list(session, context, options, Format::Json).await?,
                    _ => return Err(Failure::new(Exit::Usage, "this command needs --tenant").into()),
                };
                let more: Vec<awgp_client::Row> = serde_json::from_str(&text)
                    .map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))?;
                rows.extend(more.iter().map(|row| row.led_by("tenant", &slug)));
            }
            Ok(render::pretty(&rows))
        })
        .await
}

/// Lists what the user may decide, and says where glass was broken.
async fn inbox(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalInbox,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let risk = options.risk.map(|risk| risk.to_string());
    let is_nobodys = !has_user(&work).await?;
    let columns: &[&str] = if is_nobodys { &OPEN_COLUMNS } else { &COLUMNS };
    let list = List {
        query: if is_nobodys { OPEN } else { INBOX }.into(),
        parameters: vec![&risk],
        order: &[down("r.risk", "integer"), up("r.expires_at", "timestamptz"), up("r.id", "uuid")],
        columns,
        whole: columns,
        words: &["title", "will_run", "assistant", "requested_by"],
        moment: "created_at",
    };
    let mut text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    let broken = if format == Format::Table { work.select(BROKEN, &[]).await? } else { Vec::new() };
    work.commit().await?;
    if is_nobodys && format == Format::Table {
        text += "nobody is in context: with --user E-MAIL the list is what that user may decide\n";
    }
    if !broken.is_empty() {
        text += "\nglass was broken in the last 30 days:\n";
        text += &render::list(&broken, &["title", "by", "approved_at", "id"], Output::Table);
    }
    Ok(text)
}

/// Shows one approval.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalNamed,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let row = ids::row(&work, APPROVAL, &options.id).await?;
    let text = match output {
        Output::Json => render::single(&row, output),
        Output::Table => telling::approval(&work, &row).await?,
    };
    work.commit().await?;
    Ok(text)
}

/// Lists approvals of any status.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("approvals", "status", options.status.as_deref()).await?;
    let work_item = ids::find_given(&work, ids::WORK, options.work_item.as_ref()).await?;
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.status, &work_item],
        order: &[down("r.created_at", "timestamptz"), up("r.id", "uuid")],
        columns: &LISTED,
        whole: &LISTED,
        words: &["title", "requested_by_email", "assistant_slug"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Shows what the trail has of one approval.
async fn history(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalHistory,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = ids::find(&work, APPROVAL, &options.id).await?;
    work.commit().await?;
    let of = AuditHistory { entity: "approvals".to_owned(), key: vec![id], limit: options.limit.clone() };
    audit::history::history(session, context, &of, output).await
}

/// Approves alone, after showing what will run.
async fn break_glass(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalBreakGlass,
    output: Output,
) -> Result<String, Trouble> {
    if confirm::BREAK_GLASS.is_asked(&options.sure)? {
        confirm::BREAK_GLASS.ask(&scene(session, context, &options.id).await?.shown_alone())?;
    }
    let call = Call::new("break_glass").arg("reason", "text", Some(&options.reason));
    decide(session, context, &options.id, call, output).await
}

/// What a person reads before they decide. No transaction waits for them. What they are shown cannot change
/// meanwhile: the approval of work that has changed is refused, and so is one of an action with other
/// arguments.
async fn scene(session: &mut Session, context: Context<'_>, id: &str) -> Result<Scene, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    require_user(&work).await?;
    let row = ids::row(&work, APPROVAL, id).await?;
    let scene = Scene::of(&work, row).await?;
    work.commit().await?;
    Ok(scene)
}

/// Requests an approval.
async fn request(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalRequest,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let work_item = Some(ids::find(&work, ids::WORK, &options.work_item).await?);
    let call = match &options.action {
        None => Call::new("request_approval").arg("work_item_id", "uuid", work_item),
        Some(action) => Call::new("request_action_approval")
            .arg("work_item_id", "uuid", work_item)
            .arg("action", "text", Some(action))
            .arg("arguments", "jsonb", Some(options.arguments.as_deref().unwrap_or("{}"))),
    };
    let call = call
        .arg("title", "text", options.title.as_ref())
        .arg("description", "text", options.description.as_ref())
        .arg("risk_level", "integer", options.risk_level)
        .arg("approver_ids", "uuid[]", users(&work, &options.approvers).await?)
        .arg("expires_in", "interval", options.expires_in.as_ref())
        .arg("context", "jsonb", options.context.as_ref());
    concluded(work, &call, output).await
}

/// Approves, after showing what will run.
async fn approve(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalApprove,
    output: Output,
) -> Result<String, Trouble> {
    let mut arguments = options.arguments.clone();
    if confirm::APPROVE.is_asked(&options.sure)? {
        let scene = scene(session, context, &options.id).await?.instead(options.arguments.as_deref());
        // Those that they are shown: an approval of others is refused.
        arguments = arguments.or(scene.arguments());
        confirm::APPROVE.ask(&scene.shown())?;
    }
    let call = Call::new("approve").arg("comment", "text", options.comment.as_ref()).arg(
        "arguments",
        "jsonb",
        arguments,
    );
    decide(session, context, &options.id, call, output).await
}

/// Rejects.
async fn reject(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalReject,
    output: Output,
) -> Result<String, Trouble> {
    let call = Call::new("reject").arg("reason", "text", Some(&options.reason));
    decide(session, context, &options.id, call, output).await
}

/// Decides, or lets others decide.
async fn decide(
    session: &mut Session,
    context: Context<'_>,
    id: &str,
    call: Call,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = call.arg("approval_id", "uuid", Some(ids::find(&work, APPROVAL, id).await?));
    concluded(work, &call, output).await
}

/// Calls and commits; for people, a sentence says what is so now.
async fn concluded(work: Work<'_>, call: &Call, output: Output) -> Result<String, Trouble> {
    let row = work.call_one(call).await?;
    let said = if output == Output::Table { deciding::said_after(&work, &row).await? } else { String::new() };
    work.commit().await?;
    let shown = render::single(&row, output);
    Ok(if said.is_empty() { shown } else { format!("{shown}{said}\n") })
}

/// Escalates.
async fn escalate(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalEscalate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let approvers = users(&work, &options.approvers).await?;
    let call = Call::new("escalate_approval")
        .arg("approval_id", "uuid", Some(ids::find(&work, APPROVAL, &options.id).await?))
        .arg("reason", "text", options.reason.as_ref())
        .arg("approver_ids", "uuid[]", approvers);
    concluded(work, &call, output).await
}

/// Says whether a user may decide.
async fn explain(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalExplain,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let user = match &options.whom {
        Some(user) => Some(ids::user(&work, user).await?),
        None => None,
    };
    let id = ids::find(&work, APPROVAL, &options.id).await?;
    let row = explained(&work, &id, user.as_ref()).await?;
    let text = match output {
        Output::Json => render::single(&row, output),
        Output::Table => telling::explanation(&work, &row).await?,
    };
    work.commit().await?;
    Ok(text)
}

/// The ids of users, as an array in text; None for nobody.
async fn users(work: &Work<'_>, given: &[String]) -> Result<Option<String>, Trouble> {
    let mut found = Vec::new();
    for user in given {
        found.push(ids::user(work, user).await?);
    }
    Ok((!found.is_empty()).then(|| format!("{{{}}}", found.join(","))))
}
