//! All stops that the reader sees: those in force first, then the earlier ones.

use super::{about, making, whoever};
use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::table::{Head, cards};
use crate::parts::{self, list, when};
use crate::visit::Reader;
use awgp_client::Row;
use awgp_client::page::{Key, Ordered, Page, down};
use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

const LIST: &str = "SELECT * FROM awgp.stop_list";
const ORDER: &[Key] =
    &[down("(r.resumed_at IS NULL)", "boolean"), down("r.stopped_at", "timestamptz"), down("r.id", "uuid")];

/// The stops from above: they cover the tenant, and it does not read their rows.
const ABOVE: &str = "
    SELECT s.scope, s.reason, s.stopped_at FROM awgp.stops_in_force() AS s
    WHERE NOT EXISTS (SELECT FROM awgp.stop_list AS known WHERE known.id = s.stop_id)";

/// What is asked of the list.
#[derive(Deserialize)]
pub struct Asked {
    after: Option<String>,
}

/// The page.
pub async fn stops(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Stops", Place::Stops, async |work, reader| {
            let above = work.select(ABOVE, &[]).await?;
            let page =
                list::read(work, Ordered::new(LIST, Vec::new(), ORDER), asked.after.as_deref()).await?;
            let choices = making::choices(work, reader).await?;
            Ok(html! {
                p {
                    "From the moment of a stop nothing begins any more where it holds: no action, no reservation, no work, "
                    "no message. What has begun may end. It holds until somebody else resumes."
                }
                @for stop in &above { (from_above(stop, reader)) }
                @if page.rows.is_empty() {
                    (parts::empty("Nothing was ever stopped here."))
                } @else {
                    (table(&page, reader))
                    (list::turn(&here, &page))
                }
                (choices)
            })
        })
        .await
}

fn from_above(stop: &Row, reader: &Reader) -> Markup {
    let whose =
        if parts::raw(stop, "scope") == "installation" { "The installation" } else { "The holding above" };
    html! {
        p.warning {
            strong { (whose) " is stopped" } " since " (when(&parts::raw(stop, "stopped_at"), reader)) ": "
            (parts::field(stop, "reason")) ". Whoever may resume there lifts it."
        }
    }
}

fn table(page: &Page, reader: &Reader) -> Markup {
    let heads = [
        Head::Text("Stopped"),
        Head::Text("State"),
        Head::Text("Why"),
        Head::Text("Since"),
        Head::Text("By"),
        Head::Text("Resumed"),
    ];
    cards("Stops, those in force first", &heads, &html! { @for row in &page.rows { (line(row, reader)) } })
}

fn line(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    html! {
        tr {
            th scope="row" { a href={ "/stops/" (raw("id")) } { (about(row)) } }
            td data-label="State" { (parts::status(&raw("state"))) }
            td data-label="Why" { (parts::field(row, "reason")) }
            td data-label="Since" { (when(&raw("stopped_at"), reader)) }
            td data-label="By" { (whoever(row, "stopped")) }
            td data-label="Resumed" {
                @if raw("resumed_at").is_empty() {
                    span.soft { "not yet" }
                } @else {
                    (when(&raw("resumed_at"), reader)) div.soft { (whoever(row, "resumed")) }
                }
            }
        }
    }
}
