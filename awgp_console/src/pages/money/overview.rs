//! The page of money: how much is left, how long it lasts, who spends it.

use super::{POOLS, alerts, limits, spenders};
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

/// The reader's own tenant comes first.
const ORDER: &[Key] = &[
    up("(r.tenant_id <> awgp.current_tenant())", "boolean"),
    up("r.tenant_slug", "text"),
    up("r.provider", "text"),
    up("r.pool_id", "uuid"),
];

/// What is asked of the page.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    tenant: String,
    after: Option<String>,
}

/// The page.
pub async fn money(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Money", Place::Money, async |work, reader| {
            let query = format!("{POOLS} AND ($1 = '' OR tenant_slug = $1)");
            let rows = Ordered::new(query, vec![&asked.tenant], ORDER);
            let pools = list::read(work, rows, asked.after.as_deref()).await?;
            let limits = limits::of(work, &asked.tenant).await?;
            let spent = spenders::this_month(work, reader, &asked.tenant).await?;
            let latest = alerts::latest(work, reader, &asked.tenant).await?;
            let tenants = filter::tenants(work, reader).await?;
            Ok(html! {
                @if !tenants.is_empty() { (filter::form("/money", &filter::tenant(&asked.tenant, &tenants))) }
                h2 { "Limits of the month" }
                (limits)
                h2 { "Pools" }
                (shown(&pools, reader, &here))
                h2 { "This month" }
                (spent)
                h2 { "Alerts" }
                (latest)
            })
        })
        .await
}

fn shown(page: &Page, reader: &Reader, here: &list::Here) -> Markup {
    let heads = [
        Head::Text("Pool"),
        Head::Text("Of the budget"),
        Head::Number("Budget"),
        Head::Number("Spent"),
        Head::Number("Held"),
        Head::Number("Left"),
        Head::Number("Forecast"),
        Head::Text("Lasts"),
    ];
    html! {
        @if page.rows.is_empty() {
            (parts::empty("There is no pool. Without one, nothing limits what is spent at a provider but the limits of tenant and assistants."))
        } @else {
            (cards("Pools in their present periods", &heads, &html! {
                @for row in &page.rows { (line(row, reader)) }
            }))
            (list::turn(here, page))
        }
    }
}

fn line(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let amount = |name: &str| parts::money(&raw(name));
    html! {
        tr {
            th scope="row" {
                a href={ "/money/" (raw("pool_id")) } { (parts::field(row, "provider")) }
                @if !rank::is_own(reader, row) { div.soft { (parts::field(row, "tenant_slug")) } }
            }
            td.wide data-label="Of the budget" { (used(row)) }
            @for (label, name) in [("Budget", "budget"), ("Spent", "spent"), ("Held", "held"), ("Left", "left_amount")] {
                td.n data-label=(label) { (amount(name)) }
            }
            td.n data-label="Forecast" { (meter::about(&raw("forecast"))) }
            td data-label="Lasts" { (lasts(row)) }
        }
    }
}

/// The part that is used, as a meter with its number.
pub fn used(row: &Row) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let used = meter::number(&raw("spent")) + meter::number(&raw("held"));
    html! {
        @if raw("used_percent").is_empty() { "no budget" } @else { (raw("used_percent")) " % used" }
        (meter::meter(&format!("Used of the pool {}", parts::field(row, "provider")), &used.to_string(), &raw("budget")))
    }
}

/// How long it lasts at the present rate.
pub fn lasts(row: &Row) -> Markup {
    let runs_out = parts::raw(row, "runs_out_on");
    html! {
        @if meter::number(&parts::raw(row, "left_amount")) <= 0.0 {
            span class="status bad" { "nothing is left" }
        } @else if runs_out.is_empty() {
            "to the end of the period"
        } @else {
            span class="status open" { "runs out" } " on " (parts::shown(&runs_out))
        }
    }
}
