//! One pool: how it stands, its periods, what has changed it.

use super::overview::{lasts, used};
use super::{ONE, top_up};
use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::chart::{self, Bar, Chart};
use crate::parts::history::history;
use crate::parts::one::one;
use crate::parts::table::{Head, table};
use crate::parts::{self, list, meter, rank, when};
use crate::visit::Reader;
use awgp_client::Row;
use awgp_client::page::{Key, Ordered, Page, down};
use axum::extract::{Path, Query};
use maud::{Markup, html};
use serde::Deserialize;

const PERIODS: &str = "SELECT * FROM awgp.budget_history WHERE pool_id = $1::text::uuid";
const ORDER: &[Key] = &[down("r.starts_at", "timestamptz")];

/// The page of the periods that is asked for.
#[derive(Deserialize)]
pub struct Asked {
    after: Option<String>,
}

/// The page.
pub async fn pool(visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Pool", Place::Money, async |work, reader| {
            let row = one(work, ONE, &id, "pool").await?;
            let periods = Ordered::new(PERIODS, vec![&id], ORDER);
            let periods = list::read(work, periods, asked.after.as_deref()).await?;
            let past = history(work, reader, "provider_credit_pools", &id).await?;
            Ok(html! {
                (head(&row, reader))
                (top_up::form(&row, reader))
                h2 { "Periods" }
                (shown(&periods, reader, &here))
                h2 { "History" }
                (past)
                p { a href="/money" { "All pools" } }
            })
        })
        .await
}

fn head(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let amount = |name: &str| html! { (parts::money(&raw(name))) };
    html! {
        p.lead {
            strong { (parts::field(row, "provider")) }
            @if !rank::is_own(reader, row) { " of " (parts::field(row, "tenant_slug")) }
            ": " strong { (parts::money(&raw("left_amount"))) } " left, " (lasts(row)) "."
        }
        div.card { (used(row)) }
        (parts::facts(&[
            ("Budget of the period", amount("budget")),
            ("Spent", amount("spent")),
            ("Held for calls that are under way", amount("held")),
            ("Left", amount("left_amount")),
            ("Spent on a day, on average", html! { (meter::about(&raw("per_day"))) }),
            ("Forecast for the end of the period", html! { (meter::about(&raw("forecast"))) }),
            ("The period began", when(&raw("period_starts_at"), reader)),
            ("It ends", when(&raw("period_ends_at"), reader)),
        ]))
    }
}

fn shown(page: &Page, reader: &Reader, here: &list::Here) -> Markup {
    let begins = |row: &Row| when(&parts::raw(row, "starts_at"), reader);
    let bars: Vec<Bar> = page
        .rows
        .iter()
        .rev()
        .map(|row| Bar {
            label: day(&parts::raw(row, "starts_at"), reader),
            amount: parts::raw(row, "spent"),
        })
        .collect();
    let heads = [
        Head::Text("Began"),
        Head::Number("Limit"),
        Head::Number("Spent"),
        Head::Number("Of it before the ledger"),
        Head::Number("Used"),
    ];
    html! {
        @if page.rows.is_empty() {
            (parts::empty("Nothing was spent from it yet."))
        } @else {
            @if page.rows.len() > 1 {
                (chart::bars(&Chart { title: "Spent in each period", of: "period", limit: None }, &bars))
            }
            (table("Periods, the newest first", &heads, &html! {
                @for row in &page.rows { tr {
                    th scope="row" { (begins(row)) }
                    @for column in ["limit_amount", "spent", "opening"] { td.n { (parts::money(&parts::raw(row, column))) } }
                    td.n { @if parts::raw(row, "used_percent").is_empty() { "–" } @else { (parts::raw(row, "used_percent")) " %" } }
                } }
            }))
            (list::turn(here, page))
        }
    }
}

/// The day of a moment, in the reader's zone.
fn day(moment: &str, reader: &Reader) -> String {
    moment.parse::<jiff::Timestamp>().map_or_else(
        |_| String::new(),
        |moment| moment.to_zoned_datetime(reader.zone.clone()).strftime("%Y-%m-%d").to_string(),
    )
}
