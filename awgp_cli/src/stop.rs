//! `awgp stop` and `awgp resume`.

mod verify;

use crate::invocation::Invocation;
use crate::list::{self, List, down};
use crate::opt::{Format, Output, Resume, Stop, StopList};
use crate::{assistant, ids, render};
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, Work};
use serde_json::{Value, json};
use std::fmt::Write as _;
use tokio_postgres::error::SqlState;

const COLUMNS: [&str; 7] = ["stopped_at", "scope", "tenant_slug", "assistant", "state", "reason", "id"];
const WHOLE: [&str; 15] = [
    "id",
    "scope",
    "tenant_slug",
    "assistant",
    "state",
    "reason",
    "stopped_at",
    "stopped_by_email",
    "stopped_login",
    "resume_by_other",
    "resume_role",
    "resumed_at",
    "resumed_by_email",
    "resumed_login",
    "resume_reason",
];
const LIST: &str = "SELECT * FROM awgp.stop_list WHERE (NOT $1::boolean OR state = 'in_force')";

const STOP: &str = "SELECT awgp.stop($1, $2, $3::text::uuid)::text";
const RESUME: &str = "SELECT awgp.resume($1::text::uuid, $2)::text";
const DETAILS: &str = "SELECT awgp.stop_details($1::text::uuid)::text";

/// What runs, as the answers of the functions have it, with the columns that people read.
const RUNNING: [(&str, &str, &[&str]); 3] = [
    ("actions", "open actions", &["action", "status", "begun_at", "expires_at", "id"]),
    ("reservations", "held reservations", &["provider", "amount", "reserved_at", "expires_at", "id"]),
    ("work_items", "work in progress", &["title", "started_at", "id"]),
];

/// Runs one command of the noun.
pub async fn run(noun: &Stop, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, format, .. } = *invocation;
    let (scope, given, reason) = match noun {
        Stop::Assistant(options) => ("assistant", Some(&options.slug_or_id), &options.reason),
        Stop::Tenant(options) => ("tenant", options.slug_or_id.as_ref(), &options.reason),
        Stop::Holding(options) => ("holding", options.slug_or_id.as_ref(), &options.reason),
        Stop::Installation(options) => ("installation", None, &options.reason),
        Stop::List(options) => {
            return invocation.answer(async |session| list(session, context, options, format).await).await;
        }
        Stop::Show(options) => {
            return invocation
                .answer(async |session| show(session, context, &options.id, output).await)
                .await;
        }
        Stop::Verify(options) => return verify::run(options, invocation).await,
    };
    invocation.answer(async |session| stop(session, context, (scope, given, reason), output).await).await
}

/// `awgp resume`.
pub async fn resume(options: &Resume, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    let resume = async |session: &mut Session| {
        let work = session.begin(context).await?;
        let id = ids::find(&work, ids::STOP, &options.id).await?;
        let answer = work.text(RESUME, &[&id, &options.reason]).await?;
        work.commit().await?;
        told(&answer, output)
    };
    invocation.answer(resume).await
}

/// Stops, and shows what runs.
async fn stop(
    session: &mut Session,
    context: Context<'_>,
    (scope, given, reason): (&str, Option<&String>, &String),
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let id = match (scope, given) {
        ("assistant", Some(given)) => Some(found_assistant(&work, given).await?),
        (_, Some(given)) => Some(ids::find(&work, ids::TENANT, given).await?),
        (_, None) => None,
    };
    let answer = work.text(STOP, &[&scope, reason, &id]).await?;
    work.commit().await?;
    told(&answer, output)
}

/// An id is taken as it is: without a tenant in context nobody reads assistants.
async fn found_assistant(work: &Work<'_>, given: &str) -> Result<String, Trouble> {
    match uuid::Uuid::parse_str(given) {
        Ok(id) => Ok(id.to_string()),
        Err(_) => assistant::find(work, given).await.map_err(|trouble| match trouble {
            Trouble::Sql(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                let text = "this login reads no assistants by name";
                Failure::new(Exit::Usage, text).hint("give the assistant's id, whole").into()
            }
            trouble => trouble,
        }),
    }
}

/// Lists stops.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &StopList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.in_force],
        order: &[down("r.stopped_at", "timestamptz"), down("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &WHOLE,
        words: &["scope", "tenant_slug", "assistant", "reason"],
        moment: "stopped_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Shows one stop with its names, and what runs.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    given: &str,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let row = ids::row(&work, ids::STOP, given).await?;
    let id = row.text("id").unwrap_or_default();
    let details: Value = parsed(&work.text(DETAILS, &[&id]).await?)?;
    work.commit().await?;
    let running = &details["running"];
    match output {
        Output::Json => {
            let mut whole = json!(row);
            whole["running"] = running.clone();
            Ok(render::pretty(&whole))
        }
        Output::Table => Ok(render::single(&row, output) + &running_table(running)?),
    }
}

/// The answer of `stop()` and `resume()`.
fn told(answer: &str, output: Output) -> Result<String, Trouble> {
    let mut answer = parsed(answer)?;
    if output == Output::Json {
        return Ok(render::pretty(&answer));
    }
    let running = answer["running"].take();
    if let Some(object) = answer.as_object_mut() {
        object.shift_remove("running");
    }
    Ok(render::single(&row_of(&answer)?, output) + &running_table(&running)?)
}

/// What runs, a table for each kind. A list that is not whole says so.
fn running_table(running: &Value) -> Result<String, Trouble> {
    let mut text = String::new();
    for (kind, called, columns) in RUNNING {
        let first = running[kind]["first"].as_array().cloned().unwrap_or_default();
        let rows: Vec<Row> = first.iter().map(row_of).collect::<Result<_, _>>()?;
        let count = running[kind]["count"].as_u64().unwrap_or_default();
        let _ = writeln!(text, "\n{called}: {count}");
        if !rows.is_empty() {
            text.push_str(&render::list(&rows, columns, Output::Table));
        }
        let shown = u64::try_from(rows.len()).unwrap_or(count);
        if shown < count {
            let _ = writeln!(text, "({} more; in their tenant: awgp.stop_running)", count - shown);
        }
    }
    Ok(text)
}

fn row_of(value: &Value) -> Result<Row, Trouble> {
    serde_json::from_str(&value.to_string()).map_err(|error| unreadable(&error).into())
}

fn parsed(text: &str) -> Result<Value, Trouble> {
    serde_json::from_str(text).map_err(|error| unreadable(&error).into())
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
}
