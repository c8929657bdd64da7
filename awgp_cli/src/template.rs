//! `awgp template`: templates of assistants.

use crate::assistant;
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::making;
use crate::opt::{
    Format, Output, Template, TemplateApply, TemplateContent, TemplateCreate, TemplateDiff, TemplateList,
    TemplateNamed, TemplateUpdate,
};
use crate::render;
use crate::verb;
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble};

const COLUMNS: [&str; 7] = ["slug", "name", "type", "risk_tier", "version", "is_system", "id"];
const CHANGES: [&str; 3] = ["path", "current", "proposed"];

const LIST: &str = "
    SELECT * FROM awgp.assistant_templates WHERE $1::text IS NULL OR type = $1";

const SHOW: &str = "SELECT * FROM awgp.assistant_templates WHERE slug = $1";

/// Runs one command of the noun.
pub async fn run(noun: &Template, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Template::List(options) => list(session, context, options, invocation.format).await,
            Template::Show(options) => show(session, context, options, output).await,
            Template::Create(options) => create(session, context, options, output).await,
            Template::Update(options) => update(session, context, options, output).await,
            Template::Apply(options) => apply(session, context, options, output).await,
            Template::Diff(options) => diff(session, context, options, output).await,
        })
        .await
}

/// Lists the templates.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &TemplateList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    work.require_listed("assistant_templates", "type", options.kind.as_deref()).await?;
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.kind],
        order: &[down("r.is_system", "boolean"), up("r.slug", "text"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["slug", "name"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Shows one template.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    options: &TemplateNamed,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let rows = work.select(SHOW, &[&options.slug]).await?;
    work.commit().await?;
    let row = rows.first().ok_or_else(|| unknown(&options.slug))?;
    Ok(render::single(row, output))
}

/// Creates an assistant from a template.
async fn apply(
    session: &mut Session,
    context: Context<'_>,
    options: &TemplateApply,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("create_assistant_from_template")
        .arg("template_slug", "text", Some(&options.template))
        .arg("name", "text", Some(&options.name))
        .arg("slug", "text", Some(&options.slug))
        .arg("overrides", "jsonb", options.overrides.as_ref());
    let existing = Some((assistant::EXISTING, options.slug.as_str()));
    Ok(render::single(&making::make(work, &call, existing, &options.making).await?, output))
}

/// Shows what the newest version of its template would change on an assistant.
pub async fn diff(
    session: &mut Session,
    context: Context<'_>,
    options: &TemplateDiff,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = assistant::find(&work, &options.assistant).await?;
    let answer = work.text("SELECT awgp.template_difference($1::text::uuid)::text", &[&id]).await?;
    work.commit().await?;
    let unreadable =
        |error| Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"));
    let row = Row::from_json(&answer).map_err(unreadable)?;
    if output == Output::Json {
        return Ok(render::single(&row, output));
    }
    let changes = row.raw("changes").map_or("[]", |changes| changes.get());
    let changes: Vec<Row> = serde_json::from_str(changes).map_err(unreadable)?;
    let text = |name| row.text(name).unwrap_or_default();
    let versions = format!(
        "{}: made from version {}, newest is {}\n",
        text("template_slug"),
        text("made_from_version"),
        text("newest_version")
    );
    if changes.is_empty() {
        return Ok(versions + "nothing would change\n");
    }
    Ok(versions + &render::list(&changes, &CHANGES, output))
}

fn unknown(slug: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("there is no template \"{slug}\""))
        .hint("list the templates with `awgp template list`; it needs --tenant or the role awgp_admin")
}

/// Creates a template.
async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &TemplateCreate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let call = Call::new("create_template")
        .arg("name", "text", Some(&options.name))
        .arg("slug", "text", Some(&options.slug))
        .arg("type", "text", Some(&options.kind));
    let existing = Some((SHOW, options.slug.as_str()));
    let call = with_content(call, &options.content);
    Ok(render::single(&making::make(work, &call, existing, &options.making).await?, output))
}

/// Changes a template.
async fn update(
    session: &mut Session,
    context: Context<'_>,
    options: &TemplateUpdate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let call = Call::new("update_template").arg("slug", "text", Some(&options.slug)).arg(
        "name",
        "text",
        options.name.as_ref(),
    );
    verb::changed(work, &with_content(call, &options.content), || unknown(&options.slug), output).await
}

fn with_content(call: Call, content: &TemplateContent) -> Call {
    call.arg("description", "text", content.description.as_ref())
        .arg("risk_tier", "bigint", content.risk_tier)
        .list("capabilities", &content.capabilities)
        .arg("configuration", "jsonb", content.configuration.as_ref())
        .arg("model_config", "jsonb", content.model_config.as_ref())
        .arg("max_cost_per_day", "numeric", content.max_cost_per_day.as_ref())
}
