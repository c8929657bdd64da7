//! `awgp assistant`: AI assistants of a tenant.

use crate::bulk::{self, Line};
use crate::ids;
use crate::invocation::Invocation;
use crate::list::{self, List, up};
use crate::making;
use crate::opt::{
    Assistant, AssistantCreate, AssistantList, AssistantResume, AssistantRetire, AssistantSuspend,
    AssistantUpdate, Format, Load, Named, Output,
};
use crate::render;
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble, Work};

const COLUMNS: [&str; 8] = ["slug", "name", "type", "status", "stopped", "risk_tier", "tenant_slug", "id"];

const LIST: &str = "
    SELECT * FROM awgp.assistant_list
    WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR type = $2)";

// A subsidiary's assistant may have the same slug: the tenant's own comes first.
const SHOW: &str = "
    SELECT * FROM awgp.assistant_list
    WHERE (slug = $1 OR id::text = lower($1))
    ORDER BY tenant_id <> awgp.current_tenant() LIMIT 1";

const OPEN_WORK: &str = "
    SELECT status, risk_level, title, started_at, id FROM awgp.work_item_list
    WHERE assistant_id::text = lower($1) AND status IN ('in_progress', 'awaiting_approval', 'backlog')
    ORDER BY array_position(ARRAY['in_progress', 'awaiting_approval', 'backlog'], status), created_at";

/// The stops that cover it.
const STOPS: &str = "SELECT scope, reason, stopped_at, stop_id FROM awgp.stops_in_force($1::text::uuid)";

/// The assistant of the tenant with a slug.
pub const EXISTING: &str =
    "SELECT * FROM awgp.assistants WHERE tenant_id = awgp.current_tenant() AND slug = $1";

/// Runs one command of the noun.
pub async fn run(noun: &Assistant, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    if let Assistant::Load(options) = noun {
        return invocation.decision(async |session| load(session, context, options, output).await).await;
    }
    invocation
        .answer(async |session| match noun {
            Assistant::Create(options) => create(session, context, options, output).await,
            // It ends in its own way.
            Assistant::Load(_) => Ok(String::new()),
            Assistant::List(options) => list(session, context, options, invocation.format).await,
            Assistant::Show(options) => show(session, context, options, output).await,
            Assistant::Suspend(options) => suspend(session, context, options, output).await,
            Assistant::Resume(options) => resume(session, context, options, output).await,
            Assistant::Update(options) => update(session, context, options, output).await,
            Assistant::Retire(options) => retire(session, context, options, output).await,
        })
        .await
}

/// Creates an assistant in the tenant.
async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &AssistantCreate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("create_assistant")
        .arg("name", "text", Some(&options.name))
        .arg("slug", "text", Some(&options.slug))
        .arg("type", "text", Some(&options.kind))
        .arg("risk_tier", "integer", options.risk_tier)
        .list("capabilities", &options.capabilities)
        .arg("configuration", "jsonb", options.configuration.as_ref())
        .arg("model_config", "jsonb", options.model_config.as_ref())
        .arg("max_cost_per_day", "numeric", options.max_cost_per_day.as_ref());
    let existing = Some((EXISTING, options.slug.as_str()));
    Ok(render::single(&making::make(work, &call, existing, &options.making).await?, output))
}

/// Creates the assistants of a file.
async fn load(
    session: &mut Session,
    context: Context<'_>,
    options: &Load,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    let columns = [
        "name",
        "slug",
        "type",
        "risk_tier",
        "capabilities",
        "configuration",
        "model_config",
        "max_cost_per_day",
    ];
    let lines = bulk::read(options, &columns)?;
    let call = async |_: &Work<'_>, line: &Line| {
        let slug = line.required("slug")?;
        let call = Call::new("create_assistant")
            .arg("name", "text", Some(line.required("name")?))
            .arg("slug", "text", Some(slug))
            .arg("type", "text", Some(line.required("type")?))
            .arg("risk_tier", "integer", line.get("risk_tier"))
            .list("capabilities", &line.several("capabilities"))
            .arg("configuration", "jsonb", line.get("configuration"))
            .arg("model_config", "jsonb", line.get("model_config"))
            .arg("max_cost_per_day", "numeric", line.get("max_cost_per_day"));
        Ok((call, Some((EXISTING, slug.clone()))))
    };
    bulk::load(session, context, options, &lines, call, output).await
}

