//! The history of one thing: each event about it, the newest first, with what changed.

use super::list::ORDER;
use super::names::Names;
use super::scope::Scope;
use super::{differences, words};
use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::{self, list, raw, shown};
use crate::visit::Reader;
use awgp_client::page::Ordered;
use awgp_client::{Exit, Failure, Row};
use axum::extract::{Path, Query};
use maud::{Markup, html};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use uuid::Uuid;

const COLUMNS: &str =
    "id, \"timestamp\", tenant_id, tenant_slug, actor_type, actor_id, actor_name, on_behalf_of,
    on_behalf_of_name, action, entity_type, entity_id, entity_name, origin, login, before_state, after_state";

#[derive(Deserialize)]
pub struct Asked {
    after: Option<String>,
}

pub async fn history(
    visitor: Visitor,
    Path((kind, _)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let here = visitor.here();
    let key = key(&visitor.path);
    visitor
        .page("History", Place::Audit, async |work, reader| {
            // Only a tracked table, whose name includes a schema, has rows whose key is not a uuid.
            let is_uuid = matches!(key.as_slice(), [only] if Uuid::try_parse(only).is_ok());
            if !is_uuid && !kind.contains('.') {
                return Err(nothing().into());
            }
            let scope = Scope::of(work).await?;
            let query = format!(
                "SELECT * FROM awgp.trail_list WHERE {} AND entity_type = ANY (awgp.entity_names($1))
                 AND entity_id = awgp.entity_id(VARIADIC $2)",
                scope.condition("trail_list.tenant_id")
            );
            let rows = Ordered::new(query, vec![&kind, &key], ORDER).showing(COLUMNS);
            let page = list::read(work, rows, asked.after.as_deref()).await?;
            let Some(newest) = page.rows.first() else { return Err(nothing().into()) };
            let names = Names::of(work, &page.rows).await?;
            Ok(html! {
                p.lead { (head(newest)) }
                ol.cards { @for row in &page.rows { li { (version(row, &names, reader)) } } }
                (list::turn(&here, &page))
            })
        })
        .await
}

/// No such thing: the same words for one of another tenant.
fn nothing() -> Failure {
    Failure::new(Exit::NotFound, "the trail that you see has no such thing").hint("find it at /audit")
}

/// The values of the key: what stands between the slashes of the path, each decoded by itself.
fn key(path: &str) -> Vec<String> {
    let path = path.split('?').next().unwrap_or_default();
    let values = path.splitn(5, '/').nth(4).unwrap_or_default();
    values.split('/').map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned()).collect()
}

fn head(newest: &Row) -> Markup {
    html! {
        b { (words::what(newest)) }
        @if let Some(page) = words::page_of(newest) { " · " a href=(page) { "open its page" } }
        br;
        code { (shown(&raw(newest, "entity_type"))) " " (shown(&raw(newest, "entity_id"))) }
    }
}

fn version(row: &Row, names: &Names, reader: &Reader) -> Markup {
    let id = raw(row, "id");
    html! {
        article.card {
            h2 { (words::who(row)) " " (words::deed(row)) " it" }
            p.soft {
                (parts::when(&raw(row, "timestamp"), reader)) " · "
                a href={ "/audit/" (id) } aria-label={ "Event " (id) } { "#" (id) }
                @if !raw(row, "on_behalf_of").is_empty() { " · on behalf of " (parts::field_or_dash(row, "on_behalf_of_name")) }
            }
            (differences::table(row, names, &html! { "What changed" }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_values_of_the_path_and_a_slash_within_one_stays() {
        assert_eq!(key("/audit/of/shop.orders/7/a%2Fb?after=x"), ["7", "a/b"]);
        assert_eq!(key("/audit/of/users/%C3%A9"), ["é"]);
    }
}
