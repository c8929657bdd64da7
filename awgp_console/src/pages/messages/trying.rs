//! The try-out: what would be decided about a message. It asks `test_message()`, which counts and records
//! nothing, in a transaction that cannot write. The text comes by POST, so that no log of addresses has it.

use super::answer;
use crate::answer::Answer;
use crate::door::{Signed, Visitor};
use crate::frame::{self, Place};
use crate::parts;
use crate::visit::Reader;
use awgp_client::{Exit, Failure, Row, Trouble, Work, input};
use maud::{Markup, html};
use serde::Deserialize;

const TEST: &str = "SELECT awgp.test_message($1::text::uuid, $2::text::uuid, $3, $4, $5::text::jsonb)::text";

/// How many assistants the lists of the form name; whoever has more types the id.
const NAMED: usize = 500;

const PARTIES: &str = "
    SELECT id, name, slug, tenant_id, tenant_slug FROM awgp.assistant_list WHERE status = 'active'
    ORDER BY tenant_id <> awgp.current_tenant(), tenant_slug, lower(name), id LIMIT 500";

/// Built in; a tenant's settings may name more.
const CHANNELS: [&str; 4] = ["internal", "email", "slack", "telegram"];

/// A message.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asking {
    from: String,
    to: String,
    to_id: String,
    channel: String,
    content: String,
    fields: String,
}

/// Answers.
pub async fn try_out(visitor: Visitor, Signed(asking): Signed<Asking>) -> Answer {
    let secret = frame::secret(&visitor);
    visitor
        .page("Messages: try it out", Place::Messages, async |work, reader| {
            let answer = asked(work, &asking).await?;
            let form = form(work, reader, &asking, &secret).await?;
            Ok(html! {
                (answer::told(&answer))
                h2 { "Try another" }
                (form)
                p { a href="/messages" { "To the policies" } }
            })
        })
        .await
}

async fn asked(work: &Work<'_>, asking: &Asking) -> Result<Row, Trouble> {
    let missing = |what: &str| {
        Failure::new(Exit::BadArgument, format!("nothing was asked: {what} is missing"))
            .hint("go back and fill it in")
    };
    let to = if asking.to_id.trim().is_empty() { &asking.to } else { asking.to_id.trim() };
    for (value, what) in
        [(asking.from.as_str(), "the sender"), (to, "the receiver"), (&asking.channel, "the channel")]
    {
        if value.trim().is_empty() {
            return Err(missing(what).into());
        }
    }
    let fields = match asking.fields.trim() {
        "" => "{}".to_owned(),
        fields => input::json("fields", fields)?,
    };
    // A browser sends line breaks as two characters.
    let content = asking.content.replace("\r\n", "\n");
    let answer = work.text(TEST, &[&asking.from, &to, &asking.channel.trim(), &content, &fields]).await?;
    Ok(Row::of_answer(&answer)?)
}

/// The form, with what was typed before.
pub async fn form(
    work: &Work<'_>,
    reader: &Reader,
    given: &Asking,
    secret: &Markup,
) -> Result<Markup, Trouble> {
    let parties = work.select(PARTIES, &[]).await?;
    let own: Vec<&Row> =
        parties.iter().filter(|row| parts::raw(row, "tenant_id") == reader.text("tenant_id")).collect();
    Ok(html! {
        form.card method="post" action="/messages/try" {
            (secret)
            div.fields {
                div { label for="from" { "From" } (choice("from", &given.from, &own, reader)) }
                div { label for="to" { "To" } (choice("to", &given.to, &parties.iter().collect::<Vec<_>>(), reader)) }
                div {
                    label for="channel" { "Channel" }
                    input id="channel" name="channel" list="channels" required maxlength="63" autocomplete="off"
                        value=(if given.channel.is_empty() { "internal" } else { &given.channel });
                    datalist id="channels" { @for name in CHANNELS { option value=(name) {} } }
                }
            }
            label for="content" { "Text" }
            textarea id="content" name="content" maxlength="1048576" { "\n" (given.content) }
            details open[!given.to_id.is_empty() || !given.fields.is_empty()] {
                summary { "Another receiver, or fields of the message" }
                label for="to_id" { "Id of a receiver that is not in the list, such as one of the holding" }
                input id="to_id" name="to_id" maxlength="36" autocomplete="off" value=(given.to_id);
                label for="fields" { "Fields as JSON, such as {\"subject\": \"Invoice 7\"}" }
                input id="fields" name="fields" maxlength="20000" autocomplete="off" value=(given.fields);
            }
            p.turn-in { button { "Ask" } " " span.soft { "Nothing is sent, counted or recorded." } }
            @if parties.len() == NAMED { p.soft { "The lists name " (NAMED) " active assistants; others go by their id." } }
        }
    })
}

fn choice(name: &str, given: &str, parties: &[&Row], reader: &Reader) -> Markup {
    html! {
        select id=(name) name=(name) required {
            option value="" { "choose" }
            @for row in parties {
                @let id = parts::raw(row, "id");
                option value=(id) selected[id == given] {
                    (parts::field(row, "name"))
                    @if parts::raw(row, "tenant_id") != reader.text("tenant_id") { " (" (parts::field(row, "tenant_slug")) ")" }
                }
            }
        }
    }
}
