//! What stops an assistant, and what lets it work.

use super::ONE;
use crate::answer::Answer;
use crate::door::{Signed, Visitor};
use crate::parts;
use crate::parts::one::one;
use crate::parts::rank;
use crate::visit::Reader;
use awgp_client::{Call, Exit, Failure, Row};
use axum::extract::Path;
use maud::{Markup, html};
use serde::Deserialize;

/// What a form says.
#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    sure: String,
}

/// Stops it.
pub async fn suspend(visitor: Visitor, Path(id): Path<String>, Signed(fields): Signed<Fields>) -> Answer {
    require_reason(&fields)?;
    set(
        visitor,
        &id,
        "suspended",
        &fields,
        "is suspended: it begins no work. What is in progress stays in progress.",
    )
    .await
}

/// Lets it work.
pub async fn resume(visitor: Visitor, Path(id): Path<String>, Signed(fields): Signed<Fields>) -> Answer {
    set(visitor, &id, "active", &fields, "is active: it begins work again.").await
}

/// Takes it out of service.
pub async fn retire(visitor: Visitor, Path(id): Path<String>, Signed(fields): Signed<Fields>) -> Answer {
    require_reason(&fields)?;
    if fields.sure != "yes" {
        return Err(Failure::new(Exit::BadArgument, "nothing was done: you did not say that you are sure")
            .hint("go back and tick the box")
            .into());
    }
    set(
        visitor,
        &id,
        "inactive",
        &fields,
        "is retired: it begins no work, and no longer counts as in service.",
    )
    .await
}

fn require_reason(fields: &Fields) -> Result<(), Failure> {
    if fields.reason.trim().is_empty() {
        return Err(Failure::new(Exit::BadArgument, "nothing was done: the reason is missing")
            .hint("go back and say why; whoever reads the page of the assistant sees it"));
    }
    Ok(())
}

async fn set(visitor: Visitor, id: &str, status: &str, fields: &Fields, said: &str) -> Answer {
    let reason = Some(fields.reason.trim()).filter(|reason| !reason.is_empty());
    let (name, _) = visitor
        .act(async |work, _| {
            let row = one(work, ONE, id, "assistant").await?;
            let call = Call::new("set_assistant_status")
                .arg("assistant_id", "uuid", Some(id))
                .arg("status", "text", Some(status))
                .arg("reason", "text", reason);
            work.call_one(&call).await?;
            Ok(parts::field(&row, "name"))
        })
        .await?;
    visitor.then(&format!("/assistants/{id}"), &format!("{name} {said}"))
}

/// The forms of what is possible now, for whoever may.
pub fn forms(row: &Row, reader: &Reader, secret: &Markup) -> Markup {
    let status = parts::raw(row, "status");
    let here = format!("/assistants/{}", parts::raw(row, "id"));
    if !rank::is_at_least(reader, "manager") {
        return html! { p.soft { "Managers suspend, resume and retire assistants." } };
    }
    html! {
        p {
            "Is something wrong? " a href={ "/stops/new?scope=assistant&id=" (parts::raw(row, "id")) } { "Stop it" }
            ": then nothing begins at all until somebody else resumes, whatever its status."
        }
        div.actions {
            @if status != "active" { (resuming(&here, &status, secret)) }
            @if status != "suspended" { (suspending(&here, secret)) }
            @if status != "inactive" { (retiring(&here, secret)) }
        }
    }
}

fn resuming(here: &str, status: &str, secret: &Markup) -> Markup {
    let (called, says) = match status {
        "suspended" => ("Resume", "It begins work again."),
        "error" => ("Recover", "It begins work again."),
        _ => ("Put in service", "It begins work."),
    };
    html! {
        form method="post" action={ (here) "/resume" } {
            (secret)
            h3 { (called) }
            p { (says) }
            label for="resume-reason" { "Reason (may stay empty)" }
            textarea id="resume-reason" name="reason" maxlength="2000" {}
            button { (called) }
        }
    }
}

fn suspending(here: &str, secret: &Markup) -> Markup {
    html! {
        form method="post" action={ (here) "/suspend" } {
            (secret)
            h3 { "Suspend" }
            p { "It begins no work until somebody resumes it. What is in progress stays in progress." }
            label for="suspend-reason" { "Reason" }
            textarea id="suspend-reason" name="reason" required maxlength="2000" {}
            button.danger { "Suspend" }
        }
    }
}

fn retiring(here: &str, secret: &Markup) -> Markup {
    html! {
        form method="post" action={ (here) "/retire" } {
            (secret)
            h3 { "Retire" }
            p { "For an assistant that is no longer needed. Its rows and its history stay." }
            label for="retire-reason" { "Reason" }
            textarea id="retire-reason" name="reason" required maxlength="2000" {}
            p.check {
                input id="retire-sure" type="checkbox" name="sure" value="yes" required;
                label for="retire-sure" { "Yes, take it out of service" }
            }
            button.danger { "Retire" }
        }
    }
}
