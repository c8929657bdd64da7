//! `awgp message`: whether assistants may send a message.

use crate::assistant;
use crate::given;
use crate::invocation::Invocation;
use crate::opt::{Message, MessageAsked, Output};
use crate::render;
use crate::when::{self, Edge};
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, Work, input};

const ASK: &str =
    "SELECT awgp.authorize_message($1::text::uuid, $2::text::uuid, $3, $4, $5::text::jsonb)::text";
const TEST: &str = "SELECT awgp.test_message($1::text::uuid, $2::text::uuid, $3, $4, $5::text::jsonb, $6::text::timestamptz)::text";

/// Longest text that is read from standard input: more than any message may have, so that the server reports
/// it.
const INPUT_BYTES_MAX: u64 = 2 << 20;

/// Runs one command of the noun.
pub async fn run(noun: &Message, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    let Message::Check(options) = noun;
    invocation.decision(async |session| check(session, context, options, output).await).await
}

/// Asks, and commits in every case: a denial is in the trail too.
async fn check(
    session: &mut Session,
    context: Context<'_>,
    options: &MessageAsked,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    let asked = Asked::read(options)?;
    let work = session.begin_in_tenant(context).await?;
    let (from, to) = asked.parties(&work).await?;
    let answer = work.text(ASK, &[&from, &to, &options.channel, &asked.content, &asked.metadata]).await?;
    work.commit().await?;
    told(&answer, output)
}

/// Asks without counting.
pub async fn test(
    session: &mut Session,
    context: Context<'_>,
    options: &MessageAsked,
    at: Option<&String>,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    let asked = Asked::read(options)?;
    let work = session.begin_in_tenant(context).await?;
    let (from, to) = asked.parties(&work).await?;
    let at = when::moment(&work, "--at", at, Edge::Begin).await?;
    let answer =
        work.text(TEST, &[&from, &to, &options.channel, &asked.content, &asked.metadata, &at]).await?;
    work.commit().await?;
    told(&answer, output)
}

/// A message with its text.
struct Asked<'a> {
    options: &'a MessageAsked,
    content: String,
    metadata: String,
}

impl<'a> Asked<'a> {
    fn read(options: &'a MessageAsked) -> Result<Self, Failure> {
        let content = match &options.content {
            Some(content) => content.clone(),
            None => given::stdin(INPUT_BYTES_MAX).map_err(|error| {
                Failure::new(Exit::BadArgument, format!("standard input cannot be read: {error}"))
                    .hint("give the text with --content, or as UTF-8 on standard input")
            })?,
        };
        let metadata = input::json("--metadata", options.metadata.as_deref().unwrap_or("{}"))?;
        Ok(Self { options, content, metadata })
    }

    async fn parties(&self, work: &Work<'_>) -> Result<(String, String), Trouble> {
        Ok((party(work, &self.options.from).await?, party(work, &self.options.to).await?))
    }
}

/// The id of an assistant. One that the context does not see is passed on by its id: the server answers what
/// a tenant may know about it.
async fn party(work: &Work<'_>, slug_or_id: &str) -> Result<String, Trouble> {
    let is_id = work
        .text("SELECT ($1::text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')::text", &[&slug_or_id])
        .await?;
    if is_id == "true" { Ok(slug_or_id.to_owned()) } else { assistant::find(work, slug_or_id).await }
}

fn told(answer: &str, output: Output) -> Result<(String, Exit), Trouble> {
    let row = Row::from_json(answer).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
    })?;
    let exit = match (row.text("allowed").as_deref(), row.text("reason").as_deref()) {
        (Some("true"), _) => Exit::Success,
        (_, Some("rate_limited")) => Exit::LimitExceeded,
        _ => Exit::NotAllowed,
    };
    Ok((render::single(&row, output), exit))
}
