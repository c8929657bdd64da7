//! What was said, for the record.

use crate::serve::desk::{self, Caller, require_work_item};
use crate::serve::offer::{Effect, Offer};
use crate::serve::refused::Refused;
use crate::serve::schema::Id;
use awgp_client::{Exit, Failure, Trouble, Work, input};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const LOG: &str = "
    SELECT id AS conversation_id, message_count, ended_at
    FROM awgp.log_conversation(awgp.current_assistant_id(), $1, $2::text::jsonb, $3::text::uuid, $4)";
const APPEND: &str = "
    SELECT id AS conversation_id, message_count, ended_at
    FROM awgp.append_conversation($1::text::uuid, $2::text::jsonb)";
const END: &str = "
    SELECT id AS conversation_id, message_count, ended_at FROM awgp.end_conversation($1::text::uuid)";

/// A conversation after a call.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Conversation {
    /// Its id.
    pub conversation_id: String,
    /// How many messages it has now.
    pub message_count: i64,
    /// When it ended; null: it is open.
    pub ended_at: Option<String>,
}

async fn made(work: &Work<'_>, sql: &str, given: desk::Parameters<'_>) -> Result<Conversation, Trouble> {
    let row = desk::one(work, sql, given).await?;
    row.ok_or_else(|| Failure::new(Exit::Unexpected, "the server returned no row").into())
}

fn array(messages: &[Map<String, Value>]) -> Result<String, Refused> {
    let text = serde_json::to_string(messages).unwrap_or_default();
    Ok(input::json("messages", &text)?)
}

/// `log_conversation`.
pub struct LogConversation;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// Where it takes place, such as internal, slack or email.
    #[schemars(length(min = 1))]
    pub channel: String,
    /// The messages so far, each as your runtime has it: objects with role and content.
    #[schemars(length(max = 10_000))]
    pub messages: Vec<Map<String, Value>>,
    /// The work item that it is about.
    pub work_item_id: Option<Id>,
    /// Its id on the channel. The same call again under this id records nothing new.
    pub external_id: Option<String>,
}

impl Offer for LogConversation {
    const NAME: &'static str = "log_conversation";
    const TITLE: &'static str = "Record a conversation";
    const DESCRIPTION: &'static str = "Records what you said and were told, and answers with the conversation's id; \
        add later turns with append_conversation. Content can be erased later, unlike the trail.";
    const EFFECT: Effect = Effect::Adds;
    type Arguments = Logging;
    type Answer = Conversation;

    async fn call(caller: &Caller<'_>, given: Logging) -> Result<Conversation, Refused> {
        let messages = array(&given.messages)?;
        let logged = caller.transact(async |work| {
            let item = given.work_item_id.as_ref().map(Id::text);
            if let Some(item) = item {
                require_work_item(work, item).await?;
            }
            made(work, LOG, &[&given.channel, &messages, &item, &given.external_id]).await
        });
        Ok(logged.await?)
    }
}

/// `append_conversation`.
pub struct AppendConversation;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Appending {
    /// What log_conversation has answered with.
    pub conversation_id: Id,
    /// The next messages; [] to end the conversation only.
    #[schemars(length(max = 10_000))]
    pub messages: Vec<Map<String, Value>>,
    /// Whether it ends with them. Nothing is added afterwards.
    #[serde(default)]
    pub end: bool,
}

impl Offer for AppendConversation {
    const NAME: &'static str = "append_conversation";
    const TITLE: &'static str = "Add turns to a conversation";
    const DESCRIPTION: &'static str = "Adds messages to a conversation of yours that is open. The same call again adds \
        them again: compare message_count if you got no answer.";
    const EFFECT: Effect = Effect::Adds;
    type Arguments = Appending;
    type Answer = Conversation;

    async fn call(caller: &Caller<'_>, given: Appending) -> Result<Conversation, Refused> {
        let messages = array(&given.messages)?;
        let appended = caller.transact(async |work| {
            let id = given.conversation_id.text();
            let after = made(work, APPEND, &[&id, &messages]).await?;
            if given.end { made(work, END, &[&id]).await } else { Ok(after) }
        });
        Ok(appended.await?)
    }
}
