//! Voting, escalating and asking again. A vote is for what its reader has seen: the form carries it, and what
//! differs by now is shown before it is decided. The server itself refuses what no longer fits the request.

use super::forms::{Again, Typed};
use super::list::state;
use super::scene::{self, counted, seen};
use super::words::What;
use super::{APPROVAL, show, words};
use crate::answer::Answer;
use crate::door::{Signed, Visitor};
use crate::visit::Reader;
use awgp_client::{Call, Exit, Failure, Row, Trouble, Work};
use axum::extract::Path;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Approve {
    seen: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Deserialize)]
pub struct Reject {
    seen: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
pub struct Escalate {
    seen: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    to: String,
}

#[derive(Deserialize)]
pub struct Ask {
    seen: String,
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    risk: String,
}

pub async fn approve(visitor: Visitor, Path(id): Path<String>, Signed(form): Signed<Approve>) -> Answer {
    let typed =
        Typed { comment: form.comment.clone(), arguments: form.arguments.clone(), ..Typed::default() };
    let call = Call::new("approve").arg("comment", "text", given(&form.comment)).arg(
        "arguments",
        "jsonb",
        form.arguments.as_deref().and_then(given),
    );
    vote(visitor, &id, &form.seen, call, typed).await
}

pub async fn reject(visitor: Visitor, Path(id): Path<String>, Signed(form): Signed<Reject>) -> Answer {
    let typed = Typed { reason: form.reason.clone(), ..Typed::default() };
    // An empty reason goes to the server too: it refuses it.
    let call = Call::new("reject").arg("reason", "text", Some(form.reason.trim()));
    vote(visitor, &id, &form.seen, call, typed).await
}

pub async fn escalate(visitor: Visitor, Path(id): Path<String>, Signed(form): Signed<Escalate>) -> Answer {
    let acted = visitor.act(async |work, reader| {
        let (before, _) = unchanged(work, reader, &id, &form.seen).await?;
        let call = Call::new("escalate_approval")
            .arg("approval_id", "uuid", before.text("id"))
            .arg("reason", "text", given(&form.why))
            .arg("approver_ids", "uuid[]", named(work, &form.to).await?);
        let row = work.call_one(&call).await?;
        after(work, &row).await
    });
    match acted.await {
        Ok((said, _)) => visitor.then(&format!("/approvals/{id}"), &format!("It is escalated. {said}")),
        Err(failure) => {
            let typed = Typed { why: form.why, to: form.to, ..Typed::default() };
            show::refused(visitor, &id, failure, &typed).await
        }
    }
}

pub async fn ask_again(visitor: Visitor, Path(id): Path<String>, Signed(form): Signed<Ask>) -> Answer {
    let acted = visitor.act(async |work, reader| {
        let (before, _) = unchanged(work, reader, &id, &form.seen).await?;
        let call = match before.text("action").filter(|action| !action.is_empty()) {
            None => Call::new("request_approval"),
            Some(action) => Call::new("request_action_approval").arg("action", "text", Some(action)).arg(
                "arguments",
                "jsonb",
                before.text("arguments"),
            ),
        };
        let call = call
            .arg("work_item_id", "uuid", before.text("work_item_id"))
            .arg("title", "text", Some(form.title.trim()))
            .arg("description", "text", given(&form.description))
            .arg("risk_level", "bigint", given(&form.risk));
        let row = work.call_one(&call).await?;
        let others = scene::others(work, &row.text("id").unwrap_or_default()).await?;
        Ok((row.text("id").unwrap_or_default(), words::people(&others)))
    });
    match acted.await {
        Ok(((new, people), _)) => visitor
            .then(&format!("/approvals/{new}"), &format!("You have asked again. May decide: {people}.")),
        Err(failure) => {
            let again = Again { title: form.title, description: form.description, risk: form.risk };
            let typed = Typed { again: Some(again), ..Typed::default() };
            show::refused(visitor, &id, failure, &typed).await
        }
    }
}

/// What was typed, where anything was.
fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// The user with this e-mail address, as an array in text; None for nobody.
async fn named(work: &Work<'_>, email: &str) -> Result<Option<String>, Trouble> {
    let Some(email) = given(email) else { return Ok(None) };
    let id = work.text("SELECT awgp.find_user($1::text)::text", &[&email]).await?;
    Ok(Some(format!("{{{id}}}")))
}

async fn vote(visitor: Visitor, id: &str, shown: &str, call: Call, typed: Typed) -> Answer {
    let acted = visitor.act(async |work, reader| {
        let (before, votes) = unchanged(work, reader, id, shown).await?;
        let call = call.arg("approval_id", "uuid", before.text("id"));
        let row = work.call_one(&call).await?;
        // Whoever voted or escalated between the look and the vote had the row's lock first.
        let is_next = scene::find(work, id).await.map(|row| vote_count(&row) == votes + 1)?;
        if !is_next || row.text("escalation_count") != before.text("escalation_count") {
            return Err(stale().into());
        }
        after(work, &row).await
    });
    match acted.await {
        Ok((said, _)) => visitor.then(&format!("/approvals/{id}"), &said),
        Err(failure) => show::refused(visitor, id, failure, &typed).await,
    }
}

fn vote_count(row: &Row) -> usize {
    let votes = row
        .raw("decisions")
        .and_then(|votes| serde_json::from_str::<Vec<serde_json::Value>>(votes.get()).ok());
    votes.map_or(0, |votes| votes.len())
}

/// The approval and how many votes it has, where it is one of the reader's tenant and what they saw is so
/// still.
async fn unchanged(work: &Work<'_>, reader: &Reader, id: &str, shown: &str) -> Result<(Row, usize), Trouble> {
    let row = scene::find_own(work, reader, APPROVAL.id(id)?).await?;
    let explained = scene::explained(work, id).await?;
    if seen(&row, Some(&explained)) == shown {
        return Ok((row, counted(Some(&explained)).0));
    }
    // Each look is of another moment: the row may be of before what has changed.
    Err(match state(&scene::find(work, id).await?) {
        "pending" | "escalated" => stale(),
        now => {
            Failure::new(Exit::WrongState, format!("meanwhile it is {now}")).note("reason", "approval_closed")
        }
    }
    .into())
}

fn stale() -> Failure {
    Failure::new(
        Exit::WrongState,
        "this request has changed since you opened the page: look at it again, then decide",
    )
}

/// One sentence about an approval after it was moved.
async fn after(work: &Work<'_>, row: &Row) -> Result<String, Trouble> {
    let text = |name: &str| row.text(name).unwrap_or_default();
    let id = text("id");
    let explained = scene::explained(work, &id).await?;
    let is_open = matches!(text("status").as_str(), "pending" | "escalated");
    let others = if is_open { scene::others(work, &id).await? } else { Vec::new() };
    let what = if text("action").is_empty() { What::Work } else { What::Action };
    Ok(words::now(what, &text("status"), counted(Some(&explained)), &others))
}
