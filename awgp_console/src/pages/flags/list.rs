//! Flags: those to review first, unless others are asked for.

use super::{method_named, status_named};
use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::{self, filter, list, rank, when};
use crate::visit::Reader;
use awgp_client::Row;
use awgp_client::page::{Key, Ordered, Page, down, up};
use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

const LIST: &str = "
    SELECT * FROM awgp.hallucination_flag_list
    WHERE ($1 = 'all' OR status = $1) AND ($2 = '' OR assistant_id::text = $2) AND ($3 = '' OR tenant_slug = $3)";
const ORDER: &[Key] = &[down("r.created_at", "timestamptz"), up("r.id", "uuid")];

const STATUSES: [(&str, &str); 5] = [
    ("pending", "to review"),
    ("reviewed", "undecided"),
    ("confirmed", "confirmed"),
    ("false_positive", "false"),
    ("all", "any"),
];

/// What is asked of the list.
#[derive(Deserialize)]
#[serde(default)]
pub struct Asked {
    status: String,
    assistant: String,
    tenant: String,
    q: String,
    after: Option<String>,
}

impl Default for Asked {
    fn default() -> Self {
        let none = String::new;
        Self { status: "pending".into(), assistant: none(), tenant: none(), q: none(), after: None }
    }
}

/// The page.
pub async fn flags(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Flags", Place::Assistants, async |work, reader| {
            let mut rows = Ordered::new(LIST, vec![&asked.status, &asked.assistant, &asked.tenant], ORDER);
            if !asked.q.trim().is_empty() {
                rows.matching(&["flagged_content", "assistant_slug", "model"], asked.q.trim().to_owned());
            }
            let page = list::read(work, rows, asked.after.as_deref()).await?;
            let tenants = filter::tenants(work, reader).await?;
            Ok(shown(&page, &asked, reader, &tenants, &here))
        })
        .await
}

fn shown(
    page: &Page,
    asked: &Asked,
    reader: &Reader,
    tenants: &[(String, String)],
    here: &list::Here,
) -> Markup {
    let fields = html! {
        (filter::words("What was said", &asked.q))
        (filter::choice("status", "Status", &asked.status, &STATUSES))
        (filter::tenant(&asked.tenant, tenants))
        @if !asked.assistant.is_empty() { input type="hidden" name="assistant" value=(asked.assistant); }
    };
    html! {
        p { "Somebody or something doubts what an assistant said. A person reviews it." }
        (filter::form("/flags", &fields))
        @if !asked.assistant.is_empty() {
            p { "Only those of one assistant. " a href={ "/flags?status=" (parts::encoded(&asked.status)) } { "Those of all" } }
        }
        @if page.rows.is_empty() {
            (parts::empty(if asked.status == "pending" { "No flag waits for a review." } else { "There is no flag like this." }))
        } @else {
            ul.cards { @for row in &page.rows { li { (card(row, reader)) } } }
            (list::turn(here, page))
        }
    }
}

fn card(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    html! {
        article.card {
            h2 { a href={ "/flags/" (raw("id")) } { (excerpt(row)) } }
            p {
                (parts::status(status_named(&raw("status")))) " "
                (parts::field(row, "assistant_slug"))
                @if !rank::is_own(reader, row) { " (" (parts::field(row, "tenant_slug")) ")" }
                @if !raw("model").is_empty() { " with " (parts::field(row, "model")) }
            }
            p.soft {
                "found by " (method_named(&raw("detection_method")))
                @if !raw("confidence_score").is_empty() { ", confidence " (raw("confidence_score")) }
                " · " (when(&raw("created_at"), reader))
            }
        }
    }
}

/// The beginning of what was said.
fn excerpt(row: &Row) -> String {
    const CHARACTERS: usize = 160;
    let said = parts::raw(row, "flagged_content");
    if said.trim().is_empty() {
        let erased = !parts::raw(row, "content_erased_at").is_empty();
        return if erased { "What was said is erased" } else { "A flag without a quotation" }.to_owned();
    }
    let begin: String = said.chars().take(CHARACTERS).collect();
    let end = if begin.len() < said.len() { "…" } else { "" };
    format!("{}{end}", parts::shown(begin.trim()))
}
