//! `awgp action`: the calls before an assistant acts and after.

use crate::ids;
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::opt::{
    Action, ActionBegin, ActionFinish, ActionList, ActionReconcile, ActionSpent, Format, Output,
};
use crate::{assistant, render, verb};
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, input};
use awgp_core::reason::{Family, Reason};

const BEGIN: &str = "
    SELECT awgp.begin_action($1::text::uuid, $2, $3, $4::text::numeric, COALESCE($5::text, '15 minutes')::interval,
                             $6, $7::text::jsonb, $8::text::uuid)::text";
/// The assistant in context, beside the tenant and the user.
const ACT_AS: &str = "
    SELECT awgp.set_context(awgp.current_tenant(), awgp.current_user_id(), $1::text::uuid)::text";
const RECONCILE: &str = "
    SELECT awgp.reconcile_action($1::text::uuid, $2, $9, $3, $4, $5, $6::text::numeric, $7::text::jsonb, $8)::text";
const FINISH: &str = "
    SELECT awgp.finish_action($1::text::uuid, $2, $3, $4, $5, $6::text::numeric, $7::text::jsonb, $8)::text";

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

const DENIED_COLUMNS: [&str; 8] = [
    "denied_at",
    "action",
    "reason",
    "work_item_title",
    "actor_name",
    "provider",
    "estimated_cost",
    "work_item_id",
];
/// What begin_action() has denied. Events that a client has logged are none.
const DENIED: &str = "
    SELECT id, tenant_id, \"timestamp\" AS denied_at, after_state ->> 'action' AS action,
           COALESCE(after_state ->> 'reason', 'unknown') AS reason, entity_name AS work_item_title,
           actor_type, actor_name, after_state ->> 'provider' AS provider,
           after_state ->> 'estimated_cost' AS estimated_cost, after_state -> 'facts' AS facts,
           entity_id AS work_item_id
    FROM awgp.trail_list
    WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]) AND entity_type = 'work_items'
      AND action = 'action.denied' AND origin IS NULL
      AND ($1::text IS NULL OR after_state ->> 'assistant_id' = $1)
      AND ($2::text IS NULL OR entity_id = $2::text::uuid)";

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
        Action::Reconcile(options) => {
            invocation.answer(async |session| reconcile(session, context, options, output).await).await
        }
        Action::List(options) => {
            invocation.answer(async |session| list(session, context, options, format).await).await
        }
        Action::Show(named) => {
            let show = async |session: &mut Session| {
                verb::show(session, context, ids::ACTION, &named.id, output).await
            };
            invocation.answer(show).await
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
    let ActionBegin { work_item, action, provider, estimated_cost, expires_in, idempotency_key, .. } =
        options;
    let told = options.arguments.as_ref().map(|json| input::json("--arguments", json)).transpose()?;
    let work = session.begin(context).await?;
    work.require_tenant().await?;
    let work_item = &ids::find(&work, ids::WORK, work_item).await?;
    let approval = ids::find_given(&work, ids::APPROVAL, options.approval.as_ref()).await?;
    if let Some(assistant) = assistant::find_given(&work, options.assistant.as_deref()).await? {
        work.run(ACT_AS, &[&assistant]).await?;
    }
    let arguments: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [work_item, action, provider, estimated_cost, expires_in, idempotency_key, &told, &approval];
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
    end(session, context, FINISH, (&options.action, &options.outcome), &options.spent, None, output).await
}

/// Says what became of an action.
async fn reconcile(
    session: &mut Session,
    context: Context<'_>,
    options: &ActionReconcile,
    output: Output,
) -> Result<String, Trouble> {
    let ended = (&options.action, &options.outcome);
    end(session, context, RECONCILE, ended, &options.spent, Some(&options.reason), output).await
}

/// Ends the action with this outcome, by this statement.
async fn end(
    session: &mut Session,
    context: Context<'_>,
    sql: &str,
    (action, outcome): (&String, &String),
    spent: &ActionSpent,
    reason: Option<&String>,
    output: Output,
) -> Result<String, Trouble> {
    let ActionSpent { model, input_tokens, output_tokens, cost_amount, result, receipt } = spent;
    let result = result.as_ref().map(|result| input::json("--result", result)).transpose()?;
    let work = session.begin(context).await?;
    work.require_tenant().await?;
    let action = ids::find(&work, ids::ACTION, action).await?;
    let mut arguments: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
        vec![&action, outcome, model, input_tokens, output_tokens, cost_amount, &result, receipt];
    if let Some(reason) = &reason {
        arguments.push(*reason);
    }
    let answer = work.text(sql, &arguments).await?;
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
    if options.denied {
        let list = List {
            query: DENIED.into(),
            parameters: vec![&assistant, &work_item],
            order: &[down("r.denied_at", "timestamptz"), down("r.id", "bigint")],
            columns: &DENIED_COLUMNS,
            whole: &DENIED_COLUMNS,
            words: &["action", "reason", "work_item_title"],
            moment: "denied_at",
        };
        let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
        work.commit().await?;
        return Ok(text);
    }
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

fn is_limit(reason: &str) -> bool {
    let named = Reason::ALL.iter().find(|known| known.name() == reason);
    named.is_some_and(|known| known.family() == Family::LimitExceeded)
}

fn read(answer: &str) -> Result<Row, Failure> {
    Row::from_json(answer).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
    })
}
