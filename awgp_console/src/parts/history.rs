//! What the trail has of one row: who changed what, the newest first.

use super::table::{Head, table};
use super::{encoded, shown, when};
use crate::visit::Reader;
use awgp_client::{Row, Trouble, Work, readable};
use awgp_core::json_difference::{Change, changes};
use maud::{Markup, html};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// How many changes a page shows; the audit explorer has all.
const SHOWN: usize = 20;

const HISTORY: &str = "
    SELECT h.id, h.\"timestamp\", h.action, h.actor_type, h.actor_id,
           awgp.trail_name(h.tenant_id, h.actor_type, h.actor_id) AS actor, h.before_state, h.after_state, h.metadata
    FROM awgp.row_history($1, VARIADIC ARRAY[$2::text]) AS h ORDER BY h.\"timestamp\" DESC, h.id DESC LIMIT 21";

/// Fields that change with every change and say nothing.
const SILENT: [&str; 2] = ["updated_at", "status_changed_at"];

/// The history of a row of `awgp.ENTITY`.
pub async fn history(work: &Work<'_>, reader: &Reader, entity: &str, id: &str) -> Result<Markup, Trouble> {
    let rows = work.select(HISTORY, &[&entity, &id]).await?;
    let all = format!("/audit/of/{}/{}", encoded(entity), encoded(id));
    Ok(html! {
        @if rows.is_empty() {
            p.soft { "The trail has nothing of it yet." }
        } @else {
            (table("What changed, the newest first",
                &[Head::Text("When"), Head::Text("Who"), Head::Text("What")],
                &html! { @for row in rows.iter().take(SHOWN) { (event(row, reader)) } }))
            @if rows.len() > SHOWN { p { a href=(all) { "The whole history" } } }
        }
    })
}

fn event(row: &Row, reader: &Reader) -> Markup {
    let actor = [row.text("actor"), row.text("actor_id")].into_iter().flatten().find(|name| !name.is_empty());
    let kind = row.text("actor_type").unwrap_or_default();
    html! {
        tr {
            td { (when(&row.text("timestamp").unwrap_or_default(), reader)) }
            td { @match actor { Some(name) => { (shown(&name)) } None => { (shown(&kind)) } } }
            td { (what(row)) }
        }
    }
}

fn what(row: &Row) -> Markup {
    let action = row.text("action").unwrap_or_default();
    let logged = told(row);
    if let Some(facts) = logged {
        return html! {
            (shown(&action.replace('_', " ")))
            @for (name, value) in facts { div { (shown(&name)) ": " (shown(&readable(value.get()))) } }
        };
    }
    let state = |name| row.raw(name).filter(|state| state.get() != "null");
    if action != "update" {
        let said = match action.as_str() {
            "insert" => "made".to_owned(),
            "delete" => "deleted".to_owned(),
            other => other.replace('_', " "),
        };
        return html! { (shown(&said)) };
    }
    let changed: Vec<Change> = changes(state("before_state"), state("after_state"))
        .into_iter()
        .filter(|change| !SILENT.contains(&change.field.as_str()))
        .collect();
    html! {
        @if changed.is_empty() { "changed" }
        @for change in &changed { (difference(change)) }
    }
}

fn difference(change: &Change) -> Markup {
    let text =
        |value: Option<&RawValue>| value.map(|value| readable(value.get())).filter(|text| !text.is_empty());
    html! {
        div {
            (shown(&change.field.replace('_', " "))) ": "
            @if let Some(before) = text(change.before.as_deref()) { del { (shown(&before)) } " → " }
            @match text(change.after.as_deref()) {
                Some(after) => { ins { (shown(&after)) } }
                None => { span.soft { "nothing" } }
            }
        }
    }
}

/// What a function or an application has logged about the row, besides the facts that AWGP adds.
fn told(row: &Row) -> Option<BTreeMap<String, Box<RawValue>>> {
    let facts: BTreeMap<String, Box<RawValue>> = serde_json::from_str(row.raw("metadata")?.get()).ok()?;
    facts.contains_key("origin").then(|| {
        let own = ["origin", "role", "on_behalf_of", "left_out", "key"];
        facts.into_iter().filter(|(name, _)| !own.contains(&name.as_str())).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> String {
        what(&Row::from_json(text).expect("a row")).into_string()
    }

    #[test]
    fn a_change_says_what_it_was_and_what_it_is_and_disguises_nothing() {
        let html = row(r#"{"action": "update", "metadata": {"role": "app"},
                "before_state": {"status": "active", "updated_at": 1}, "after_state": {"status": "su\u202espended", "updated_at": 2}}"#);
        assert!(html.contains("<del>active</del>") && !html.contains("updated at"), "{html}");
        assert!(!html.contains('\u{202e}') && html.contains("u{202e}"), "{html}");
    }

    #[test]
    fn what_was_logged_about_a_row_says_its_facts() {
        let html = row(
            r#"{"action": "top_up", "metadata": {"origin": "log_event", "role": "app", "amount": 50.000000, "reason": "<b>"}}"#,
        );
        assert!(html.contains("amount: 50.000000") && html.contains("reason: &lt;b&gt;"), "{html}");
        assert!(!html.contains("role"), "{html}");
    }
}
