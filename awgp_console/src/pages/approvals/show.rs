//! The page of one approval: all that an approver needs to decide, in the order in which they ask.

use super::difference::{Difference, of_change};
use super::forms::{self, Typed};
use super::list::short_list;
use super::scene::Scene;
use super::words;
use crate::answer::{Answer, Refusal, on_its_page};
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::{self, list::mentioned};
use crate::visit::Reader;
use awgp_client::{Failure, Row};
use awgp_core::json_difference::{Change, changes};
use axum::extract::Path;
use axum::http::StatusCode;
use maud::{Markup, html};

/// Whom an escalation may ask; a list of addresses beside a field, not the only ones that it takes.
const PEOPLE: &str = "
    SELECT email, role FROM awgp.user_list
    WHERE tenant_id = awgp.current_tenant() AND is_active AND role <> 'viewer'
      AND id IS DISTINCT FROM awgp.current_user_id()
    ORDER BY email LIMIT 100";

/// Columns of an approval that say nothing beside others.
const UNSAID: [&str; 3] = ["updated_at", "approved_at", "request_digest_version"];

pub async fn show(visitor: Visitor, Path(id): Path<String>) -> Answer {
    page(visitor, &id, None, &Typed::default()).await
}

/// The page again after a form that was refused, with what was typed.
pub async fn refused(visitor: Visitor, id: &str, failure: Failure, typed: &Typed) -> Answer {
    if on_its_page(&failure).is_none() {
        return Err(Refusal::of(failure));
    }
    page(visitor, id, Some(&failure), typed).await
}

async fn page(visitor: Visitor, id: &str, failure: Option<&Failure>, typed: &Typed) -> Answer {
    let read = visitor.read(async |work, reader| {
        let scene = Scene::of(work, reader, id).await?;
        let people = match scene.explained.is_some() && scene.is_open() && forms::may_act(reader) {
            true => work.select(PEOPLE, &[]).await?,
            false => Vec::new(),
        };
        Ok((scene, people))
    });
    let ((scene, people), reader) = read.await?;
    let status = failure.and_then(on_its_page).unwrap_or(StatusCode::OK);
    let body = html! {
        @if let Some(failure) = failure { (warned(failure)) }
        (summary(&scene, &reader))
        (will_run(&scene))
        (pinned(&scene))
        @if let Some(before) = &scene.since_before { (since_before(before)) }
        (forms::decision(&scene, typed, &people, &reader, &visitor))
        (others(&scene))
        (votes(&scene, &reader))
        (requests(&scene, &reader))
        (history(&scene, &reader))
    };
    let title = parts::field(&scene.row, "title");
    Ok(visitor.answer(status, &title, Place::Approvals, &reader, &body))
}

fn warned(failure: &Failure) -> Markup {
    html! {
        div.warning role="alert" {
            p { (words::refusal(failure)) " Nothing was done." }
            @if let Some(reason) = failure.noted("reason") { p.soft { "reason: " code { (reason) } } }
        }
    }
}

fn summary(scene: &Scene, reader: &Reader) -> Markup {
    let is_open = scene.is_open();
    let reason = parts::field(&scene.row, "escalation_reason");
    let rejected = parts::field(&scene.row, "rejected_reason");
    html! {
        p.chips {
            (parts::risk(&parts::field(&scene.row, "risk_level"))) " "
            (parts::status(scene.state())) " "
            @if is_open { "expires " (parts::away(&scene.text("expires_at"), reader)) " · " }
            "asked " (parts::away(&scene.text("created_at"), reader)) " by "
            (parts::field_or_dash(&scene.row, "requested_by_email"))
        }
        @if is_open && scene.has_changed() {
            div.warning {
                p { "The work, or the assistant's configuration, has changed since this was asked. It can be rejected, not approved." }
                @if let Some(since) = &scene.since_asked { (since.shown()) }
            }
        }
        @if !rejected.is_empty() { p { strong { "Rejected: " } (rejected) } }
        @if !reason.is_empty() { p { strong { "Escalated: " } (reason) } }
        @if is_open && scene.explained.is_some() { p { a href="#decide" { "To your decision" } } }
    }
}

fn will_run(scene: &Scene) -> Markup {
    let field = |name: &str| parts::field(&scene.row, name);
    let dash = |name: &str| html! { (parts::field_or_dash(&scene.row, name)) };
    let (asked, work) = (scene.text("description"), scene.text("work_item_description"));
    let cost = field("work_item_cost");
    let item = html! {
        a href={ "/work/" (scene.text("work_item_id")) } { (parts::field_or_dash(&scene.row, "work_item_title")) }
    };
    html! {
        section aria-labelledby="runs" {
            h2 id="runs" { @if scene.is_open() { "What will run" } @else { "The work" } }
            @if let Some(since) = scene.since_asked.as_ref().filter(|_| !scene.is_open() || scene.explained.is_none()) {
                p { "This is the work as it is now. Since it was asked for, it has changed:" }
                (since.shown())
            }
            @if let Some(action) = scene.action() { (call(scene, &action)) }
            (parts::facts(&[
                ("Action of the work", dash("work_item_action")),
                ("Work", item),
                ("Assistant", dash("assistant_slug")),
                ("Estimated cost", html! { @if cost.is_empty() { "not estimated" } @else { (parts::money(&cost)) } }),
            ]))
            @if !work.is_empty() { (parts::lines(&work)) }
            @if !is_empty(&scene.row, "work_item_context") {
                h3 { "Its data" }
                (parts::json(&scene.text("work_item_context")))
            }
            @if !asked.is_empty() && asked != work {
                h3 { "What the request says" }
                (parts::lines(&asked))
            }
            @if !is_empty(&scene.row, "context") {
                h3 { "Data of the request" }
                (parts::json(&scene.text("context")))
            }
        }
    }
}

