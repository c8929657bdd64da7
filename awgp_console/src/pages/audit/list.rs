//! The trail as a list: filters, newest first, one line in words an event.

use super::asked::{Asked, Wrong};
use super::scope::Scope;
use super::{bounded, words};
use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::{self, list, raw, shown};
use crate::visit::Reader;
use awgp_client::Row;
use awgp_client::page::{Key, Ordered, Page, down};
use axum::extract::Query;
use maud::{Markup, html};

/// The columns of the list: no states, which are long.
const COLUMNS: &str = "id, \"timestamp\", tenant_slug, actor_type, actor_id, actor_name, on_behalf_of,
    on_behalf_of_name, action, entity_type, entity_id, entity_name, changed, status_before, status_after, origin,
    login";
/// The order of events.
pub const ORDER: &[Key] = &[down("r.\"timestamp\"", "timestamptz"), down("r.id", "bigint")];
const TENANTS: &str = "SELECT tenant_id, tenant_slug FROM awgp.trail_status ORDER BY tenant_slug";

pub async fn list(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Audit", Place::Audit, async |work, reader| {
            let seen = if reader.has_subsidiaries() { work.select(TENANTS, &[]).await? } else { Vec::new() };
            let mut wrong = Vec::new();
            let scope = asked.scope(Scope::of(work).await?, &seen, &mut wrong);
            // States are read only where a filter looks into them: the outer list names its columns.
            let query =
                format!("SELECT * FROM awgp.trail_list WHERE {}", scope.condition("trail_list.tenant_id"));
            let mut rows = Ordered::new(query, Vec::new(), ORDER).showing(COLUMNS);
            wrong.extend(asked.narrow(work, reader, &mut rows).await?);
            let page = if wrong.is_empty() {
                let read = list::read(work, rows, asked.after.as_deref()).await;
                Some(read.map_err(|trouble| bounded(trouble, "looking through the trail", NARROWER))?)
            } else {
                None
            };
            Ok(html! {
                (form(&asked, &seen, &wrong))
                @if let Some(page) = &page { (rows_of(page, &asked, reader, &here)) }
            })
        })
        .await
}

const NARROWER: &str = "go back and narrow it: a first day, a kind of thing, who acted, or one tenant";

fn rows_of(page: &Page, asked: &Asked, reader: &Reader, here: &list::Here) -> Markup {
    html! {
        @if page.rows.is_empty() && asked.is_narrow() {
            (parts::empty("No event that you see fits this."))
        } @else if page.rows.is_empty() {
            (parts::empty("The trail that you see is empty."))
        } @else {
            ol.trail {
                @for row in &page.rows {
                    li {
                        p.when { (parts::when(&raw(row, "timestamp"), reader)) }
                        p {
                            (words::line(row))
                            @if reader.has_subsidiaries() { span.soft { " · " (parts::field(row, "tenant_slug")) } }
                        }
                        a.number href={ "/audit/" (raw(row, "id")) } aria-label={ "Event " (raw(row, "id")) } { "#" (raw(row, "id")) }
                    }
                }
            }
            (list::turn(here, page))
        }
    }
}

fn form(asked: &Asked, seen: &[Row], wrong: &[Wrong]) -> Markup {
    let field = |name: &str, label: &str, kind: &str, value: &str, list: Option<&str>| {
        let complaint = wrong.iter().find(|(field, _)| *field == name).map(|(_, what)| what);
        html! {
            div {
                label for=(name) { (label) }
                input id=(name) name=(name) type=(kind) value=(shown(value)) list=[list] autocomplete="off"
                    aria-invalid=[complaint.map(|_| "true")] aria-describedby=[complaint.map(|_| format!("{name}-wrong"))];
                @if let Some(what) = complaint { p.wrong id={ (name) "-wrong" } { (what) } }
            }
        }
    };
    html! {
        form.filter method="get" action="/audit" role="search" aria-label="Events" {
            (field("who", "Who: e-mail, assistant or id", "text", &asked.who, None))
            (field("kind", "What kind of thing", "text", &asked.kind, Some("kinds")))
            (field("text", "With this text", "search", &asked.text, None))
            div { button type="submit" { "Find" } @if asked.is_narrow() { " " a href="/audit" { "All events" } } }
            details.more open[asked.is_particular()] {
                summary { "Action, id, days" }
                div.wide {
                    (field("action", "Did what", "text", &asked.action, Some("actions")))
                    (field("id", "The thing's id, or its beginning", "text", &asked.id, None))
                    (field("from", "From this day", "date", &asked.from, None))
                    (field("until", "Until this day, included", "date", &asked.until, None))
                    @if !seen.is_empty() { (tenants(asked, seen, wrong)) }
                }
            }
            datalist id="actions" { @for (action, name) in words::actions() { option value=(action) { (name) } } }
            datalist id="kinds" { @for (kind, name) in words::kinds() { option value=(kind) { (name) } } }
        }
        p { a href="/audit/state" { "Is the trail whole? What is known, and verifying it" } }
    }
}

fn tenants(asked: &Asked, seen: &[Row], wrong: &[Wrong]) -> Markup {
    html! {
        div {
            label for="tenant" { "Of which tenant" }
            select id="tenant" name="tenant" {
                option value="" { "all that you see" }
                @for row in seen {
                    @let slug = parts::field(row, "tenant_slug");
                    option value=(slug) selected[slug == asked.tenant] { (slug) }
                }
            }
            @if let Some((_, what)) = wrong.iter().find(|(field, _)| *field == "tenant") { p.wrong { (what) } }
        }
    }
}
