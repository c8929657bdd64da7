//! All assistants: what each is, what it costs, what it has to do, how often it is wrong.

use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::table::{Head, cards};
use crate::parts::{self, filter, list, meter, rank};
use crate::visit::Reader;
use awgp_client::Row;
use awgp_client::page::{Key, Ordered, Page, up};
use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

const LIST: &str = "
    SELECT * FROM awgp.assistant_overview
    WHERE ($1 = '' OR status = $1) AND ($2 = '' OR type = $2) AND ($3 = '' OR tenant_slug = $3)";

/// The reader's own tenant comes first.
const ORDER: &[Key] = &[
    up("(r.tenant_id <> awgp.current_tenant())", "boolean"),
    up("r.tenant_slug", "text"),
    up("lower(r.name)", "text"),
    up("r.id", "uuid"),
];

const STATUSES: [(&str, &str); 5] = [
    ("", "any"),
    ("active", "active"),
    ("suspended", "suspended"),
    ("inactive", "inactive"),
    ("error", "error"),
];

/// Every type of assistant, as the column's CHECK lists them.
pub const TYPES: [(&str, &str); 13] = [
    ("", "any"),
    ("executive_cos", "executive chief of staff"),
    ("shared_finance", "shared finance"),
    ("shared_hr", "shared HR"),
    ("shared_it", "shared IT"),
    ("shared_legal", "shared legal"),
    ("company_operations", "company operations"),
    ("company_finance", "company finance"),
    ("company_marketing", "company marketing"),
    ("company_customer", "company customer"),
    ("company_product", "company product"),
    ("company_compliance", "company compliance"),
    ("custom", "custom"),
];

/// What a type is called.
pub fn type_named(kind: &str) -> String {
    TYPES
        .iter()
        .find(|(value, _)| *value == kind && !value.is_empty())
        .map_or_else(|| parts::shown(kind), |(_, called)| (*called).to_owned())
}

/// What is asked of the list.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Asked {
    status: String,
    r#type: String,
    tenant: String,
    q: String,
    after: Option<String>,
}

/// The page.
pub async fn assistants(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Assistants", Place::Assistants, async |work, reader| {
            let mut rows = Ordered::new(LIST, vec![&asked.status, &asked.r#type, &asked.tenant], ORDER);
            if !asked.q.trim().is_empty() {
                rows.matching(&["name", "slug", "description"], asked.q.trim().to_owned());
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
        (filter::words("Name or slug", &asked.q))
        (filter::choice("status", "Status", &asked.status, &STATUSES))
        (filter::choice("type", "Type", &asked.r#type, &TYPES))
        (filter::tenant(&asked.tenant, tenants))
    };
    let heads = [
        Head::Text("Assistant"),
        Head::Text("Status"),
        Head::Text("Needs approval from"),
        Head::Text("Today, of its limit"),
        Head::Number("This month"),
        Head::Text("Open work"),
        Head::Text("Flags"),
    ];
    html! {
        (filter::form("/assistants", &fields))
        @if page.rows.is_empty() {
            (parts::empty("There is no assistant like this."))
        } @else {
            (cards("Assistants", &heads, &html! { @for row in &page.rows { (line(row, reader)) } }))
            (list::turn(here, page))
        }
    }
}

fn line(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    html! {
        tr {
            th scope="row" {
                a href={ "/assistants/" (raw("id")) } { (parts::field(row, "name")) }
                div.soft {
                    (parts::field(row, "slug")) " · " (type_named(&raw("type")))
                    @if !rank::is_own(reader, row) { " · " (parts::field(row, "tenant_slug")) }
                }
            }
            td data-label="Status" {
                (parts::status(&raw("status")))
                @if !raw("stopped").is_empty() { " " a href="/stops" { (parts::status("stopped")) } }
                @if raw("status") != "active" && !raw("status_reason").is_empty() {
                    div.soft { (parts::field(row, "status_reason")) }
                }
            }
            td data-label="Needs approval from" { (tier(&raw("risk_tier"))) }
            td.wide data-label="Today, of its limit" {
                (parts::money(&raw("day_spent"))) " of " (parts::money(&raw("max_cost_per_day")))
                @if meter::number(&raw("day_held")) > 0.0 { ", " (parts::money(&raw("day_held"))) " held" }
                (meter::meter(&format!("Spent today by {}", parts::field(row, "slug")),
                    &raw("day_spent"), &raw("max_cost_per_day")))
            }
            td.n data-label="This month" { (parts::money(&raw("month_spent"))) }
            td data-label="Open work" { (open_work(row)) }
            td data-label="Flags" { (quality(row)) }
        }
    }
}

/// The risk from which its work waits for an approval.
pub fn tier(tier: &str) -> Markup {
    match tier.parse::<u8>() {
        Ok(tier) if tier < 5 => parts::risk(&(tier + 1).to_string()),
        _ => html! { "no risk" },
    }
}

fn open_work(row: &Row) -> Markup {
    let said: Vec<String> =
        [("in_progress", "in progress"), ("awaiting_approval", "waiting"), ("backlog", "to do")]
            .iter()
            .filter(|(column, _)| parts::raw(row, column) != "0")
            .map(|(column, called)| format!("{} {called}", parts::raw(row, column)))
            .collect();
    html! { @if said.is_empty() { span.soft { "nothing open" } } @else { (said.join(", ")) } }
}

/// Quality at a glance: flags to review, and how many of the concluded ones were right.
fn quality(row: &Row) -> Markup {
    let number = |name: &str| parts::raw(row, name).parse::<u64>().unwrap_or(0);
    let (pending, confirmed, false_ones) =
        (number("pending"), number("confirmed"), number("false_positives"));
    html! {
        @if number("flags") == 0 { span.soft { "no flag" } }
        @if pending > 0 {
            a href={ "/flags?status=pending&assistant=" (parts::raw(row, "id")) } { (pending) " to review" }
        }
        @if confirmed + false_ones > 0 {
            div { (confirmed) " of " (confirmed + false_ones) " confirmed" }
        }
    }
}
