//! What a person reads before they decide, and after.

use super::caller::explained;
use crate::look::look;
use crate::{confirm, ids, render, times};
use awgp_client::{Failure, Row, Trouble, Work};
use std::fmt::Write as _;

/// What of a request is shown before it is approved.
const SHOWN: [&str; 11] = [
    "risk_level",
    "title",
    "description",
    "requested_by_email",
    "assistant_slug",
    "work_item_action",
    "work_item_title",
    "work_item_description",
    "work_item_cost",
    "work_item_context",
    "expires_at",
];

/// How many people are named.
const NAMED: usize = 5;

/// What a person has to know to decide.
pub struct Scene {
    approval: Row,
    explained: Row,
    others: Vec<String>,
}

impl Scene {
    /// Of an approval, for the user in context.
    pub async fn of(work: &Work<'_>, approval: Row) -> Result<Self, Trouble> {
        let id = approval.text("id").unwrap_or_default();
        let explained = explained(work, &id, None).await?;
        let others = deciders(work, &id).await?;
        Ok(Self { approval, explained, others })
    }

    /// Shows it and asks.
    pub fn confirm(&self) -> Result<(), Failure> {
        confirm::ask(&self.shown(), "approve this?", "not approved")
    }

    /// One line each: a table would wrap to the terminal's width, and hide long values.
    fn shown(&self) -> String {
        let text = |name: &str| self.approval.text(name).unwrap_or_default();
        let mut shown = String::new();
        for name in SHOWN {
            let value = text(name);
            let value = times::shown_in_full(name, &value, look()).unwrap_or(value);
            let _ = writeln!(shown, "{name:<22} {}", render::cell(&value));
        }
        let digest = text("request_digest");
        let pinned = digest.get(..16).unwrap_or(&digest);
        let covers = if text("request_digest_version") == "1" {
            "the work item as it was when this was requested"
        } else {
            "the work item, and the configuration of its assistant, as they were when this was requested"
        };
        let _ = writeln!(shown, "{:<22} {covers} (digest {pinned}…)", "pinned");
        let _ = writeln!(shown, "{:<22} {}", "others who may decide", named(&self.others));
        let _ = writeln!(shown, "{:<22} {}", "then", self.next());
        shown
    }

    /// What happens when the user approves.
    fn next(&self) -> String {
        let number = |name: &str| self.explained.text(name).and_then(|text| text.parse::<i64>().ok());
        let (votes, needed) = (number("votes").unwrap_or(0) + 1, number("votes_needed").unwrap_or(1));
        if votes >= needed {
            return "this is the last vote: the work may start once under this approval".to_owned();
        }
        format!("this is vote {votes} of {needed}: the work still waits for {}", more_votes(needed - votes))
    }
}

/// One sentence about an approval after a vote.
pub async fn said_after(work: &Work<'_>, row: &Row) -> Result<String, Trouble> {
    let id = row.text("id").unwrap_or_default();
    let item = row.text("work_item_id").unwrap_or_default();
    let status = row.text("status").unwrap_or_default();
    Ok(match status.as_str() {
        "approved" => {
            format!("It is approved: `awgp work start {}` may begin the work now, once.", short(&item))
        }
        "rejected" => "It is rejected: the work does not begin, and whoever asked may ask again.".to_owned(),
        "pending" | "escalated" => {
            let explained = explained(work, &id, None).await?;
            let text = |name: &str| explained.text(name).unwrap_or_default();
            let who = named(&deciders(work, &id).await?);
            format!(
                "It has {} of {} votes and still waits; now these may decide: {who}.",
                text("votes"),
                text("votes_needed")
            )
        }
        other => format!("It is {}.", render::cell(other)),
    })
}

/// The e-mail addresses of those who may decide now, without the user in context.
async fn deciders(work: &Work<'_>, id: &str) -> Result<Vec<String>, Trouble> {
    let sql = "SELECT email FROM awgp.approval_deciders($1::text::uuid)
               WHERE user_id IS DISTINCT FROM awgp.current_user_id()";
    Ok(work.select(sql, &[&id]).await?.iter().filter_map(|row| row.text("email")).collect())
}

fn named(people: &[String]) -> String {
    if people.is_empty() {
        return "nobody".to_owned();
    }
    let named: Vec<String> = people.iter().take(NAMED).map(|email| render::cell(email)).collect();
    let more = people.len().saturating_sub(NAMED);
    if more == 0 { named.join(", ") } else { format!("{} and {more} more", named.join(", ")) }
}

fn more_votes(number: i64) -> String {
    if number == 1 { "1 more vote".to_owned() } else { format!("{number} more votes") }
}

/// An id as it may be typed.
fn short(id: &str) -> &str {
    id.get(..ids::SHOWN).unwrap_or(id)
}
