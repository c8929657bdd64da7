//! All work items, narrowed and a page at a time.

use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::pages::approvals::condition;
use crate::parts::{self, fields, list};
use crate::visit::Reader;
use awgp_client::page::{Key, Ordered, Page, down, up};
use awgp_client::{Failure, Row};
use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

const LIST: &str = "
    SELECT w.id, w.title, w.status, w.risk_level, w.priority, w.assistant_slug, w.created_at, w.due_at,
           w.estimated_cost,
           CASE WHEN w.tenant_id <> awgp.current_tenant() THEN w.tenant_slug END AS of_tenant
    FROM awgp.work_item_list AS w";
const ORDER: &[Key] = &[down("r.created_at", "timestamptz"), up("r.id", "uuid")];

/// States that people ask for, with their condition.
const STATES: [(&str, &str, &str); 7] = [
    ("open", "open", "r.status IN ('backlog', 'in_progress', 'awaiting_approval')"),
    ("backlog", "backlog", "r.status = 'backlog'"),
    ("awaiting_approval", "awaiting approval", "r.status = 'awaiting_approval'"),
    ("in_progress", "in progress", "r.status = 'in_progress'"),
    ("completed", "completed", "r.status = 'completed'"),
    ("failed", "failed", "r.status = 'failed'"),
    ("cancelled", "cancelled", "r.status = 'cancelled'"),
];

/// What the reader asked for. What is absent or empty narrows nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    after: String,
    state: String,
    assistant: String,
    text: String,
}

impl Asked {
    fn is_narrowed(&self) -> bool {
        [&self.state, &self.assistant, &self.text].iter().any(|value| !value.trim().is_empty())
    }

    fn rows(&self) -> Result<Ordered<'static>, Failure> {
        let mut rows = Ordered::new(LIST, Vec::new(), ORDER);
        if let Some(condition) = condition(&STATES, &self.state, "state")? {
            rows.only(String::new(), |place| format!("(${place}::text = '' AND ({condition}))"));
        }
        for (column, words) in [("assistant_slug", &self.assistant), ("title", &self.text)] {
            if !words.trim().is_empty() {
                rows.matching(&[column], words.trim().to_owned());
            }
        }
        Ok(rows)
    }
}

pub async fn list(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Work", Place::Work, async |work, reader| {
            let page = list::read(work, asked.rows()?, Some(&asked.after)).await?;
            Ok(shown(&asked, &page, reader, &here))
        })
        .await
}

fn shown(asked: &Asked, page: &Page, reader: &Reader, here: &list::Here) -> Markup {
    html! {
        (filter(asked))
        @if !page.rows.is_empty() {
            (table(&page.rows, reader))
        } @else if asked.is_narrowed() {
            (parts::empty("No work fits this filter."))
        } @else {
            (parts::empty("There is no work yet. What assistants are to do stands here, the newest first."))
        }
        (list::turn(here, page))
    }
}

fn filter(asked: &Asked) -> Markup {
    let states: Vec<(&str, &str)> = std::iter::once(("", "any"))
        .chain(STATES.iter().map(|(value, called, _)| (*value, *called)))
        .collect();
    html! {
        form.filter method="get" action="/work" aria-label="Filter" {
            (fields::choice("state", "state", "State", &states, &asked.state))
            (fields::line("assistant", "assistant", "Assistant", &asked.assistant))
            (fields::line("text", "text", "Title contains", &asked.text))
            (fields::narrow("/work", asked.is_narrowed()))
        }
    }
}

fn table(rows: &[Row], reader: &Reader) -> Markup {
    html! {
        table {
            caption { "Work, the newest first" }
            thead { tr { th scope="col" { "What" } th scope="col" { "Risk" } th scope="col" { "State" } } }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" {
                            a href={ "/work/" (parts::raw(row, "id")) } { (parts::field(row, "title")) }
                            div.soft {
                                (parts::field_or_dash(row, "assistant_slug"))
                                " · made " (parts::away(&parts::raw(row, "created_at"), reader))
                                @let of = parts::field(row, "of_tenant");
                                @if !of.is_empty() { " · " (of) }
                                @let due = parts::raw(row, "due_at");
                                @if !due.is_empty() { " · due " (parts::away(&due, reader)) }
                            }
                        }
                        td { (risk(row)) }
                        td { (parts::status(&parts::raw(row, "status"))) }
                    }
                }
            }
        }
    }
}

/// The risk of a work item. One that nobody has assessed counts as the highest.
pub fn risk(row: &Row) -> Markup {
    let risk = parts::field(row, "risk_level");
    if risk.is_empty() {
        html! { span.risk.risk-5 { "not assessed" } }
    } else {
        parts::risk(&risk)
    }
}
