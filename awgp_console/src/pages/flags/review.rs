//! The review of a flag.

use super::ONE;
use super::rules::Rules;
use crate::answer::Answer;
use crate::door::{Signed, Visitor};
use crate::parts::one::one;
use crate::parts::{self, rank};
use crate::visit::Reader;
use awgp_client::{Call, Exit, Failure, Row, Trouble, Work};
use axum::extract::Path;
use maud::{Markup, html};
use serde::Deserialize;

/// What the form says.
#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    status: String,
    #[serde(default)]
    notes: String,
}

/// Reviews it.
pub async fn review(visitor: Visitor, Path(id): Path<String>, Signed(fields): Signed<Fields>) -> Answer {
    if fields.status.is_empty() {
        return Err(Failure::new(Exit::BadArgument, "nothing was done: no result was chosen")
            .hint("go back and choose what you found")
            .into());
    }
    let (said, _) = visitor.act(async |work, reader| reviewed(work, reader, &id, &fields).await).await?;
    visitor.then(&format!("/flags/{id}"), &said)
}

/// Reviews it, and says in one sentence what is so now.
async fn reviewed(work: &Work<'_>, reader: &Reader, id: &str, fields: &Fields) -> Result<String, Trouble> {
    let flag = one(work, ONE, id, "flag").await?;
    if !rank::is_own(reader, &flag) {
        let failure = Failure::new(Exit::NotAllowed, "users of the subsidiary review its flags");
        return Err(failure.hint("ask one of them; a holding reads here").into());
    }
    let notes = Some(fields.notes.trim()).filter(|notes| !notes.is_empty());
    let call = Call::new("review_hallucination")
        .arg("flag_id", "uuid", Some(id))
        .arg("status", "text", Some(&fields.status))
        .arg("notes", "text", notes);
    work.call_one(&call).await?;
    let after = one(work, ONE, id, "flag").await?;
    let assistant = parts::field(&after, "assistant_slug");
    Ok(match fields.status.as_str() {
        "confirmed" if !parts::raw(&after, "suspended_at").is_empty() => {
            format!(
                "The flag is confirmed, and {assistant} is suspended: it begins no work until a manager resumes it."
            )
        }
        "confirmed" => format!("The flag is confirmed. {assistant} goes on."),
        "false_positive" => format!("The flag is false: it does not count against {assistant}."),
        _ => "The flag is undecided: somebody else may conclude.".to_owned(),
    })
}

/// The form, with the results that are possible now, for whoever may.
pub fn form(row: &Row, reader: &Reader, rules: &Rules, secret: &Markup) -> Markup {
    let status = parts::raw(row, "status");
    let overturns = matches!(status.as_str(), "confirmed" | "false_positive");
    let least = if overturns { rules.overturner() } else { rules.reviewer() };
    if !rank::is_own(reader, row) {
        return html! { p.soft { "Users of " (parts::field(row, "tenant_slug")) " review it; a holding reads here." } };
    }
    if !rank::is_at_least(reader, &least) {
        let may = if overturns { "changes this conclusion" } else { "reviews it" };
        return html! { p.soft { "Whoever has the role " (parts::shown(&least)) " or a higher one " (may) "." } };
    }
    let possible: &[(&str, &str, &str)] = match status.as_str() {
        "confirmed" => &[FALSE],
        "false_positive" => &[CONFIRM],
        "reviewed" => &[CONFIRM, FALSE],
        _ => &[CONFIRM, FALSE, UNDECIDED],
    };
    html! {
        div.actions {
            form method="post" action={ "/flags/" (parts::raw(row, "id")) "/review" } {
                (secret)
                fieldset {
                    legend { @if overturns { "Change the conclusion" } @else { "What did you find?" } }
                    @for (value, called, means) in possible {
                        p.check {
                            input id={ "found-" (value) } type="radio" name="status" value=(value) required;
                            label for={ "found-" (value) } { strong { (called) } " " (means) }
                        }
                    }
                }
                @if !rules.creator_may_conclude() {
                    p.soft { "Whoever made the assistant may only say that they cannot decide." }
                }
                @if parts::raw(row, "content_erased_at").is_empty() {
                    label for="notes" { "Notes" @if !parts::raw(row, "notes").is_empty() { ", instead of those above" } }
                    textarea id="notes" name="notes" maxlength="16000" {}
                }
                button { "Save the review" }
            }
        }
    }
}

const CONFIRM: (&str, &str, &str) =
    ("confirmed", "Confirm.", "It was wrong. It counts against the assistant, and may suspend it.");
const FALSE: (&str, &str, &str) =
    ("false_positive", "Dismiss.", "It was right. The flag counts against the detector.");
const UNDECIDED: (&str, &str, &str) =
    ("reviewed", "Cannot decide.", "Somebody looked. Another may conclude later.");
