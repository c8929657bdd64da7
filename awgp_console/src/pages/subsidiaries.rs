//! A holding's view over its subsidiaries.

use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::table::{Head, cards};
use crate::parts::{self, filter, list, meter, when};
use crate::site::Site;
use crate::visit::Reader;
use awgp_client::Row;
use awgp_client::page::{Key, Ordered, Page, up};
use axum::Router;
use axum::extract::Query;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

const LIST: &str = "SELECT * FROM awgp.subsidiary_overview";
const ORDER: &[Key] = &[up("lower(r.name)", "text"), up("r.id", "uuid")];

/// The routes.
pub fn router() -> Router<Site> {
    Router::new().route("/subsidiaries", get(subsidiaries))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    after: Option<String>,
}

async fn subsidiaries(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Subsidiaries", Place::Subsidiaries, async |work, reader| {
            let mut rows = Ordered::new(LIST, Vec::new(), ORDER);
            if !asked.q.trim().is_empty() {
                rows.matching(&["name", "slug"], asked.q.trim().to_owned());
            }
            let page = list::read(work, rows, asked.after.as_deref()).await?;
            Ok(shown(&page, &asked, reader, &here))
        })
        .await
}

fn shown(page: &Page, asked: &Asked, reader: &Reader, here: &list::Here) -> Markup {
    let heads = [
        Head::Text("Subsidiary"),
        Head::Text("Open approvals"),
        Head::Text("Spent this month"),
        Head::Number("Left in pools"),
        Head::Text("Assistants"),
        Head::Text("Flags"),
        Head::Text("Last activity"),
    ];
    html! {
        @if reader.text("tenant_type") != "holding" {
            (parts::empty("This tenant is no holding: it has no subsidiaries."))
        } @else {
            p {
                "A holding reads what its active subsidiaries have: approvals, work, assistants, money, flags and the trail. It suspends and resumes "
                "their assistants. It neither decides their approvals, nor reviews their flags, nor changes their budgets or policies: their own users do."
            }
            (filter::form("/subsidiaries", &filter::words("Name or slug", &asked.q)))
            @if page.rows.is_empty() {
                (parts::empty("There is no active subsidiary like this."))
            } @else {
                (cards("Active subsidiaries", &heads, &html! { @for row in &page.rows { (line(row, reader)) } }))
                (list::turn(here, page))
            }
        }
    }
}

fn line(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let tenant = parts::encoded(&raw("slug"));
    let link = |path: &str, query: &str, said: String| {
        html! { a href={ (path) "?" (query) "tenant=" (tenant) } { (said) } }
    };
    let used = meter::number(&raw("month_spent")) + meter::number(&raw("month_held"));
    html! {
        tr {
            th scope="row" {
                (parts::field(row, "name")) " " (parts::status(if raw("is_active") == "true" { "active" } else { "inactive" }))
                div.soft { (parts::field(row, "slug")) }
            }
            td data-label="Open approvals" { (approvals(row, &tenant)) }
            td.wide data-label="Spent this month" {
                (link("/money", "", format!("{} of {}", parts::money(&raw("month_spent")), parts::money(&raw("month_limit")))))
                (meter::meter(&format!("Used of the month of {}", parts::field(row, "slug")), &used.to_string(), &raw("month_limit")))
            }
            td.n data-label="Left in pools" { @if raw("pools") == "0" { "no pool" } @else { (parts::money(&raw("pools_left"))) } }
            td data-label="Assistants" {
                (link("/assistants", "", format!("{} active of {}", raw("assistants_active"), raw("assistants"))))
                @if raw("assistants_suspended") != "0" {
                    div { (link("/assistants", "status=suspended&", format!("{} suspended", raw("assistants_suspended")))) }
                }
            }
            td data-label="Flags" {
                @if raw("flags_pending") == "0" && raw("flags_confirmed") == "0" { span.soft { "–" } }
                @if raw("flags_pending") != "0" {
                    div { (link("/flags", "status=pending&", format!("{} to review", raw("flags_pending")))) }
                }
                @if raw("flags_confirmed") != "0" {
                    div { (link("/flags", "status=confirmed&", format!("{} confirmed", raw("flags_confirmed")))) }
                }
            }
            td data-label="Last activity" { (when(&raw("last_activity_at"), reader)) }
        }
    }
}

/// The open ones, those of high risk first.
fn approvals(row: &Row, tenant: &str) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let levels = [
        ("approvals_high", "risk 4–5", "risk risk-4"),
        ("approvals_medium", "risk 2–3", "risk risk-2"),
        ("approvals_low", "risk 0–1", "risk"),
    ];
    html! {
        @if raw("approvals") == "0" {
            span.soft { "nothing open" }
        } @else {
            a href={ "/approvals?state=open&tenant=" (tenant) } { (raw("approvals")) " open" }
            @for (column, called, class) in levels {
                @if raw(column) != "0" { div { span class=(class) { (raw(column)) " of " (called) } } }
            }
        }
    }
}
