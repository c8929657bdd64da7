//! What the reader may do with an approval: each form only where it fits. The database decides; a form that
//! is left out only spares a refusal.

use super::scene::Scene;
use super::words;
use crate::door::Visitor;
use crate::frame;
use crate::parts::{self, fields};
use crate::visit::Reader;
use awgp_client::Row;
use maud::{Markup, html};

/// What the reader has typed into a form that was refused.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub comment: String,
    /// Of an action; None: as they are.
    pub arguments: Option<String>,
    pub reason: String,
    pub why: String,
    pub to: String,
    /// Of the form that asks again; None: as the request before.
    pub again: Option<Again>,
}

/// What the form that asks again carries.
#[derive(Clone, Debug, Default)]
pub struct Again {
    pub title: String,
    pub description: String,
    pub risk: String,
}

/// The part of the page in which the reader decides, or reads why they do not.
pub fn decision(scene: &Scene, typed: &Typed, people: &[Row], reader: &Reader, visitor: &Visitor) -> Markup {
    let is_operator = may_act(reader);
    let may_escalate = scene.explained.is_some() && scene.is_open() && is_operator;
    html! {
        section id="decide" aria-labelledby="decide-title" {
            h2 id="decide-title" { "Your decision" }
            (standing(scene))
            div.actions {
                @if scene.may_approve() { (approve(scene, typed, visitor)) }
                @if scene.may_reject() { (reject(scene, typed, visitor)) }
                @if may_escalate { (escalate(scene, typed, people, visitor)) }
                @if scene.can_ask_again() && is_operator { (ask_again(scene, typed, visitor)) }
            }
            @if scene.can_ask_again() && !is_operator {
                p.soft { "An operator may ask again for this work." }
            }
        }
    }
}

/// Whether the reader's role makes work and asks for approval: every role but viewer.
pub fn may_act(reader: &Reader) -> bool {
    !matches!(reader.text("role").as_str(), "viewer" | "")
}

/// Whether the reader may decide, and why or why not.
fn standing(scene: &Scene) -> Markup {
    let Some(explained) = &scene.explained else {
        return html! { p { "The users of this organisation decide it, not those of its holding." } };
    };
    let count = scene.count();
    html! {
        @if !scene.is_open() {
            p { (words::closed(scene)) }
        } @else if scene.may_approve() {
            p {
                @if let Some(name) = &scene.on_behalf_of {
                    "You may decide on behalf of " strong { (parts::shown(name)) } ", who has delegated it to you. "
                } @else {
                    "You may decide. "
                }
                (words::next(scene.what(), count))
            }
        } @else if scene.may_reject() {
            p { strong { "You may reject it. " } (words::why_not("digest_mismatch", explained)) }
        } @else {
            p { strong { "You do not decide this. " } (words::why_not(&explained.text("reason").unwrap_or_default(), explained)) }
            p { (words::waits(count)) " May decide: " (words::people(&scene.others)) "." }
        }
    }
}

fn action(scene: &Scene, verb: &str) -> String {
    format!("/approvals/{}/{verb}", scene.text("id"))
}

fn seen(scene: &Scene) -> Markup {
    html! { input type="hidden" name="seen" value=(scene.seen()); }
}

fn approve(scene: &Scene, typed: &Typed, visitor: &Visitor) -> Markup {
    html! {
        form method="post" action=(action(scene, "approve")) aria-labelledby="approve-title" {
            (frame::secret(visitor)) (seen(scene))
            h3 id="approve-title" { "Approve" }
            p.soft { (words::next(scene.what(), scene.count())) }
            @if scene.can_be_edited() {
                (fields::text("approve-arguments", "arguments",
                    "Its arguments. Change them to approve others; both are kept",
                    &typed.arguments.clone().unwrap_or_else(|| awgp_client::shown::json(&scene.text("arguments"))), false))
            }
            (fields::text("approve-comment", "comment", "Comment, kept with your vote", &typed.comment, false))
            button { "Approve" }
        }
    }
}

fn reject(scene: &Scene, typed: &Typed, visitor: &Visitor) -> Markup {
    html! {
        form method="post" action=(action(scene, "reject")) aria-labelledby="reject-title" {
            (frame::secret(visitor)) (seen(scene))
            h3 id="reject-title" { "Reject" }
            p.soft { "One rejection is enough." }
            (fields::text("reject-reason", "reason", "Why", &typed.reason, true))
            button.danger { "Reject" }
        }
    }
}

fn escalate(scene: &Scene, typed: &Typed, people: &[Row], visitor: &Visitor) -> Markup {
    html! {
        form method="post" action=(action(scene, "escalate")) aria-labelledby="escalate-title" {
            (frame::secret(visitor)) (seen(scene))
            h3 id="escalate-title" { "Escalate" }
            p.soft { "Asks a higher role, or the person that you name, and gives more time. Votes so far still count." }
            (fields::text("escalate-why", "why", "Why", &typed.why, false))
            div {
                label for="escalate-to" { "To whom, by e-mail address (empty: the next step of the policy)" }
                input id="escalate-to" name="to" value=(typed.to) list="people" autocomplete="off";
                datalist id="people" {
                    @for row in people { option value=(parts::raw(row, "email")) { (parts::field(row, "role")) } }
                }
            }
            button.plain { "Escalate" }
        }
    }
}

fn ask_again(scene: &Scene, typed: &Typed, visitor: &Visitor) -> Markup {
    let again = typed.again.clone().unwrap_or_else(|| Again {
        title: scene.again.0.clone(),
        description: scene.again.1.clone(),
        risk: scene.text("risk_level"),
    });
    let risks = ["0", "1", "2", "3", "4", "5"].map(|risk| (risk, risk));
    html! {
        form method="post" action=(action(scene, "ask")) aria-labelledby="ask-title" {
            (frame::secret(visitor)) (seen(scene))
            h3 id="ask-title" { "Ask again" }
            p.soft { "For the work as it is now. You ask, so somebody else decides." }
            (fields::line("ask-request", "title", "What you ask", &again.title))
            (fields::text("ask-description", "description", "In full", &again.description, false))
            (fields::choice("ask-risk", "risk", "Risk, at least that of the work", &risks, &again.risk))
            button { "Ask again" }
            @if scene.is_open() { p.soft { "The open request is withdrawn." } }
        }
    }
}
