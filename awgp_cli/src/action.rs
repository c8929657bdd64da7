//! `awgp action`: the calls before an assistant acts and after.

use crate::ids;
use crate::invocation::Invocation;
use crate::opt::{Action, ActionBegin, ActionFinish, Output};
use crate::render;
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, input};
use awgp_core::reason::{Family, Reason};

const BEGIN: &str = "
    SELECT awgp.begin_action($1::text::uuid, $2, $3, $4::text::numeric, COALESCE($5::text, '15 minutes')::interval,
                             $6)::text";
const FINISH: &str = "
    SELECT awgp.finish_action($1::text::uuid, $2, $3, $4, $5, $6::text::numeric, $7::text::jsonb)::text";

/// Runs one command of the noun.
pub async fn run(noun: &Action, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    match noun {
        Action::Begin(options) => {
            invocation.decision(async |session| begin(session, context, options, output).await).await
        }
        Action::Finish(options) => {
            invocation.answer(async |session| finish(session, context, options, output).await).await
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

fn is_limit(reason: &str) -> bool {
    let named = Reason::ALL.iter().find(|known| known.name() == reason);
    named.is_some_and(|known| known.family() == Family::LimitExceeded)
}

fn read(answer: &str) -> Result<Row, Failure> {
    Row::from_json(answer).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
    })
}
