//! What a person reads before they decide, and after.

use super::caller::{explained, has_user};
use crate::look::look;
use crate::{ids, render, times};
use awgp_client::{Row, Trouble, Work};
use std::fmt::Write as _;

/// What of a request is shown before it is approved.
const SHOWN: [&str; 13] = [
    "risk_level",
    "title",
    "action",
    "arguments",
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
    /// What the user approves instead of the arguments that were requested.
    instead: Option<String>,
    explained: Row,
    others: Vec<String>,
}

impl Scene {
    /// Of an approval, for the user in context.
    pub async fn of(work: &Work<'_>, approval: Row) -> Result<Self, Trouble> {
        let id = approval.text("id").unwrap_or_default();
        let explained = explained(work, &id, None).await?;
        let others = deciders(work, &id).await?;
        Ok(Self { approval, instead: None, explained, others })
    }

    /// The same, where the user approves other arguments than were requested.
    #[must_use]
    pub fn instead(self, arguments: Option<&str>) -> Self {
        Self { instead: arguments.map(str::to_owned), ..self }
    }

    /// The arguments of the action that is to be approved, as JSON.
    pub fn arguments(&self) -> Option<String> {
        self.approval.text("arguments").filter(|arguments| !arguments.is_empty())
    }

    /// For the vote of the user in context.
    pub fn shown(&self) -> String {
        self.told(&self.next())
    }

    /// For their decision alone.
    pub fn shown_alone(&self) -> String {
        self.told("you approve it alone: every inbox of the tenant, the doctor and the trail name you")
    }

    /// One line each: a table would wrap to the terminal's width, and hide long values.
    fn told(&self, next: &str) -> String {
        let text = |name: &str| self.approval.text(name).unwrap_or_default();
        let mut shown = String::new();
        for name in SHOWN {
            let value = text(name);
            // An approval of a work item has neither.
            if value.is_empty() && matches!(name, "action" | "arguments") {
                continue;
            }
            let value = times::shown_in_full(name, &value, look()).unwrap_or(value);
            let _ = writeln!(shown, "{name:<22} {}", render::cell(&value));
        }
        if let Some(instead) = &self.instead {
            let _ = writeln!(shown, "{:<22} {}", "you approve instead", render::cell(instead));
        }
        let _ = writeln!(shown, "{:<22} {}", "pinned", pinned(&self.approval));
        let _ = writeln!(shown, "{:<22} {}", "others who may decide", named(&self.others));
        let _ = writeln!(shown, "{:<22} {}", "then", next);
        shown
    }

    /// What happens when the user approves.
    fn next(&self) -> String {
        let number = |name: &str| self.explained.text(name).and_then(|text| text.parse::<i64>().ok());
        let (votes, needed) = (number("votes").unwrap_or(0) + 1, number("votes_needed").unwrap_or(1));
        if votes >= needed {
            let what = if self.approval.text("action").is_some_and(|action| !action.is_empty()) {
                "the action may begin, with these arguments, once"
            } else {
                "the work may start once under this approval"
            };
            return format!("this is the last vote: {what}");
        }
        format!("this is vote {votes} of {needed}: the work still waits for {}", more_votes(needed - votes))
    }
}

/// What an approval is pinned to.
pub fn pinned(approval: &Row) -> String {
    let text = |name: &str| approval.text(name).unwrap_or_default();
    let digest = text("request_digest");
    let beginning = digest.get(..16).unwrap_or(&digest);
    let covers = if text("request_digest_version") == "1" {
        "the work item as it was when this was requested"
    } else {
        "the work item, and the configuration of its assistant, as they were when this was requested"
    };
    format!("{covers} (digest {beginning}…)")
}

/// One sentence about an approval after a vote.
pub async fn said_after(work: &Work<'_>, row: &Row) -> Result<String, Trouble> {
    let id = row.text("id").unwrap_or_default();
    let item = row.text("work_item_id").unwrap_or_default();
    let status = row.text("status").unwrap_or_default();
    Ok(match status.as_str() {
        "approved" => match row.text("action").filter(|action| !action.is_empty()) {
            Some(action) => {
                format!("It is approved: {} may begin with these arguments, once.", render::cell(&action))
            }
            None => {
                format!("It is approved: `awgp work start {}` may begin the work now, once.", short(&item))
            }
        },
        "rejected" => "It is rejected: the work does not begin, and whoever asked may ask again.".to_owned(),
        "pending" | "escalated" => {
            let who = named(&deciders(work, &id).await?);
            if !has_user(work).await? {
                return Ok(format!("It waits; now these may decide: {who}."));
            }
            let explained = explained(work, &id, None).await?;
            let text = |name: &str| explained.text(name).unwrap_or_default();
            format!(
                "It has {} of {} votes and waits; now these may decide: {who}.",
                text("votes"),
                text("votes_needed")
            )
        }
        other => format!("It is {}.", render::cell(other)),
    })
}

/// The e-mail addresses of those who may decide now, without the user in context.
pub async fn deciders(work: &Work<'_>, id: &str) -> Result<Vec<String>, Trouble> {
    let sql = "SELECT email FROM awgp.approval_deciders($1::text::uuid)
               WHERE user_id IS DISTINCT FROM awgp.current_user_id()";
    Ok(work.select(sql, &[&id]).await?.iter().filter_map(|row| row.text("email")).collect())
}

/// Some of them by name, and how many more there are.
pub fn named(people: &[String]) -> String {
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
