//! `awgp conversation`: logging, finding, holding and erasing conversations.

pub mod export;

use crate::assistant;
use crate::confirm;
use crate::given;
use crate::ids::{self, CONVERSATION};
use crate::invocation::{Invocation, print};
use crate::list::{self, List, down, up};
use crate::opt::{
    Conversation, ConversationList, ConversationLog, ConversationNamed, ConversationSearch, Format, Output,
};
use crate::render;
use crate::verb;
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble, input};
use std::path::Path;

const COLUMNS: [&str; 9] = [
    "assistant_slug",
    "channel",
    "external_id",
    "message_count",
    "cost_amount",
    "started_at",
    "ended_at",
    "erased_at",
    "id",
];

/// The columns of a list for programs.
const LISTED: &str =
    "id, tenant_id, assistant_id, assistant_slug, work_item_id, channel, external_id, message_count, model,
    cost_amount, token_count, started_at, ended_at, legal_hold, erased_at";

const LIST: &str = "
    SELECT {listed} FROM awgp.conversation_list
    WHERE ($1::text IS NULL OR assistant_id = $1::text::uuid) AND ($2::text IS NULL OR external_id = $2)";

/// A search finds no more: max_rows of find_conversations().
const FOUND: &str = "1000";

const SEARCH: &str = "
    SELECT {listed}, place
    FROM (SELECT *, row_number() OVER () AS place
          FROM awgp.find_conversations($1, $2::text::uuid, $3::text::integer)) AS found";

// The visible tenants are conditions in addition to row-level security, which does not apply to a superuser's
// login.
const SHOW: &str = "
    SELECT to_jsonb(c) - 'content_salt'
           || (SELECT to_jsonb(l) FROM awgp.conversation_list AS l WHERE l.id = c.id) AS conversation
    FROM awgp.conversation_logs AS c
    WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]) AND id = $1::text::uuid";

/// Runs one command of the noun.
pub async fn run(noun: &Conversation, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    let answer = async |session: &mut Session| match noun {
        Conversation::Log(options) => log(session, context, options, output).await.map(Some),
        Conversation::Append(options) => {
            let call = Call::new("append_conversation").arg("messages", "jsonb", Some(read(&options.file)?));
            verb::change(session, context, (CONVERSATION, &options.id), call, output).await.map(Some)
        }
        Conversation::End(named) => {
            let call = Call::new("end_conversation");
            verb::change(session, context, (CONVERSATION, &named.id), call, output).await.map(Some)
        }
        Conversation::List(options) => list(session, context, options, invocation.format).await.map(Some),
        Conversation::Show(options) => show(session, context, options, output).await.map(Some),
        Conversation::Search(options) => search(session, context, options, invocation.format).await.map(Some),
        Conversation::Hold(options) => {
            let call = Call::new("hold_conversation").arg("hold", "boolean", Some(!options.release));
            verb::change(session, context, (CONVERSATION, &options.id), call, output).await.map(Some)
        }
        Conversation::Erase(options) => {
            let (which, asked) = ((CONVERSATION, &*options.id), (&confirm::ERASE, &options.sure));
            let call = Call::new("erase_conversation").arg("reason", "text", Some(&options.reason));
            verb::change_for_good(session, context, which, asked, call, output).await.map(Some)
        }
        // It prints its own output.
        Conversation::Export(options) => {
            export::export(session, context, options, output).await.map(|()| None)
        }
    };
    match invocation.connected(answer).await? {
        Some(text) => print(&text, Exit::Success),
        None => Ok(Exit::Success),
    }
}

/// Logs a conversation, and ends it if requested.
pub async fn log(
    session: &mut Session,
    context: Context<'_>,
    options: &ConversationLog,
    output: Output,
) -> Result<String, Trouble> {
    let messages = read(&options.file)?;
    let work = session.begin_in_tenant(context).await?;
    let assistant_id = assistant::find(&work, &options.assistant).await?;
    let call = Call::new("log_conversation")
        .arg("assistant_id", "uuid", Some(assistant_id))
        .arg("channel", "text", Some(&options.channel))
        .arg("messages", "jsonb", Some(messages))
        .arg("work_item_id", "uuid", ids::find_given(&work, ids::WORK, options.work_item.as_ref()).await?)
        .arg("external_id", "text", options.external_id.as_ref())
        .arg("cost_amount", "numeric", options.cost.as_ref())
        .arg("token_count", "integer", options.tokens);
    let mut row = work.call_one(&call).await?;
    // A retry finds what the first call has ended.
    if options.end && row.text("ended_at").is_none_or(|ended| ended.is_empty()) {
        let end = Call::new("end_conversation").arg("conversation_log_id", "uuid", row.text("id"));
        row = work.call_one(&end).await?;
    }
    work.commit().await?;
    Ok(render::single(&row, output))
}

fn read(file: &Path) -> Result<String, Failure> {
    let (place, text) = if file == Path::new("-") {
        ("standard input".to_owned(), given::stdin(u64::MAX))
    } else {
        (file.display().to_string(), input::file(file))
    };
    let text = text.map_err(|error| {
        Failure::new(Exit::BadArgument, format!("{place}: {error}"))
            .hint("name a file with a JSON array of messages, or with one message per line (JSON Lines)")
    })?;
    given::json_array(&place, &text, "a JSON array of messages")
}

/// Lists the conversations that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &ConversationList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let assistant_id = assistant::find_given(&work, options.assistant.as_deref()).await?;
    let sql = LIST.replace("{listed}", LISTED);
    let list = List {
        query: sql.into(),
        parameters: vec![&assistant_id, &options.external_id],
        order: &[down("r.started_at", "timestamptz"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["assistant_slug", "channel", "external_id"],
        moment: "started_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Shows one conversation.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    options: &ConversationNamed,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = ids::find(&work, CONVERSATION, &options.id).await?;
    let rows = work.select(SHOW, &[&id]).await?;
    work.commit().await?;
    let found = rows.first().and_then(|row| row.raw("conversation")).map(|json| Row::from_json(json.get()));
    match found {
        Some(Ok(row)) => Ok(render::single(&row, output)),
        _ => Err(Failure::new(Exit::NotFound, format!("the tenant has no conversation {}", options.id))
            .hint("list the conversations with `awgp conversation list`")
            .into()),
    }
}

/// Finds conversations by their words.
async fn search(
    session: &mut Session,
    context: Context<'_>,
    options: &ConversationSearch,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let assistant_id = assistant::find_given(&work, options.assistant.as_deref()).await?;
    let sql = SEARCH.replace("{listed}", LISTED);
    let list = List {
        query: sql.into(),
        parameters: vec![&options.query, &assistant_id, &FOUND],
        order: &[up("r.place", "bigint")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["assistant_slug", "channel", "external_id"],
        moment: "started_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}
