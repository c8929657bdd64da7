//! `awgp work`: work items of a tenant's assistants.

use crate::assistant;
use crate::bulk::{self, Line};
use crate::confirm;
use crate::ids::WORK;
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::making;
use crate::opt::{self, Format, Load, Output, WorkComplete, WorkCreate, WorkEdit, WorkList, WorkReassign};
use crate::render;
use crate::verb;
use crate::when::{self, Edge};
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble, Work};

const COLUMNS: [&str; 7] =
    ["title", "status", "risk_level", "priority", "assistant_slug", "tenant_slug", "id"];

const LIST: &str = "
    SELECT * FROM awgp.work_item_list
    WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR assistant_id = $2::text::uuid)";

/// Runs one command of the noun.
pub async fn run(noun: &opt::Work, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    if let opt::Work::Load(options) = noun {
        return invocation.decision(async |session| load(session, context, options, output).await).await;
    }
    invocation
        .answer(async |session| match noun {
            opt::Work::Create(options) => create(session, context, options, output).await,
            // It ends in its own way.
            opt::Work::Load(_) => Ok(String::new()),
            opt::Work::List(options) => list(session, context, options, invocation.format).await,
            opt::Work::Show(options) => verb::show(session, context, WORK, &options.id, output).await,
            opt::Work::Edit(options) => edit(session, context, options, output).await,
            opt::Work::Reassign(options) => reassign(session, context, options, output).await,
            opt::Work::Start(options) => {
                let call = Call::new("start_work_item");
                verb::change(session, context, (WORK, &options.id), call, output).await
            }
            opt::Work::Complete(options) => {
                verb::change(session, context, (WORK, &options.id), completed(options), output).await
            }
            opt::Work::Fail(options) => {
                let call = closing("fail_work_item", options.reason.as_ref());
                verb::change(session, context, (WORK, &options.id), call, output).await
            }
            opt::Work::Cancel(options) => {
                let (item, asked) = ((WORK, &*options.id), (&confirm::CANCEL, &options.sure));
                let call = closing("cancel_work_item", options.reason.as_ref());
                verb::change_for_good(session, context, item, asked, call, output).await
            }
        })
        .await
}

/// Creates a work item in the tenant.
async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkCreate,
    output: Output,
) -> Result<String, Trouble> {
    making::refuse_if_not_exists(&options.making, "work items")?;
    let work = session.begin_in_tenant(context).await?;
    let assistant_id = assistant::find(&work, &options.assistant).await?;
    let due_at = when::moment(&work, "--due-at", options.due_at.as_ref(), Edge::End).await?;
    let call = Call::new("create_work_item")
        .arg("assistant_id", "uuid", Some(assistant_id))
        .arg("title", "text", Some(&options.title))
        .arg("description", "text", options.description.as_ref())
        .arg("risk_level", "integer", options.risk_level)
        .arg("priority", "integer", options.priority)
        .arg("estimated_cost", "numeric", options.estimated_cost.as_ref())
        .arg("context", "jsonb", options.context.as_ref())
        .arg("due_at", "timestamptz", due_at);
    Ok(render::single(&making::make(work, &call, None, &options.making).await?, output))
}

/// Creates the work items of a file.
async fn load(
    session: &mut Session,
    context: Context<'_>,
    options: &Load,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    if options.if_not_exists {
        return Err(Failure::new(Exit::Usage, "--if-not-exists needs a name that tells work items apart")
            .hint("leave --if-not-exists out")
            .into());
    }
    let columns = [
        "title",
        "assistant",
        "description",
        "risk_level",
        "priority",
        "estimated_cost",
        "context",
        "due_at",
    ];
    let lines = bulk::read(options, &columns)?;
    let call = async |work: &Work<'_>, line: &Line| {
        let assistant_id = assistant::find(work, line.required("assistant")?).await?;
        let call = Call::new("create_work_item")
            .arg("assistant_id", "uuid", Some(assistant_id))
            .arg("title", "text", Some(line.required("title")?))
            .arg("description", "text", line.get("description"))
            .arg("risk_level", "integer", line.get("risk_level"))
            .arg("priority", "integer", line.get("priority"))
            .arg("estimated_cost", "numeric", line.get("estimated_cost"))
            .arg("context", "jsonb", line.get("context"))
            .arg("due_at", "timestamptz", when::moment(work, "due_at", line.get("due_at"), Edge::End).await?);
        Ok((call, None))
    };
    bulk::load(session, context, options, &lines, call, output).await
}

/// Lists the work items that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("work_items", "status", options.status.as_deref()).await?;
    let assistant_id = assistant::find_given(&work, options.assistant.as_deref()).await?;
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.status, &assistant_id],
        order: &[down("r.created_at", "timestamptz"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["title", "assistant_slug"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Changes a work item.
async fn edit(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkEdit,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let due_at = when::moment(&work, "--due-at", options.due_at.as_ref(), Edge::End).await?;
    let call = Call::new("update_work_item")
        .arg("title", "text", options.title.as_ref())
        .arg("description", "text", options.description.as_ref())
        .arg("risk_level", "bigint", options.risk_level)
        .arg("priority", "bigint", options.priority)
        .arg("estimated_cost", "numeric", options.estimated_cost.as_ref())
        .arg("context", "jsonb", options.context.as_ref())
        .arg("due_at", "timestamptz", due_at);
    verb::change_in(work, (WORK, &options.id), call, output).await
}

/// Gives a work item to another assistant.
async fn reassign(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkReassign,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let assistant = assistant::find(&work, &options.assistant).await?;
    let call = Call::new("reassign_work_item").arg("assistant_id", "uuid", Some(assistant));
    verb::change_in(work, (WORK, &options.id), call, output).await
}

fn closing(function: &'static str, reason: Option<&String>) -> Call {
    Call::new(function).arg("reason", "text", reason)
}

/// The report of work that is done.
fn completed(options: &WorkComplete) -> Call {
    Call::new("complete_work_item").arg("result", "jsonb", options.result.as_ref()).arg(
        "actual_cost",
        "numeric",
        options.actual_cost.as_ref(),
    )
}
