//! Alerts of budgets, with what they mean.

use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::table::{Head, table};
use crate::parts::{self, filter, list, rank, when};
use crate::visit::Reader;
use awgp_client::page::{Key, Ordered, down, up};
use awgp_client::{Row, Trouble, Work};
use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

const LIST: &str = "
    SELECT * FROM awgp.budget_alert_list WHERE ($1 = '' OR tenant_slug = $1) AND ($2 = '' OR kind = $2)";
const ORDER: &[Key] = &[down("r.created_at", "timestamptz"), up("r.id", "uuid")];

/// How many the page of money shows.
const LATEST: usize = 10;

const KINDS: [(&str, &str); 3] =
    [("", "any"), ("threshold", "a share of the limit was reached"), ("overrun", "a limit was passed")];

/// What is asked of the list.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    tenant: String,
    kind: String,
    after: Option<String>,
}

/// The page of all alerts.
pub async fn alerts(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Alerts of budgets", Place::Money, async |work, reader| {
            let rows = Ordered::new(LIST, vec![&asked.tenant, &asked.kind], ORDER);
            let page = list::read(work, rows, asked.after.as_deref()).await?;
            let tenants = filter::tenants(work, reader).await?;
            let fields = html! {
                (filter::choice("kind", "What happened", &asked.kind, &KINDS))
                (filter::tenant(&asked.tenant, &tenants))
            };
            Ok(html! {
                (filter::form("/money/alerts", &fields))
                (shown(&page.rows, reader))
                (list::turn(&here, &page))
                p { a href="/money" { "To the page of money" } }
            })
        })
        .await
}

/// The latest ones.
pub async fn latest(work: &Work<'_>, reader: &Reader, tenant: &str) -> Result<Markup, Trouble> {
    let any = String::new();
    let tenant = tenant.to_owned();
    let page = Ordered::new(LIST, vec![&tenant, &any], ORDER).part(work, LATEST).await?;
    Ok(html! {
        (shown(&page.rows, reader))
        @if page.more.is_some() { p { a href={ "/money/alerts?tenant=" (parts::encoded(&tenant)) } { "All alerts" } } }
    })
}

fn shown(rows: &[Row], reader: &Reader) -> Markup {
    html! {
        @if rows.is_empty() {
            (parts::empty("There is no alert: no limit is half used."))
        } @else {
            (table("Alerts, the newest first", &[Head::Text("When"), Head::Text("What it means")],
                &html! { @for row in rows { tr {
                    td { (when(&parts::raw(row, "created_at"), reader)) }
                    td { (meaning(row, reader)) }
                } } }))
        }
    }
}

fn meaning(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let name = parts::field(row, "budget");
    let limit = match raw("scope").as_str() {
        "pool" => format!("the budget of the pool {name}"),
        "assistant" => format!("the daily limit of {name}"),
        "holding" => "the monthly limit of the holding and its subsidiaries".to_owned(),
        _ => "the monthly limit of the tenant".to_owned(),
    };
    let numbers = format!("{} of {}", parts::money(&raw("spent")), parts::money(&raw("limit_amount")));
    html! {
        @if raw("kind") == "overrun" {
            span class="status bad" { "passed" } " An entry went over " (limit) ", or over what was reserved for it: "
            (numbers) " was spent then. The call had been made already; new calls are refused while nothing is left."
        } @else {
            span class="status open" { (raw("threshold")) " %" } " of " (limit) " was reached: " (numbers) " was spent then."
        }
        @if !rank::is_own(reader, row) { span.soft { " (" (parts::field(row, "tenant_slug")) ")" } }
    }
}
