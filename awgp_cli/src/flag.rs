//! `awgp flag`: potential hallucinations, and the result of their review.

use crate::assistant;
use crate::invocation::Invocation;
use crate::opt::{Flag, FlagCreate, FlagList, FlagReview, Output};
use crate::render;
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble};

const COLUMNS: [&str; 8] = [
    "status",
    "assistant_slug",
    "model",
    "detection_method",
    "confidence_score",
    "flagged_content",
    "created_at",
    "id",
];

const LIST: &str = "
    SELECT * FROM awgp.hallucination_flag_list
    WHERE ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR assistant_id = $3::text::uuid)
    ORDER BY created_at DESC, id LIMIT $1::bigint";

const QUALITY_COLUMNS: [&str; 10] = [
    "assistant_slug",
    "model",
    "conversations",
    "work_items",
    "flags",
    "pending",
    "false_positives",
    "confirmed",
    "confirmed_per_conversation",
    "precision",
];

const QUALITY: &str = "
    SELECT * FROM awgp.assistant_quality WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])
    ORDER BY confirmed DESC, assistant_slug, model";

/// Runs one command of the noun.
pub async fn run(noun: &Flag, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Flag::Create(options) => create(session, context, options, output).await,
            Flag::List(options) => list(session, context, options, output).await,
            Flag::Review(options) => review(session, context, options, output).await,
            Flag::Quality => quality(session, context, output).await,
        })
        .await
}

/// Flags what an assistant has said.
async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &FlagCreate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let assistant_id = assistant::find(&work, &options.assistant).await?;
    let call = Call::new("flag_hallucination")
        .arg("assistant_id", "uuid", Some(assistant_id))
        .arg("detection_method", "text", Some(&options.method))
        .arg("confidence_score", "numeric", options.confidence.as_ref())
        .arg("flagged_content", "text", options.content.as_ref())
        .arg("work_item_id", "uuid", options.work_item.as_ref())
        .arg("conversation_log_id", "uuid", options.conversation.as_ref());
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Lists the flags that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &FlagList,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("hallucination_flags", "status", options.status.as_deref()).await?;
    let assistant_id = assistant::find_given(&work, options.assistant.as_deref()).await?;
    let rows = work.select(LIST, &[&i64::from(options.limit.rows), &options.status, &assistant_id]).await?;
    work.commit().await?;
    Ok(render::list(&rows, &COLUMNS, output))
}

/// Reviews a flag.
async fn review(
    session: &mut Session,
    context: Context<'_>,
    options: &FlagReview,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("review_hallucination")
        .arg("flag_id", "uuid", Some(&options.id))
        .arg("status", "text", Some(&options.status))
        .arg("notes", "text", options.notes.as_ref());
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Shows how often each assistant was wrong.
async fn quality(session: &mut Session, context: Context<'_>, output: Output) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let rows = work.select(QUALITY, &[]).await?;
    work.commit().await?;
    Ok(render::list(&rows, &QUALITY_COLUMNS, output))
}
