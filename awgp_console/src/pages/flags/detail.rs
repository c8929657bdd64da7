//! One flag: what was said, where, who doubts it, and what a review leads to.

use super::review;
use super::rules;
use super::{ONE, method_named, status_named};
use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::{self, Place};
use crate::parts::history::history;
use crate::parts::one::one;
use crate::parts::{self, rank, when};
use crate::visit::Reader;
use awgp_client::Row;
use axum::extract::Path;
use maud::{Markup, html};

const CONVERSATION: &str = "SELECT * FROM awgp.conversation_list WHERE id::text = $1";

/// The page.
pub async fn flag(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let secret = frame::secret(&visitor);
    visitor
        .page("Flag", Place::Assistants, async |work, reader| {
            let row = one(work, ONE, &id, "flag").await?;
            let conversation = parts::raw(&row, "conversation_log_id");
            let conversation = work.select(CONVERSATION, &[&conversation]).await?.pop();
            let rules = rules::of(work, &parts::raw(&row, "assistant_id")).await?;
            let past = history(work, reader, "hallucination_flags", &id).await?;
            Ok(html! {
                (head(&row, reader))
                (said(&row))
                h2 { "Where it was said" }
                (place(&row, conversation.as_ref(), reader))
                h2 { "Review" }
                (reviewed(&row, reader))
                @if let Some(rules) = &rules {
                    p { (rules.suspension()) }
                    (review::form(&row, reader, rules, &secret))
                }
                h2 { "History" }
                (past)
            })
        })
        .await
}

fn head(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    html! {
        p.lead {
            (parts::status(status_named(&raw("status")))) " "
            a href={ "/assistants/" (raw("assistant_id")) } { (parts::field(row, "assistant_slug")) }
            @if !rank::is_own(reader, row) { " of " (parts::field(row, "tenant_slug")) }
            " is doubted since " (when(&raw("created_at"), reader)) "."
        }
    }
}

fn said(row: &Row) -> Markup {
    let text = parts::raw(row, "flagged_content");
    html! {
        h2 { "What it said" }
        @if !parts::raw(row, "content_erased_at").is_empty() {
            p.soft { "What was said is erased, together with the conversation." }
        } @else if text.trim().is_empty() {
            p.soft { "The flag quotes nothing." }
        } @else {
            blockquote { (parts::lines(&text)) }
        }
        (parts::facts(&[
            ("Found by", html! { (method_named(&parts::raw(row, "detection_method"))) }),
            ("Confidence of the detector, 0 to 1", html! { (parts::field_or_dash(row, "confidence_score")) }),
            ("Model", html! { (parts::field_or_dash(row, "model")) }),
        ]))
    }
}

fn place(row: &Row, conversation: Option<&Row>, reader: &Reader) -> Markup {
    let item = parts::raw(row, "work_item_id");
    let text = |name: &str| conversation.map(|row| parts::field_or_dash(row, name)).unwrap_or_default();
    html! {
        @if item.is_empty() && conversation.is_none() {
            p.soft { "The flag names no conversation and no work item." }
        } @else {
            dl.facts {
                @if !item.is_empty() {
                    div { dt { "Work item" } dd { a href={ "/work/" (item) } { (parts::field_or_dash(row, "work_item_title")) } } }
                }
                @if let Some(row) = conversation {
                    div {
                        dt { "Conversation" }
                        dd {
                            (text("channel")) ", " (text("message_count")) " messages, began "
                            (when(&parts::raw(row, "started_at"), reader))
                            @if !parts::raw(row, "erased_at").is_empty() { "; its content is erased" }
                        }
                    }
                    div { dt { "Id of the conversation" } dd { code { (parts::field(row, "id")) } } }
                }
            }
        }
    }
}

fn reviewed(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let found = match raw("status").as_str() {
        "confirmed" => "It was a hallucination.",
        "false_positive" => "It was right: the flag is false.",
        "reviewed" => "Somebody looked, and could not decide.",
        _ => "Nobody has reviewed it yet.",
    };
    html! {
        p {
            (found)
            @if !raw("reviewed_at").is_empty() {
                " " (parts::field_or_dash(row, "reviewed_by_email")) " said so " (when(&raw("reviewed_at"), reader)) "."
            }
            @if !raw("suspended_at").is_empty() {
                " It helped to suspend the assistant " (when(&raw("suspended_at"), reader)) "."
            }
        }
        @if !raw("notes").is_empty() {
            h3 { "Notes" }
            blockquote { (parts::lines(&raw("notes"))) }
        }
    }
}
