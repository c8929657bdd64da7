//! `awgp work`: work items of a tenant's assistants.

use crate::assistant;
use crate::bulk::{self, Line};
use crate::ids;
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::making;
use crate::opt::{
    self, Format, Load, Output, WorkClose, WorkComplete, WorkCreate, WorkEdit, WorkList, WorkReassign,
    WorkShow,
};
use crate::render;
use crate::when::{self, Edge};
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble, Work};

const COLUMNS: [&str; 7] =
    ["title", "status", "risk_level", "priority", "assistant_slug", "tenant_slug", "id"];

const LIST: &str = "
    SELECT * FROM awgp.work_item_list
    WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR assistant_id = $2::text::uuid)";

const SHOW: &str = "
    SELECT * FROM awgp.work_items
    WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]) AND id = $1::text::uuid";

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
            opt::Work::Show(options) => show(session, context, options, output).await,
            opt::Work::Edit(options) => edit(session, context, options, output).await,
            opt::Work::Reassign(options) => reassign(session, context, options, output).await,
            opt::Work::Start(options) => start(session, context, options, output).await,
            opt::Work::Complete(options) => complete(session, context, options, output).await,
            opt::Work::Fail(options) => fail(session, context, options, output).await,
            opt::Work::Cancel(options) => cancel(session, context, options, output).await,
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

/// Shows one work item.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkShow,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let row = ids::row(&work, ids::WORK, SHOW, &options.id).await?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

/// Changes a work item.
async fn edit(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkEdit,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = ids::find(&work, ids::WORK, &options.id).await?;
    let due_at = when::moment(&work, "--due-at", options.due_at.as_ref(), Edge::End).await?;
    let call = Call::new("update_work_item")
        .arg("id", "uuid", Some(id))
        .arg("title", "text", options.title.as_ref())
        .arg("description", "text", options.description.as_ref())
        .arg("risk_level", "bigint", options.risk_level)
        .arg("priority", "bigint", options.priority)
        .arg("estimated_cost", "numeric", options.estimated_cost.as_ref())
        .arg("context", "jsonb", options.context.as_ref())
        .arg("due_at", "timestamptz", due_at);
    Ok(render::single(&work.conclude(&call).await?, output))
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
    let id = ids::find(&work, ids::WORK, &options.id).await?;
    let call = Call::new("reassign_work_item").arg("id", "uuid", Some(id)).arg(
        "assistant_id",
        "uuid",
        Some(assistant),
    );
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Begins a work item.
async fn start(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkShow,
    output: Output,
) -> Result<String, Trouble> {
    moved(session, context, &options.id, Call::new("start_work_item"), output).await
}

/// Ends a work item that is done.
async fn complete(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkComplete,
    output: Output,
) -> Result<String, Trouble> {
    let call = Call::new("complete_work_item").arg("result", "jsonb", options.result.as_ref()).arg(
        "actual_cost",
        "numeric",
        options.actual_cost.as_ref(),
    );
    moved(session, context, &options.id, call, output).await
}

/// Ends a work item that failed.
async fn fail(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkClose,
    output: Output,
) -> Result<String, Trouble> {
    moved(session, context, &options.id, closing("fail_work_item", options), output).await
}

/// Cancels a work item.
async fn cancel(
    session: &mut Session,
    context: Context<'_>,
    options: &WorkClose,
    output: Output,
) -> Result<String, Trouble> {
    moved(session, context, &options.id, closing("cancel_work_item", options), output).await
}

fn closing(function: &'static str, options: &WorkClose) -> Call {
    Call::new(function).arg("reason", "text", options.reason.as_ref())
}

async fn moved(
    session: &mut Session,
    context: Context<'_>,
    id: &str,
    call: Call,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = call.arg("id", "uuid", Some(ids::find(&work, ids::WORK, id).await?));
    Ok(render::single(&work.conclude(&call).await?, output))
}
