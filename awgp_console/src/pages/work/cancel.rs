//! Cancelling work. It cannot be undone, so a second page asks first.

use super::WORK;
use super::show::{can_cancel, find};
use crate::answer::{Answer, Refusal, on_its_page};
use crate::door::{Signed, Visitor};
use crate::frame::{self, Place};
use crate::parts::{self, fields};
use awgp_client::{Call, Failure};
use axum::extract::Path;
use axum::http::StatusCode;
use maud::html;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Cancel {
    #[serde(default)]
    reason: String,
}

pub async fn ask(visitor: Visitor, Path(id): Path<String>) -> Answer {
    page(visitor, &id, None, "").await
}

async fn page(visitor: Visitor, id: &str, failure: Option<&Failure>, typed: &str) -> Answer {
    let (row, reader) = visitor.read(async |work, _| find(work, id).await).await?;
    let status = failure.and_then(on_its_page).unwrap_or(StatusCode::OK);
    let back = format!("/work/{}", parts::raw(&row, "id"));
    let body = html! {
        @if let Some(failure) = failure {
            div.warning role="alert" {
                p { (refusal(failure)) " Nothing was done." }
                @if let Some(reason) = failure.noted("reason") { p.soft { "reason: " code { (reason) } } }
            }
        }
        p { strong { (parts::field(&row, "title")) } " " (parts::status(&parts::raw(&row, "status"))) }
        @if can_cancel(&row, &reader) {
            p { "This cannot be undone. The assistant does not go on with it, and an open approval of it is withdrawn." }
            form method="post" action={ (back) "/cancel" } {
                (frame::secret(&visitor))
                (fields::text("cancel-reason", "reason", "Why, kept with the work", typed, false))
                p { button.danger { "Cancel the work" } " " a href=(back) { "Keep it" } }
            }
        } @else {
            p { "It has ended, or your role cancels nothing. " a href=(back) { "Back to the work" } }
        }
    };
    Ok(visitor.answer(status, "Cancel this work?", Place::Work, &reader, &body))
}

fn refusal(failure: &Failure) -> String {
    match failure.noted("reason").unwrap_or_default() {
        "illegal_transition" => "The work has ended meanwhile.".to_owned(),
        "role_not_sufficient" => "Your role cancels nothing.".to_owned(),
        _ => format!("{}.", parts::shown(&failure.message)),
    }
}

pub async fn cancel(visitor: Visitor, Path(id): Path<String>, Signed(form): Signed<Cancel>) -> Answer {
    let acted = visitor.act(async |work, _| {
        let reason = Some(form.reason.trim()).filter(|reason| !reason.is_empty());
        let call = Call::new("cancel_work_item")
            .arg("id", "uuid", Some(WORK.id(&id)?))
            .arg("reason", "text", reason);
        work.call_one(&call).await
    });
    match acted.await {
        Ok(_) => visitor.then(&format!("/work/{id}"), "The work is cancelled."),
        Err(failure) if on_its_page(&failure).is_some() => {
            page(visitor, &id, Some(&failure), &form.reason).await
        }
        Err(failure) => Err(Refusal::of(failure)),
    }
}
