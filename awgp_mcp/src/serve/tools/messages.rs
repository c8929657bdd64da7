//! Messages to other assistants: whether they may be sent, and what was.

use super::pages::{Listed, Part};
use crate::serve::desk::{self, Caller};
use crate::serve::offer::{Effect, Offer};
use crate::serve::refused::Refused;
use crate::serve::schema::object;
use awgp_client::page::{Key, Ordered, down};
use awgp_client::{Failure, Trouble, Work, input};
use awgp_core::reason::Reason;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

const RECEIVER: &str = "
    SELECT id::text FROM awgp.assistant_list WHERE tenant_id = awgp.current_tenant() AND slug = $1";
const AUTHORIZE: &str = "
    SELECT awgp.authorize_message(awgp.current_assistant_id(), $1::text::uuid, $2, $3,
                                  COALESCE($4::text, '{}')::jsonb)::text";
/// What the trail has of messages of this assistant. Events that a client has logged are no decisions.
const SENT: &str = "
    SELECT * FROM awgp.trail_list
    WHERE tenant_id = awgp.current_tenant() AND entity_type = 'message' AND entity_id = awgp.current_assistant_id()
      AND action IN ('message.allowed', 'message.denied') AND origin IS NULL
      AND \"timestamp\" > statement_timestamp() - interval '31 days'";
const LINE: &str = "
    r.\"timestamp\" AS at, r.action = 'message.allowed' AS allowed, r.after_state ->> 'reason' AS reason,
    r.after_state ->> 'to_assistant_id' AS to_assistant_id,
    awgp.trail_name(r.tenant_id, 'assistants', (r.after_state ->> 'to_assistant_id')::uuid) AS to_assistant,
    r.after_state ->> 'channel' AS channel, (r.after_state ->> 'characters')::bigint AS characters,
    r.after_state ->> 'rule' AS rule";
const NEWEST: [Key; 2] = [down("r.\"timestamp\"", "timestamptz"), down("r.id", "bigint")];

/// `authorize_message`.
pub struct AuthorizeMessage;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Asking {
    /// The assistant to whom you write: its slug or its id.
    #[schemars(length(min = 1))]
    pub to: String,
    /// Where the message will be sent, such as internal, slack or email.
    #[schemars(length(min = 1))]
    pub channel: String,
    /// The text, exactly as it will be sent. It is judged and never recorded.
    pub content: String,
    /// Fields of the message, such as its subject; a policy may ask for some.
    pub metadata: Option<Map<String, Value>>,
}

/// The database's answer.
#[derive(Debug, Deserialize)]
struct Decision {
    allowed: bool,
    reason: String,
    hint: Option<String>,
    policy_id: Option<String>,
    rule: Option<String>,
    side: Option<String>,
    retry_after_seconds: Option<i64>,
    retry_at: Option<String>,
    audit_id: i64,
}

/// A message that may be sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Authorized {
    /// policy_allows or tenant_allows.
    pub reason: String,
    /// The policy that allows it.
    pub policy_id: Option<String>,
    /// The receiver's id.
    pub to_assistant_id: String,
    /// The event of the trail.
    pub audit_id: i64,
    /// What to do now.
    pub next: String,
}

impl Offer for AuthorizeMessage {
    const NAME: &'static str = "authorize_message";
    const TITLE: &'static str = "Ask whether a message may be sent";
    const DESCRIPTION: &'static str = "Call it before you send a message to another assistant: policies decide by \
        sender, receiver, channel and text. It counts and records the message and sends nothing. Send the message, \
        by the tool that you have for the channel, only if this is no error.";
    const EFFECT: Effect = Effect::Adds;
    type Arguments = Asking;
    type Answer = Authorized;

    async fn call(caller: &Caller<'_>, given: Asking) -> Result<Authorized, Refused> {
        let metadata =
            object(given.metadata.as_ref()).map(|json| input::json("metadata", &json)).transpose()?;
        let decided = caller.transact(async |work| {
            let to = receiver(work, &given.to).await?;
            // A denial commits too: it is in the trail.
            let parameters: desk::Parameters<'_> = &[&to, &given.channel, &given.content, &metadata];
            Ok((desk::answer::<Decision>(work, AUTHORIZE, parameters).await?, to))
        });
        let (decided, to_assistant_id) = decided.await?;
        if decided.allowed {
            let next = "Send the message now, with exactly this text, on this channel.".to_owned();
            let Decision { reason, policy_id, audit_id, .. } = decided;
            return Ok(Authorized { reason, policy_id, to_assistant_id, audit_id, next });
        }
        let facts = serde_json::json!({
            "to_assistant_id": to_assistant_id, "policy_id": decided.policy_id, "rule": decided.rule,
            "side": decided.side, "retry_after_seconds": decided.retry_after_seconds,
            "retry_at": decided.retry_at, "audit_id": decided.audit_id,
        });
        let facts = facts.as_object().cloned().unwrap_or_default();
        let message = "the message may not be sent";
        Err(Refused::new(&decided.reason, message, decided.hint.as_deref(), facts))
    }
}

/// The id of the assistant with this slug; an id stays as it is, and the database judges it.
async fn receiver(work: &Work<'_>, named: &str) -> Result<String, Trouble> {
    if let Ok(id) = Uuid::try_parse(named) {
        return Ok(id.to_string());
    }
    let found = work.rows(RECEIVER, &[&named]).await?;
    let id = found.first().map(|row| row.try_get(0)).transpose()?;
    id.ok_or_else(|| {
        Failure::of_reason(Reason::UnknownAssistant, "there is no assistant of this name").into()
    })
}

/// `list_messages`.
pub struct ListMessages;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// How many at most; 20 if it is left out.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// next of the page before; left out: the first page.
    pub after: Option<String>,
}

/// What was decided of a message. Its text is not recorded.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct MessageLine {
    /// When.
    pub at: String,
    /// Whether it might be sent.
    pub allowed: bool,
    /// Why, or why not.
    pub reason: Option<String>,
    /// The receiver's id.
    pub to_assistant_id: Option<String>,
    /// The receiver's name.
    pub to_assistant: Option<String>,
    /// Where.
    pub channel: Option<String>,
    /// How many characters it had.
    pub characters: Option<i64>,
    /// The rule of a policy that it broke.
    pub rule: Option<String>,
}

impl Offer for ListMessages {
    const NAME: &'static str = "list_messages";
    const TITLE: &'static str = "List my messages";
    const DESCRIPTION: &'static str = "Lists what authorize_message has decided of your messages in the last 31 days, \
        the newest first: to whom, where, whether it was allowed, and why. Texts are not recorded.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Listing;
    type Answer = Listed<MessageLine>;

    async fn call(caller: &Caller<'_>, given: Listing) -> Result<Listed<MessageLine>, Refused> {
        let part = Part { limit: given.limit, after: given.after };
        let size = part.size()?;
        let listed = caller.transact(async |work| {
            part.of(work, Ordered::new(SENT, Vec::new(), &NEWEST).showing(LINE), size).await
        });
        Ok(listed.await?)
    }
}