/// Lists the assistants that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &AssistantList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("assistants", "status", options.status.as_deref()).await?;
    work.require_listed("assistants", "type", options.kind.as_deref()).await?;
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.status, &options.kind],
        order: &[up("r.tenant_slug", "text"), up("r.slug", "text"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["slug", "name", "description"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Shows one assistant.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    options: &Named,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = find(&work, &options.slug_or_id).await?;
    let text = with_open_work(&work, &id, output).await?;
    work.commit().await?;
    Ok(text)
}

/// Stops an assistant.
async fn suspend(
    session: &mut Session,
    context: Context<'_>,
    options: &AssistantSuspend,
    output: Output,
) -> Result<String, Trouble> {
    set_status(session, context, &options.slug_or_id, "suspended", Some(&options.reason), output).await
}

/// Lets an assistant work.
async fn resume(
    session: &mut Session,
    context: Context<'_>,
    options: &AssistantResume,
    output: Output,
) -> Result<String, Trouble> {
    set_status(session, context, &options.slug_or_id, "active", options.reason.as_ref(), output).await
}

/// Takes an assistant out of service.
async fn retire(
    session: &mut Session,
    context: Context<'_>,
    options: &AssistantRetire,
    output: Output,
) -> Result<String, Trouble> {
    set_status(session, context, &options.slug_or_id, "inactive", Some(&options.reason), output).await
}

/// Changes an assistant.
async fn update(
    session: &mut Session,
    context: Context<'_>,
    options: &AssistantUpdate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("update_assistant")
        .arg("assistant_id", "uuid", Some(find(&work, &options.slug_or_id).await?))
        .arg("name", "text", options.name.as_ref())
        .arg("description", "text", options.description.as_ref())
        .arg("risk_tier", "bigint", options.risk_tier)
        .list("capabilities", &options.capabilities)
        .arg("configuration", "jsonb", options.configuration.as_ref())
        .arg("model_config", "jsonb", options.model_config.as_ref())
        .arg("max_cost_per_day", "numeric", options.max_cost_per_day.as_ref());
    Ok(render::single(&work.conclude(&call).await?, output))
}

async fn set_status(
    session: &mut Session,
    context: Context<'_>,
    slug_or_id: &str,
    status: &str,
    reason: Option<&String>,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = find(&work, slug_or_id).await?;
    let call = Call::new("set_assistant_status")
        .arg("assistant_id", "uuid", Some(&id))
        .arg("status", "text", Some(status))
        .arg("reason", "text", reason);
    work.call_one(&call).await?;
    let text = with_open_work(&work, &id, output).await?;
    work.commit().await?;
    Ok(text)
}

/// The assistant, the stops that cover it, and its open work: one object in JSON, two tables for people.
async fn with_open_work(work: &Work<'_>, id: &str, output: Output) -> Result<String, Trouble> {
    match output {
        Output::Json => {
            let sql = format!(
                "SELECT a.*, (SELECT COALESCE(json_agg(row_to_json(s)), '[]') FROM ({STOPS}) AS s) AS stops,
                        (SELECT COALESCE(json_agg(row_to_json(o)), '[]') FROM ({OPEN_WORK}) AS o) AS open_work
                 FROM ({SHOW}) AS a"
            );
            let rows = work.select(&sql, &[&id]).await?;
            let row = rows.first().ok_or_else(|| ids::ASSISTANT.unknown(id))?;
            Ok(render::single(row, output))
        }
        Output::Table => {
            let rows = work.select(SHOW, &[&id]).await?;
            let row = rows.first().ok_or_else(|| ids::ASSISTANT.unknown(id))?;
            let open = work.select(OPEN_WORK, &[&id]).await?;
            let stops = work.select(STOPS, &[&id]).await?;
            let columns = ["status", "risk_level", "title", "started_at", "id"];
            let stopped = match stops.is_empty() {
                true => String::new(),
                false => {
                    let columns = ["scope", "reason", "stopped_at", "stop_id"];
                    format!("\nstopped: it begins nothing\n{}", render::list(&stops, &columns, output))
                }
            };
            Ok(format!(
                "{}{stopped}\nopen work\n{}",
                render::single(row, output),
                render::list(&open, &columns, output)
            ))
        }
    }
}

/// The id of an assistant that the tenant sees, as text.
pub async fn find(work: &Work<'_>, slug_or_id: &str) -> Result<String, Trouble> {
    // A subsidiary's assistant may have the same slug: the tenant's own comes first.
    let rows = work.select(SHOW, &[&slug_or_id]).await?;
    match rows.first().and_then(|row| row.text("id")) {
        Some(id) => Ok(id),
        None => ids::find(work, ids::ASSISTANT, slug_or_id).await,
    }
}

/// The same for an option that may be left out.
pub async fn find_given(work: &Work<'_>, slug_or_id: Option<&str>) -> Result<Option<String>, Trouble> {
    match slug_or_id {
        Some(slug_or_id) => Ok(Some(find(work, slug_or_id).await?)),
        None => Ok(None),
    }
}
