//! One event whole: what changed, who did it, and its place in the chain.

use super::names::Names;
use super::scope::{Scope, no_event};
use super::{differences, proof, words};
use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::{self, Place};
use crate::parts::{self, field, raw, shown};
use crate::visit::Reader;
use awgp_client::{Failure, Row, Trouble, Work, trail};
use axum::extract::Path;
use maud::{Markup, html};

/// An event that the reader sees. Any other id, and what is no id, is not there.
pub async fn find(work: &Work<'_>, id: &str) -> Result<(i64, Row), Trouble> {
    let number: i64 = id.parse().map_err(|_| no_event())?;
    let scope = Scope::of(work).await?;
    let sql = format!(
        "SELECT * FROM awgp.trail_list WHERE {} AND id = $1",
        scope.condition("trail_list.tenant_id")
    );
    let mut rows = work.select(&sql, &[&number]).await?;
    if rows.len() > 1 {
        return Err(awgp_client::proof::ambiguous(number, &rows.iter().collect::<Vec<_>>()).into());
    }
    let row = rows.pop().ok_or_else(|| -> Failure { no_event() })?;
    Ok((number, row))
}

pub async fn event(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let secret = frame::secret(&visitor);
    let has_folder = visitor.site.notes.is_some();
    let title = format!("Event {}", shown(&id));
    visitor
        .page(&title, Place::Audit, async |work, reader| {
            let (_, row) = find(work, &id).await?;
            let names = Names::of(work, std::slice::from_ref(&row)).await?;
            Ok(html! {
                p.lead { (words::line(&row)) "." }
                (facts(&row, reader))
                h2 { "What changed" }
                (differences::table(&row, &names, &html! { "Each field that has another value" }))
                (states(&row))
                h2 { "Its place in the chain" }
                (chain(&row, reader))
                h2 { "A proof for somebody outside" }
                (proof::offer(&row, has_folder, &secret, reader))
            })
        })
        .await
}

fn facts(row: &Row, reader: &Reader) -> Markup {
    let id = |column: &str| match raw(row, column) {
        id if id.is_empty() => html! {},
        id => html! { " " code { (shown(&id)) } },
    };
    let mut facts = vec![
        ("When", parts::when(&raw(row, "timestamp"), reader)),
        ("Who", html! { (words::who(row)) (id("actor_id")) }),
        ("Did what", html! { code { (field(row, "action")) } }),
        (
            "To what",
            html! {
                (words::what(row)) (id("entity_id"))
                @if let Some(path) = words::history_of(row) { br; a href=(path) { "Its history" } }
                @if let Some(path) = words::page_of(row) { " · " a href=(path) { "Its page" } }
            },
        ),
        ("Tenant", html! { (parts::field_or_dash(row, "tenant_slug")) }),
        ("Login of the database", html! { code { (parts::field_or_dash(row, "login")) } }),
        ("Token", token(row)),
    ];
    if !raw(row, "on_behalf_of").is_empty() {
        let behalf = html! { (parts::field_or_dash(row, "on_behalf_of_name")) (id("on_behalf_of")) };
        facts.insert(2, ("On behalf of", behalf));
    }
    if let Some(origin) = trail::origin(row) {
        facts.push(("Origin", html! { code { (shown(&origin)) } }));
    }
    parts::facts(&facts)
}

/// Issuer and subject of the token under which it was done, which requests, decisions and new assistants
/// record.
fn token(row: &Row) -> Markup {
    let state = row.raw("after_state").and_then(|state| Row::from_json(state.get()).ok()).unwrap_or_default();
    let named = |column: &str| state.text(column).filter(|text| !text.is_empty());
    for who in ["approver", "requester", "creator"] {
        if let (Some(issuer), Some(subject)) =
            (named(&format!("{who}_issuer")), named(&format!("{who}_subject")))
        {
            return html! { "issuer " code { (shown(&issuer)) } br; "subject " code { (shown(&subject)) } };
        }
    }
    html! { span.soft { "not recorded: requests for approval, decisions and new assistants keep it in signed mode" } }
}

fn states(row: &Row) -> Markup {
    html! {
        @for (column, title) in [("before_state", "Whole, before"), ("after_state", "Whole, after"), ("metadata", "Metadata")] {
            @if let Some(json) = row.raw(column).filter(|json| json.get() != "null") {
                details { summary { (title) } (parts::json(json.get())) }
            }
        }
    }
}

fn chain(row: &Row, reader: &Reader) -> Markup {
    let hash = |column: &str| html! { code { (parts::field_or_dash(row, column)) } };
    let previous = match (raw(row, "previous_hash").is_empty(), raw(row, "chain_seq").as_str()) {
        (true, "1") => {
            html! { "the first of its lane: the chain begins at the installation's genesis value" }
        }
        (true, _) => {
            html! { strong { "the event before it is not there" } ": its month was retired, or somebody removed it" }
        }
        (false, _) => hash("previous_hash"),
    };
    let checkpoint = match (raw(row, "tree_size"), raw(row, "signed_at")) {
        (size, _) if size.is_empty() => html! { "no checkpoint has it yet" },
        (size, signed) if signed.is_empty() => {
            html! { "in the checkpoint of " (size) " events, which nobody has signed" }
        }
        (size, signed) => {
            html! { "in the checkpoint of " (size) " events; a signed note that has it was shown on " (parts::when(&signed, reader)) }
        }
    };
    parts::facts(&[
        (
            "Lane and number",
            html! { "lane " (field(row, "chain_lane")) ", number " (field(row, "chain_seq")) },
        ),
        ("Checkpoint", checkpoint),
        ("Its hash", hash("integrity_hash")),
        ("The hash before it", previous),
    ])
}
