//! One stop: who stopped and why, who may resume, what runs under it, and the form that resumes.

use super::making::required;
use super::{ONE, about, whoever};
use crate::answer::Answer;
use crate::door::{Signed, Visitor};
use crate::frame::{self, Place};
use crate::parts::one::one;
use crate::parts::table::{Head, cards};
use crate::parts::{self, list, rank, when};
use crate::visit::Reader;
use awgp_client::{Row, Trouble, Work};
use axum::extract::Path;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

const DETAILS: &str = "SELECT (awgp.stop_details($1::text::uuid) -> 'running')::text";
const RESUME: &str = "SELECT awgp.resume($1::text::uuid, $2)::text";

/// What a form says.
#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    reason: String,
}

/// The page.
pub async fn stop(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let secret = frame::secret(&visitor);
    visitor
        .page("Stop", Place::Stops, async |work, reader| {
            let row = one(work, ONE, &id, "stop").await?;
            let running = running(work, &id).await?;
            let is_in_force = parts::raw(&row, "resumed_at").is_empty();
            Ok(html! {
                (head(&row, reader))
                h2 { "What runs now" }
                @if !is_in_force { p.soft { "The stop is lifted: this may have begun after it." } }
                (under_it(&running, reader))
                h2 { "Resume" }
                @if is_in_force { (resuming(&row, reader, &secret)) } @else { p.soft { "It is lifted already." } }
                h2 { "The proof" }
                p { "The trail proves that nothing began: " code { "awgp stop verify " (parts::raw(&row, "id")) } }
                p { a href={ "/audit/of/stop/" (parts::raw(&row, "id")) } { "Its events in the trail" } }
            })
        })
        .await
}

/// What runs in the scope: of each kind the count and the oldest.
async fn running(work: &Work<'_>, id: &str) -> Result<Value, Trouble> {
    Ok(serde_json::from_str(&work.text(DETAILS, &[&id]).await?).unwrap_or_default())
}

fn head(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let is_lifted = !raw("resumed_at").is_empty();
    html! {
        p.lead { strong { (about(row)) } " " (parts::status(&raw("state"))) }
        (parts::lines(&raw("reason")))
        (parts::facts(&[
            ("Stopped", when(&raw("stopped_at"), reader)),
            ("By", html! { (whoever(row, "stopped")) }),
            ("Who may resume", html! { (who_may(row)) }),
            ("Resumed", html! {
                @if is_lifted {
                    (when(&raw("resumed_at"), reader)) " by " (whoever(row, "resumed"))
                    ": " (parts::field(row, "resume_reason"))
                } @else { "not yet" }
            }),
        ]))
    }
}

fn who_may(row: &Row) -> String {
    let by_other = parts::raw(row, "resume_by_other") == "true";
    let who = match parts::raw(row, "resume_role").as_str() {
        "" => "whoever runs the server".to_owned(),
        role => format!("a user of the role {role} or above, or whoever runs the server"),
    };
    if by_other { format!("{who}; not who stopped") } else { who }
}

fn under_it(running: &Value, reader: &Reader) -> Markup {
    html! {
        (kind(running, "actions", "Actions that have begun", "action", "begun_at", reader))
        (kind(running, "reservations", "Held reservations", "provider", "reserved_at", reader))
        (kind(running, "work_items", "Work in progress", "title", "started_at", reader))
    }
}

fn kind(running: &Value, kind: &str, called: &'static str, what: &str, at: &str, reader: &Reader) -> Markup {
    let count = running[kind]["count"].as_u64().unwrap_or_default();
    let rows = running[kind]["first"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (shown, _) = list::mentioned(rows);
    let heads = [Head::Text("What"), Head::Text("Since")];
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    html! {
        h3 { (called) ": " (count) }
        @if !shown.is_empty() {
            (cards(called, &heads, &html! {
                @for row in shown {
                    tr {
                        th scope="row" {
                            @let item = if kind == "work_items" { text(row, "id") } else { text(row, "work_item_id") };
                            @if item.is_empty() { (parts::shown(&text(row, what))) }
                            @else { a href={ "/work/" (item) } { (parts::shown(&text(row, what))) } }
                        }
                        td data-label="Since" { (when(&text(row, at), reader)) }
                    }
                }
            }))
            @if u64::try_from(shown.len()).is_ok_and(|shown| shown < count) {
                p.soft { "These are the oldest; there are more." }
            }
        }
    }
}

/// The form, for whoever may; the database decides again.
fn resuming(row: &Row, reader: &Reader, secret: &Markup) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let role = raw("resume_role");
    let is_own = raw("resume_by_other") == "true" && raw("stopped_by") == reader.text("user_id");
    html! {
        @if role.is_empty() || !rank::is_at_least(reader, &role) {
            p.soft { "You do not resume it. It is for " (who_may(row)) "." }
        } @else if is_own {
            p.soft { "You have stopped it, so somebody else resumes: " (who_may(row)) "." }
        } @else {
            div.actions {
                form method="post" action={ "/stops/" (raw("id")) "/resume" } {
                    (secret)
                    p { "Everything may begin again at once, unless another stop covers it too." }
                    label for="reason" { "Reason: what was done about it" }
                    textarea id="reason" name="reason" required maxlength="2000" {}
                    button { "Resume" }
                }
            }
        }
    }
}

/// Resumes.
pub async fn resume(visitor: Visitor, Path(id): Path<String>, Signed(fields): Signed<Fields>) -> Answer {
    let reason = required(&fields.reason)?;
    let (said, _) = visitor
        .act(async |work, _| {
            let row = one(work, ONE, &id, "stop").await?;
            work.text(RESUME, &[&id, &reason]).await?;
            Ok(format!("Resumed: {} begins again.", about(&row)))
        })
        .await?;
    visitor.then(&format!("/stops/{id}"), &said)
}
