//! `awgp action`: the calls before an assistant acts and after.

use crate::ids;
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::opt::{Action, ActionBegin, ActionFinish, ActionList, ActionNamed, Format, Output};
use crate::{assistant, render};
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, input};
use awgp_core::reason::{Family, Reason};

const BEGIN: &str = "
    SELECT awgp.begin_action($1::text::uuid, $2, $3, $4::text::numeric, COALESCE($5::text, '15 minutes')::interval,
                             $6)::text";
const FINISH: &str = "
    SELECT awgp.finish_action($1::text::uuid, $2, $3, $4, $5, $6::text::numeric, $7::text::jsonb)::text";

const COLUMNS: [&str; 8] = [
    "begun_at",
    "action",
    "status",
    "assistant_slug",
    "work_item_title",
    "estimated_cost",
    "cost_amount",
    "id",
];
const LIST: &str = "
    SELECT * FROM awgp.action_list
    WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR assistant_id = $2::text::uuid)
      AND ($3::text IS NULL OR work_item_id = $3::text::uuid)";
const SHOW: &str = "SELECT * FROM awgp.action_list WHERE id = $1::text::uuid";

/// Runs one command of the noun.
pub async fn run(noun: &Action, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, format, .. } = *invocation;
    match noun {
        Action::Begin(options) => {
            invocation.decision(async |session| begin(session, context, options, output).await).await
        }
        Action::Finish(options) => {
            invocation.answer(async |session| finish(session, context, options, output).await).await
        }
        Action::List(options) => {
            invocation.answer(async |session| list(session, context, options, format).await).await
        }
        Action::Show(named) => {
            invocation.answer(async |session| show(session, context, named, output).await).await
        }
    }
}

/// Begins an action, and commits in every case: a denial is in the trail too.
async fn begin(
    session: &mut Session,
    context: Context<'_>,
    options: &ActionBegin,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    let work = session.begin(context).await?;
    work.require_tenant().await?;
    let ActionBegin { work_item, action, provider, estimated_cost, expires_in, idempotency_key } = options;
    let work_item = &ids::find(&work, ids::WORK, work_item).await?;
    let arguments: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [work_item, action, provider, estimated_cost, expires_in, idempotency_key];
    let answer = work.text(BEGIN, &arguments).await?;
    work.commit().await?;
    let row = read(&answer)?;
    let exit = match (row.text("allowed").as_deref(), row.text("reason")) {
        (Some("true"), _) => Exit::Success,
        (_, Some(reason)) if is_limit(&reason) => Exit::LimitExceeded,
        _ => Exit::NotAllowed,
    };
    Ok((render::single(&row, output), exit))
}

/// Ends an action.
async fn finish(
    session: &mut Session,
    context: Context<'_>,
    options: &ActionFinish,
    output: Output,
) -> Result<String, Trouble> {
    let ActionFinish { action, outcome, model, input_tokens, output_tokens, cost_amount, result } = options;
    let result = result.as_ref().map(|result| input::json("--result", result)).transpose()?;
    let work = session.begin(context).await?;
    work.require_tenant().await?;
    let answer = work
        .text(FINISH, &[action, outcome, model, input_tokens, output_tokens, cost_amount, &result])
        .await?;
    work.commit().await?;
    Ok(render::single(&read(&answer)?, output))
}

/// Lists actions.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &ActionList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("governed_actions", "status", options.status.as_deref()).await?;
    let assistant = assistant::find_given(&work, options.assistant.as_deref()).await?;
    let work_item = ids::find_given(&work, ids::WORK, options.work_item.as_ref()).await?;
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.status, &assistant, &work_item],
        order: &[down("r.begun_at", "timestamptz"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["action", "assistant_slug", "work_item_title"],
        moment: "begun_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Shows one action.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    named: &ActionNamed,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let row = ids::row(&work, ids::ACTION, SHOW, &named.id).await?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

fn is_limit(reason: &str) -> bool {
    let named = Reason::ALL.iter().find(|known| known.name() == reason);
    named.is_some_and(|known| known.family() == Family::LimitExceeded)
}

fn read(answer: &str) -> Result<Row, Failure> {
    Row::from_json(answer).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
    })
}
