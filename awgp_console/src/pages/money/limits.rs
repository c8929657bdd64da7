//! What a tenant, and a holding with its subsidiaries, may spend in a month.

use crate::parts::{self, meter};
use awgp_client::{Row, Trouble, Work};
use maud::{Markup, html};

const BUDGETS: &str = "
    SELECT * FROM awgp.tenant_budgets
    WHERE CASE $1 WHEN '' THEN tenant_id = awgp.current_tenant() ELSE tenant_slug = $1 END";

/// The limits of a tenant by its slug, or of the reader's own.
pub async fn of(work: &Work<'_>, tenant: &str) -> Result<Markup, Trouble> {
    let Some(row) = work.select(BUDGETS, &[&tenant]).await?.pop() else {
        return Ok(parts::empty("There is no such tenant."));
    };
    let holding = !parts::raw(&row, "holding_limit").is_empty();
    Ok(html! {
        div.pair {
            (limit(&row, &format!("{} may spend this month", parts::field(&row, "tenant_name")), ["month_limit", "month_spent", "month_held"]))
            @if holding {
                (limit(&row, "The holding and its subsidiaries together", ["holding_limit", "holding_spent", "holding_held"]))
            }
        }
    })
}

fn limit(row: &Row, title: &str, [limit, spent, held]: [&str; 3]) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let used = meter::number(&raw(spent)) + meter::number(&raw(held));
    html! {
        section.card {
            h3 { (title) }
            p.large { (parts::money(&raw(spent))) " " span.soft { "of " (parts::money(&raw(limit))) } }
            (meter::meter(title, &used.to_string(), &raw(limit)))
            p.soft {
                @if meter::number(&raw(held)) > 0.0 { (parts::money(&raw(held))) " more is held for calls that are under way." }
                @else { "Nothing is held." }
            }
        }
    }
}