/// One action with its arguments: what is approved is what runs.
fn call(scene: &Scene, action: &str) -> Markup {
    html! {
        p.lead { "One action, once, with exactly these arguments: " strong { (parts::shown(action)) } }
        (parts::json(&scene.text("arguments")))
        @if !is_empty(&scene.row, "requested_arguments") {
            h3 { "The arguments that were asked for" }
            p { "An approver has changed them: those above are approved." }
            (parts::json(&scene.text("requested_arguments")))
        }
        p.soft { "Digest of the arguments: " code { (parts::field(&scene.row, "arguments_digest")) } }
        h3 { "The work that it is for" }
    }
}

fn is_empty(row: &Row, column: &str) -> bool {
    matches!(row.raw(column).map_or("null", |value| value.get()), "null" | "{}")
}

fn pinned(scene: &Scene) -> Markup {
    let digest = scene.text("request_digest");
    let covers = if scene.text("request_digest_version") == "1" {
        "the title, description, risk, cost, data and assistant of the work"
    } else {
        "the title, description, risk, cost, data and assistant of the work, and the assistant's configuration, \
         model and capabilities"
    };
    html! {
        section aria-labelledby="pinned" {
            h2 id="pinned" { "What it is pinned to" }
            @if scene.action().is_some() {
                p { "This approval is for the action and its arguments, while the work stays as it is. They are pinned to:" }
            }
            p { "An approval is for " (covers) ", as they were when it was asked. If any of it changes, the approval no longer fits." }
            p.soft { "Digest: " code { (parts::shown(&digest)) } }
        }
    }
}

fn since_before(difference: &Difference) -> Markup {
    html! {
        section aria-labelledby="before" {
            h2 id="before" { "What is different from the request before" }
            @if difference.changes.is_empty() && difference.is_whole {
                p { "Nothing that it shows: the same is asked again." }
            } @else {
                (difference.shown())
            }
            @if !difference.is_whole {
                p.soft { "The trail does not have the work as it was then, so only the requests are compared." }
            }
            p { a href={ "/approvals/" (difference.before) } { "The request before" } }
        }
    }
}

fn others(scene: &Scene) -> Markup {
    html! {
        @if scene.is_open() && scene.explained.is_some() {
            section aria-labelledby="others" {
                h2 id="others" { "Who else may decide" }
                @if scene.others.is_empty() {
                    p { "Nobody else may decide it now." }
                } @else {
                    ul {
                        @for row in &scene.others {
                            li { (parts::field(row, "email")) " " span.soft { (parts::field(row, "role")) } }
                        }
                    }
                }
            }
        }
    }
}

fn votes(scene: &Scene, reader: &Reader) -> Markup {
    html! {
        section aria-labelledby="votes" {
            h2 id="votes" { "Votes" }
            @if scene.votes.is_empty() {
                p { "Nobody has voted." }
            } @else {
                ol.plain {
                    @for vote in &scene.votes {
                        li {
                            (parts::status(if vote.decision == "reject" { "rejected" } else { "approved" })) " "
                            (parts::shown(vote.by.as_deref().unwrap_or("–")))
                            @if let Some(name) = &vote.on_behalf_of { " on behalf of " (parts::shown(name)) }
                            ", " (parts::when(&vote.at, reader))
                            @if let Some(comment) = vote.comment.as_deref().filter(|comment| !comment.is_empty()) {
                                blockquote { (parts::lines(comment)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn requests(scene: &Scene, reader: &Reader) -> Markup {
    let own = scene.row.text("id");
    let others: Vec<Row> = scene.requests.iter().filter(|row| row.text("id") != own).cloned().collect();
    html! {
        @if !others.is_empty() {
            section aria-labelledby="requests" {
                h2 id="requests" { "Other requests for this work" }
                (short_list("Requests for the same work, the newest first", &others, reader))
            }
        }
    }
}

fn history(scene: &Scene, reader: &Reader) -> Markup {
    html! {
        section aria-labelledby="history" {
            h2 id="history" { "History" }
            @if scene.history.is_empty() { p { "The trail that you may read has nothing of it." } }
            @let (events, has_more) = mentioned(&scene.history);
            ol.plain { @for row in events { li { (event(row, reader)) } } }
            @if has_more { p.soft { "There are more: " a href={ "/audit/of/approvals/" (scene.text("id")) } { "the trail" } " has all." } }
        }
    }
}

/// An event of the trail. What a client has logged about the approval is no change of it.
fn event(row: &Row, reader: &Reader) -> Markup {
    let is_logged = !parts::raw(row, "origin").is_empty();
    let state = |name| row.raw(name).filter(|state| state.get() != "null" && !is_logged);
    let (before, after) = (state("before_state"), state("after_state"));
    let changed: Vec<Change> = match (before, after) {
        (Some(_), Some(_)) => changes(before, after),
        _ => Vec::new(),
    };
    let action = match parts::field(row, "action").as_str() {
        "insert" => "asked".to_owned(),
        "update" => "changed".to_owned(),
        other => other.replace('_', " "),
    };
    let actor = parts::field(row, "actor");
    let actor = if actor.is_empty() { parts::field(row, "actor_type") } else { actor };
    html! {
        (parts::when(&parts::raw(row, "timestamp"), reader)) " · " (actor) " · " (action)
        @for change in changed.iter().filter(|change| !UNSAID.contains(&change.field.as_str())) {
            div { span.soft { (parts::shown(&change.field.replace('_', " "))) } " " (of_change(change)) }
        }
    }
}
