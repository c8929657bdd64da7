//! Filters of lists: GET forms, so that a link keeps them.

use super::{fields, shown};
use crate::visit::Reader;
use awgp_client::{Row, Trouble, Work};
use maud::{Markup, html};

/// One of several values: the value and what it is called.
pub fn choice(name: &str, label: &str, given: &str, values: &[(&str, &str)]) -> Markup {
    fields::choice(&format!("f-{name}"), name, label, values, given)
}

/// Words to look for.
pub fn words(label: &str, given: &str) -> Markup {
    fields::line("f-q", "q", label, given)
}

/// The whole filter.
pub fn form(path: &str, chosen: &Markup) -> Markup {
    html! {
        form.filter method="get" action=(path) aria-label="Filter" {
            (chosen)
            (fields::narrow(path, false))
        }
    }
}

/// The tenants that the reader sees, by slug, with their names; empty where there is only their own.
pub async fn tenants(work: &Work<'_>, reader: &Reader) -> Result<Vec<(String, String)>, Trouble> {
    if !reader.has_subsidiaries() {
        return Ok(Vec::new());
    }
    let rows =
        work.select("SELECT tenant_slug, tenant_name FROM awgp.tenant_budgets ORDER BY 2, 1", &[]).await?;
    let text = |row: &Row, name| row.text(name).unwrap_or_default();
    Ok(rows.iter().map(|row| (text(row, "tenant_slug"), text(row, "tenant_name"))).collect())
}

/// One of these tenants.
pub fn tenant(given: &str, tenants: &[(String, String)]) -> Markup {
    html! {
        @if !tenants.is_empty() {
            div {
                label for="f-tenant" { "Tenant" }
                select id="f-tenant" name="tenant" {
                    option value="" selected[given.is_empty()] { "all" }
                    @for (slug, name) in tenants {
                        option value=(slug) selected[slug == given] { (shown(name)) }
                    }
                }
            }
        }
    }
}
