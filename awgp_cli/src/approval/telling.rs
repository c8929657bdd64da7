//! One approval, and why somebody may decide it or not, in words for people.

use super::caller::{explained, has_user};
use super::deciding::{deciders, named, pinned};
use crate::look::look;
use crate::{render, times};
use awgp_client::{Row, Trouble, Work};
use std::fmt::Write as _;

/// What is told of an approval, in this order, where it has a value.
const TOLD: [(&str, &str); 23] = [
    ("title", "title"),
    ("action", "the one action"),
    ("arguments", "with the arguments"),
    ("requested_arguments", "instead of"),
    ("description", "description"),
    ("status", "status"),
    ("risk_level", "risk"),
    ("requested_by_email", "requested by"),
    ("created_at", "requested"),
    ("expires_at", "to be decided until"),
    ("assistant_slug", "assistant"),
    ("work_item_action", "action"),
    ("work_item_title", "work item"),
    ("work_item_description", "its description"),
    ("work_item_cost", "its estimated cost"),
    ("work_item_context", "its context"),
    ("work_item_status", "its status"),
    ("escalated_to", "escalated to"),
    ("escalation_reason", "because"),
    ("approved_at", "approved"),
    ("rejected_reason", "rejected because"),
    ("used_at", "used"),
    ("withdrawn_at", "withdrawn"),
];

/// The width of the names.
const NAMES: usize = 22;

/// An approval for people: what will run, who asked, what was said, and who may decide now.
pub async fn approval(work: &Work<'_>, row: &Row) -> Result<String, Trouble> {
    let text = |name: &str| row.text(name).unwrap_or_default();
    let mut told = String::new();
    for (column, name) in TOLD {
        let value = text(column);
        let value = times::shown_in_full(column, &value, look()).unwrap_or(value);
        line(&mut told, name, &value);
    }
    line(&mut told, "pinned", &pinned(row));
    for vote in votes(row) {
        line(&mut told, "vote", &vote);
    }
    if text("break_glass") == "true" {
        line(&mut told, "broken glass", &format!("{} approved alone", text("approved_by_email")));
    }
    if matches!(text("status").as_str(), "pending" | "escalated") {
        line(&mut told, "who may decide now", &all_deciders(work, &text("id")).await?);
    }
    line(&mut told, "id", &text("id"));
    line(&mut told, "work item's id", &text("work_item_id"));
    Ok(told)
}

/// A line, unless there is nothing to tell.
fn line(told: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        let _ = writeln!(told, "{name:<NAMES$} {}", render::cell(value));
    }
}

/// The votes so far: who, for whom, what, when and why.
fn votes(row: &Row) -> Vec<String> {
    let votes = row.raw("decisions").map_or("[]", |votes| votes.get());
    let votes: Vec<Row> = serde_json::from_str(votes).unwrap_or_default();
    let told = |vote: &Row| {
        let text = |name: &str| vote.text(name).unwrap_or_default();
        let moment = text("at");
        let moment = times::shown("at", &moment, look()).unwrap_or(moment);
        let whose = match text("on_behalf_of") {
            whose if whose.is_empty() => String::new(),
            whose => format!(" on behalf of {whose}"),
        };
        let comment = match text("comment") {
            comment if comment.is_empty() => String::new(),
            comment => format!(": {comment}"),
        };
        format!("{} by {}{whose}, {moment}{comment}", text("decision"), text("by"))
    };
    votes.iter().map(told).collect()
}

/// All who may decide now, the user in context included.
async fn all_deciders(work: &Work<'_>, id: &str) -> Result<String, Trouble> {
    let mut people = deciders(work, id).await?;
    if has_user(work).await? && explained(work, id, None).await?.text("may_decide").as_deref() == Some("true")
    {
        people.insert(0, "you".to_owned());
    }
    Ok(named(&people))
}

/// Whether a user may decide, and why or why not, in sentences.
pub async fn explanation(work: &Work<'_>, row: &Row) -> Result<String, Trouble> {
    let text = |name: &str| render::cell(&row.text(name).unwrap_or_default());
    let who = email(work, &text("user_id")).await?;
    let mut told = String::new();
    if text("may_decide") == "true" {
        let how = match text("authority").as_str() {
            "delegated" => format!("on behalf of {}", email(work, &text("on_behalf_of")).await?),
            _ => "in person".to_owned(),
        };
        let _ = writeln!(told, "{who} may decide this, {how}.");
    } else {
        let _ = writeln!(told, "{who} may not decide this: {}.", text("message"));
    }
    let _ = writeln!(
        told,
        "A risk of {} needs the role {} or a higher one; {who} is {}.",
        text("risk_level"),
        text("least_role"),
        text("role")
    );
    let (votes, needed) = (text("votes"), text("votes_needed"));
    let left = times::words(text("seconds_left").parse().unwrap_or(0));
    let _ = match text("status").as_str() {
        "pending" | "escalated" => writeln!(told, "It has {votes} of {needed} votes; time left: {left}."),
        status => writeln!(told, "It is {status}."),
    };
    if text("work_item_changed") == "true" {
        let _ = writeln!(told, "The work has changed since this was requested: it has to be requested anew.");
    }
    if text("may_decide") != "true" {
        let _ = writeln!(told, "hint: {}", crate::hints::for_people(&text("hint")));
        let others = deciders(work, &text("approval_id")).await?;
        let _ = writeln!(told, "Now these may decide: {}.", named(&others));
    }
    Ok(told)
}

/// The e-mail address of a user of the tenant; their id where it is not known.
async fn email(work: &Work<'_>, id: &str) -> Result<String, Trouble> {
    let rows = work.select("SELECT email FROM awgp.user_list WHERE id = $1::text::uuid", &[&id]).await?;
    Ok(rows
        .first()
        .and_then(|row| row.text("email"))
        .map_or_else(|| id.to_owned(), |email| render::cell(&email)))
}
