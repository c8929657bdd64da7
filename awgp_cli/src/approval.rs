//! `awgp approval`: requesting, and deciding what others requested.

use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::opt::{
    Approval, ApprovalApprove, ApprovalEscalate, ApprovalExplain, ApprovalInbox, ApprovalNamed,
    ApprovalReject, ApprovalRequest, Format, Output,
};
use crate::render;
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble, Work};
use std::io::{self, BufRead, IsTerminal, Write};

const COLUMNS: [&str; 11] = [
    "risk",
    "title",
    "will_run",
    "assistant",
    "cost",
    "requested_by",
    "age",
    "left",
    "votes",
    "on_behalf_of",
    "id",
];

const INBOX: &str = "
    SELECT risk, title, will_run, action, work_item_title, assistant, cost, requested_by, age, time_left AS left, votes,
           clock_timestamp() - age AS created_at,
           on_behalf_of, status, expires_at, work_item_id, id
    FROM awgp.approval_queue WHERE ($1::text IS NULL OR risk::text = $1)";

/// Where glass was broken lately: every inbox says so.
const BROKEN: &str = "
    SELECT id, title, broken_by AS by, approved_at FROM awgp.broken_glass
    WHERE tenant_id = awgp.current_tenant() AND approved_at > clock_timestamp() - interval '30 days'
    ORDER BY approved_at DESC";

const SHOW: &str = "SELECT * FROM awgp.approval_details WHERE id = $1::text::uuid";

/// Runs one command of the noun.
pub async fn run(noun: &Approval, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Approval::Inbox(options) => inbox(session, context, options, invocation.format).await,
            Approval::Show(options) => show(session, context, options, output).await,
            Approval::Request(options) => request(session, context, options, output).await,
            Approval::Approve(options) => approve(session, context, options, output).await,
            Approval::Reject(options) => reject(session, context, options, output).await,
            Approval::Escalate(options) => escalate(session, context, options, output).await,
            Approval::Explain(options) => explain(session, context, options, output).await,
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
    let list = List {
        query: INBOX.into(),
        parameters: vec![&risk],
        order: &[down("r.risk", "integer"), up("r.expires_at", "timestamptz"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["title", "will_run", "assistant", "requested_by"],
        moment: "created_at",
    };
    let mut text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    let broken = if format == Format::Table { work.select(BROKEN, &[]).await? } else { Vec::new() };
    work.commit().await?;
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
    let row = find(&work, &options.id).await?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

/// Requests an approval.
async fn request(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalRequest,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("request_approval")
        .arg("work_item_id", "uuid", Some(&options.work_item))
        .arg("title", "text", options.title.as_ref())
        .arg("description", "text", options.description.as_ref())
        .arg("risk_level", "integer", options.risk_level)
        .arg("approver_ids", "uuid[]", users(&work, &options.approvers).await?)
        .arg("expires_in", "interval", options.expires_in.as_ref())
        .arg("context", "jsonb", options.context.as_ref());
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Approves, after showing what will run.
async fn approve(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalApprove,
    output: Output,
) -> Result<String, Trouble> {
    if !options.yes {
        // No transaction waits for a human. What they are shown cannot change meanwhile: a request never
        // changes, and the approval of work that has changed is refused.
        let work = session.begin_in_tenant(context).await?;
        let row = find(&work, &options.id).await?;
        work.commit().await?;
        confirm(&row)?;
    }
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("approve").arg("approval_id", "uuid", Some(&options.id)).arg(
        "comment",
        "text",
        options.comment.as_ref(),
    );
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Rejects.
async fn reject(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalReject,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("reject").arg("approval_id", "uuid", Some(&options.id)).arg(
        "reason",
        "text",
        Some(&options.reason),
    );
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Escalates.
async fn escalate(
    session: &mut Session,
    context: Context<'_>,
    options: &ApprovalEscalate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("escalate_approval")
        .arg("approval_id", "uuid", Some(&options.id))
        .arg("reason", "text", options.reason.as_ref())
        .arg("approver_ids", "uuid[]", users(&work, &options.approvers).await?);
    Ok(render::single(&work.conclude(&call).await?, output))
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
        Some(user) => Some(work.text("SELECT awgp.find_user($1::text)::text", &[user]).await?),
        None => None,
    };
    let sql = "SELECT awgp.explain_approval($1::text::uuid, $2::text::uuid)::text";
    let said = work.text(sql, &[&options.id, &user]).await?;
    work.commit().await?;
    let unreadable =
        |error| Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"));
    Ok(render::single(&Row::from_json(&said).map_err(unreadable)?, output))
}

async fn find(work: &Work<'_>, id: &str) -> Result<Row, Trouble> {
    work.select(SHOW, &[&id]).await?.pop().ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("the tenant has no approval {id}"))
            .hint("list what waits with `awgp approval inbox`")
            .into()
    })
}

/// The ids of users, as an array in text; None for nobody.
async fn users(work: &Work<'_>, given: &[String]) -> Result<Option<String>, Trouble> {
    let mut ids = Vec::new();
    for user in given {
        ids.push(work.text("SELECT awgp.find_user($1::text)::text", &[user]).await?);
    }
    Ok((!ids.is_empty()).then(|| format!("{{{}}}", ids.join(","))))
}

/// Shows what will run and asks; refuses where there is no terminal to ask on, and where the answer is not
/// yes.
fn confirm(row: &Row) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "approving needs a confirmation, and there is no terminal to ask on",
        )
        .hint("look at it with `awgp approval show ID`, then add --yes"));
    }
    let shown = [
        "risk_level",
        "title",
        "description",
        "requested_by_email",
        "assistant_slug",
        "work_item_action",
        "work_item_title",
        "work_item_description",
        "work_item_cost",
        "work_item_context",
        "expires_at",
    ];
    let mut stderr = io::stderr().lock();
    let mut told = Ok(());
    for name in shown {
        // One line each: a table would wrap to the terminal's width, and hide long values.
        let text = render::cell(&row.text(name).unwrap_or_default());
        told = told.and_then(|()| writeln!(stderr, "{name:<22} {text}"));
    }
    let asked = told.and_then(|()| write!(stderr, "approve this? [y/N] ")).and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = asked.and_then(|()| io::stdin().lock().read_line(&mut answer));
    read.map_err(|error| Failure::new(Exit::Unexpected, format!("the answer cannot be read: {error}")))?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Exit::Interrupted, "not approved").hint("nothing was changed"))
}
