//! `awgp flag`: potential hallucinations, and the result of their review.

use crate::assistant;
use crate::ids;
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::making;
use crate::opt::{Flag, FlagCreate, FlagList, Format, Limit, Narrow, Output};
use crate::render;
use crate::verb;
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
    WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR assistant_id = $2::text::uuid)";

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
    SELECT * FROM awgp.assistant_quality WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])";

/// Runs one command of the noun.
pub async fn run(noun: &Flag, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Flag::Create(options) => create(session, context, options, output).await,
            Flag::List(options) => list(session, context, options, invocation.format).await,
            Flag::Review(options) => {
                let call = Call::new("review_hallucination")
                    .arg("status", "text", Some(&options.status))
                    .arg("notes", "text", options.notes.as_ref());
                verb::change(session, context, (ids::FLAG, &options.id), call, output).await
            }
            Flag::Quality(options) => quality(session, context, options, invocation.format).await,
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
    making::refuse_if_not_exists(&options.making, "flags")?;
    let work = session.begin_in_tenant(context).await?;
    let assistant_id = assistant::find(&work, &options.assistant).await?;
    let call = Call::new("flag_hallucination")
        .arg("assistant_id", "uuid", Some(assistant_id))
        .arg("detection_method", "text", Some(&options.method))
        .arg("confidence_score", "numeric", options.confidence.as_ref())
        .arg("flagged_content", "text", options.content.as_ref())
        .arg("work_item_id", "uuid", ids::find_given(&work, ids::WORK, options.work_item.as_ref()).await?)
        .arg(
            "conversation_log_id",
            "uuid",
            ids::find_given(&work, ids::CONVERSATION, options.conversation.as_ref()).await?,
        );
    Ok(render::single(&making::make(work, &call, None, &options.making).await?, output))
}

/// Lists the flags that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &FlagList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("hallucination_flags", "status", options.status.as_deref()).await?;
    let assistant_id = assistant::find_given(&work, options.assistant.as_deref()).await?;
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.status, &assistant_id],
        order: &[down("r.created_at", "timestamptz"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["flagged_content", "assistant_slug", "model"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Shows how often each assistant was wrong.
async fn quality(
    session: &mut Session,
    context: Context<'_>,
    limit: &Limit,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let list = List {
        query: QUALITY.into(),
        parameters: Vec::new(),
        order: &[
            down("r.confirmed", "bigint"),
            up("r.assistant_slug", "text"),
            up("COALESCE(r.model, '')", "text"),
            up("r.assistant_id", "uuid"),
        ],
        columns: &QUALITY_COLUMNS,
        whole: &QUALITY_COLUMNS,
        words: &[],
        moment: "",
    };
    let text = list::show(&work, &list, limit, &Narrow::default(), format).await?;
    work.commit().await?;
    Ok(text)
}
