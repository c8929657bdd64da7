//! What was spent this month: day by day, by assistant, by provider, by model.

use crate::parts::chart::{self, Bar, Chart};
use crate::parts::table::{Head, table};
use crate::parts::{self, meter};
use crate::visit::Reader;
use awgp_client::{Row, Trouble, Work};
use maud::{Markup, html};

/// How many of each are named.
const NAMED: usize = 10;

/// One pass over the month's costs; of assistants, providers and models only those that spent most.
const SPENT: &str = "
    SELECT * FROM (
        SELECT summed.*, row_number() OVER (PARTITION BY kind ORDER BY spent DESC, name, further) AS place,
               count(*) OVER (PARTITION BY kind) AS of_all,
               round(100 * spent / NULLIF(sum(spent) OVER (PARTITION BY kind), 0), 1) AS percent
        FROM (
            SELECT CASE WHEN grouping(assistant_id) = 0 THEN 'assistant' WHEN grouping(model) = 0 THEN 'model'
                        ELSE 'provider' END AS kind,
                   COALESCE(assistant_slug, model, provider) AS name,
                   CASE WHEN grouping(assistant_id) = 0 THEN tenant_slug WHEN grouping(model) = 0 THEN provider END AS further,
                   assistant_id AS id, sum(cost_amount) AS spent
            FROM awgp.month_spending WHERE $1 = '' OR tenant_slug = $1
            GROUP BY GROUPING SETS ((assistant_id, assistant_slug, tenant_slug), (provider), (provider, model))
        ) AS summed) AS ranked
    WHERE place <= 10
    ORDER BY kind, place";

/// The days of the month so far, those without a cost too.
const DAYS: &str = "
    SELECT to_char(calendar.day, 'YYYY-MM-DD') AS day, COALESCE(spent.spent, 0) AS spent
    FROM generate_series(date_trunc('month', awgp.accounting_today()::timestamp), awgp.accounting_today()::timestamp,
                         interval '1 day') AS calendar (day)
    LEFT JOIN (
        SELECT day, sum(spending.spent) AS spent FROM awgp.assistant_spending AS spending
        WHERE ($1 = '' OR spending.tenant_slug = $1)
          AND spending.day >= date_trunc('month', awgp.accounting_today()::timestamp)::date
        GROUP BY day) AS spent ON spent.day = calendar.day::date
    ORDER BY calendar.day";

/// This month of a tenant by its slug, or of all that the reader sees.
pub async fn this_month(work: &Work<'_>, reader: &Reader, tenant: &str) -> Result<Markup, Trouble> {
    let spent = work.select(SPENT, &[&tenant]).await?;
    let days = work.select(DAYS, &[&tenant]).await?;
    let kind =
        |kind: &str| -> Vec<&Row> { spent.iter().filter(|row| parts::raw(row, "kind") == kind).collect() };
    let bars: Vec<Bar> = days
        .iter()
        .map(|row| Bar { label: parts::raw(row, "day"), amount: parts::raw(row, "spent") })
        .collect();
    Ok(html! {
        (chart::bars(&Chart { title: "Spent on each day of this month", of: "day", limit: None }, &bars))
        @if !spent.is_empty() {
            div.pair {
                (list("By assistant", "Assistant", &kind("assistant"), reader))
                (list("By provider", "Provider", &kind("provider"), reader))
                (list("By model", "Model", &kind("model"), reader))
            }
        }
    })
}

fn list(title: &str, of: &'static str, rows: &[&Row], reader: &Reader) -> Markup {
    let others = rows.first().and_then(|row| parts::raw(row, "of_all").parse::<usize>().ok()).unwrap_or(0);
    let others = others.saturating_sub(NAMED);
    html! {
        section {
            h3 { (title) }
            (table(&format!("Who spent this month, {}", title.to_lowercase()),
                &[Head::Text(of), Head::Number("Spent"), Head::Text("Share")],
                &html! { @for row in rows { (line(row, of, reader)) } }))
            @if others > 0 { p.soft { "and " (others) @if others == 1 { " other" } @else { " others" } } }
        }
    }
}

fn line(row: &Row, of: &str, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let name = parts::field(row, "name");
    // A tenant's own name says nothing to its own users.
    let further = if raw("further") == reader.text("tenant_slug") {
        String::new()
    } else {
        parts::field(row, "further")
    };
    html! {
        tr {
            th scope="row" {
                @if of == "Assistant" { a href={ "/assistants/" (raw("id")) } { (name) } } @else { (name) }
                @if !further.is_empty() { div.soft { (further) } }
            }
            td.n title=(parts::money(&raw("spent"))) { (meter::about(&raw("spent"))) }
            td {
                @if !raw("percent").is_empty() {
                    (raw("percent")) " %"
                    (meter::share(&format!("Share of {name}"), &raw("percent")))
                }
            }
        }
    }
}
