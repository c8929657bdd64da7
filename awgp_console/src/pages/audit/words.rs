//! An event in words: who did what to which thing.

use crate::parts::{self, encoded, field, raw, shown};
use awgp_client::{Row, trail};
use maud::{Markup, html};

/// How many digits of an id people read.
const SHORT: usize = 8;
/// How many changed columns a line names.
const NAMED: usize = 4;

/// What tables are called, with the page of one thing.
const THINGS: [(&str, &str, Option<&str>); 20] = [
    ("approvals", "approval", Some("/approvals")),
    ("approval_decisions", "decision", None),
    ("approval_delegations", "delegation", None),
    ("assistant_templates", "template", None),
    ("assistants", "assistant", Some("/assistants")),
    ("budget_alerts", "budget alert", None),
    ("budget_periods", "budget period", None),
    ("communication_policies", "message policy", None),
    ("conversation_logs", "conversation", None),
    ("cost_transactions", "cost", None),
    ("credit_reservations", "reservation", None),
    ("governed_actions", "action", None),
    ("hallucination_flags", "flag", Some("/flags")),
    ("identity_providers", "identity provider", None),
    ("message", "message of assistant", None),
    ("model_prices", "price", None),
    ("provider_credit_pools", "pool", None),
    ("tenants", "tenant", None),
    ("users", "user", None),
    ("work_items", "work item", Some("/work")),
];

/// What actions are called.
const DEEDS: [(&str, &str); 14] = [
    ("insert", "added"),
    ("update", "changed"),
    ("delete", "deleted"),
    ("action.denied", "was denied an action on"),
    ("message.allowed", "was allowed a message:"),
    ("message.denied", "was denied a message:"),
    ("propose_settings", "proposed settings of"),
    ("confirm_settings", "agreed to settings of"),
    ("change_settings", "changed settings of"),
    ("withdraw_settings", "withdrew proposed settings of"),
    ("break_glass", "approved alone, in an emergency,"),
    ("erase", "erased the content of"),
    ("hold", "placed"),
    ("release_hold", "released"),
];

/// The kinds of things that AWGP records, for a field that suggests them.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    THINGS.iter().map(|(kind, name, _)| (*kind, *name))
}

/// The actions that AWGP records.
pub fn actions() -> impl Iterator<Item = (&'static str, &'static str)> {
    DEEDS.iter().copied()
}

/// What a kind of thing is called.
pub fn thing(kind: &str) -> String {
    let known = THINGS.iter().find(|(name, ..)| *name == kind);
    known.map_or_else(|| shown(kind), |(_, called, _)| (*called).to_owned())
}

/// The page of a thing, if there is one.
pub fn page_of(row: &Row) -> Option<String> {
    let (kind, id) = (raw(row, "entity_type"), raw(row, "entity_id"));
    let (.., page) = THINGS.iter().find(|(name, ..)| *name == kind)?;
    let page = (*page)?;
    (!id.is_empty()).then(|| format!("{page}/{}", encoded(&id)))
}

/// The path of a thing's history; None for what has no id.
pub fn history_of(row: &Row) -> Option<String> {
    let (kind, id) = (raw(row, "entity_type"), raw(row, "entity_id"));
    (!id.is_empty()).then(|| format!("/audit/of/{}/{}", encoded(&kind), encoded(&id)))
}

/// The beginning of an id.
pub fn short(id: &str) -> String {
    id.chars().take(SHORT).collect()
}

/// Who acted.
pub fn who(row: &Row) -> Markup {
    let (name, id) = (field(row, "actor_name"), raw(row, "actor_id"));
    match raw(row, "actor_type").as_str() {
        "system" => html! { "login " code { (field(row, "login")) } },
        kind if name.is_empty() => html! { (shown(kind)) " " code { (short(&id)) } },
        "assistant" => html! { "assistant " b { (name) } },
        _ => html! { b { (name) } },
    }
}

/// What it was done to, by its kind and its name.
pub fn what(row: &Row) -> Markup {
    let (name, id) = (field(row, "entity_name"), raw(row, "entity_id"));
    html! {
        (thing(&raw(row, "entity_type")))
        @if !name.is_empty() { " “" (name) "”" } @else if !id.is_empty() { " " code { (short(&id)) } }
    }
}

/// What was done: a verb.
pub fn deed(row: &Row) -> Markup {
    let action = raw(row, "action");
    match DEEDS.iter().find(|(name, _)| *name == action) {
        Some((_, verb)) if trail::origin(row).as_deref() != Some("log_event") => html! { (verb) },
        _ => html! { "did “" (shown(&action)) "” to" },
    }
}

/// The whole event in one line, with links to the history of the thing.
pub fn line(row: &Row) -> Markup {
    html! {
        (who(row)) " " (deed(row)) " "
        @match history_of(row) { Some(path) => { a href=(path) { (what(row)) } } None => { (what(row)) } }
        (change(row))
        @if !raw(row, "on_behalf_of").is_empty() {
            span.soft { " · on behalf of " (parts::field_or_dash(row, "on_behalf_of_name")) }
        }
        @match trail::origin(row).as_deref() {
            Some("log_event") => { span.soft { " · reported by an application" } }
            Some("import") => { span.soft { " · imported" } }
            Some(other) => { span.soft { " · " (shown(other)) } }
            None => {}
        }
    }
}

/// What changed, in short.
fn change(row: &Row) -> Markup {
    let (before, after) = (field(row, "status_before"), field(row, "status_after"));
    let changed: Vec<String> = serde_json::from_str(&raw(row, "changed")).unwrap_or_default();
    let moved = !before.is_empty() && before != after;
    let others: Vec<String> =
        changed.iter().filter(|name| !(moved && *name == "status")).map(|name| shown(name)).collect();
    let more = others.len().saturating_sub(NAMED);
    html! {
        @if moved { ": status " (spaced(&before)) " → " b { (spaced(&after)) } }
        @if !others.is_empty() {
            @if moved { "; also " } @else { ": " }
            (others.iter().take(NAMED).map(|name| spaced(name)).collect::<Vec<_>>().join(", "))
            @if more > 0 { " and " (more) " more" }
        }
    }
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(row: &str) -> String {
        let text = line(&Row::from_json(row).expect("a row")).into_string();
        let mut plain = String::new();
        let mut inside = false;
        for c in text.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => plain.push(c),
                _ => {}
            }
        }
        plain
    }

    #[test]
    fn an_event_is_a_sentence() {
        let row = r#"{"actor_type":"user","actor_name":"ada@north.example","action":"update","entity_type":"approvals",
            "entity_id":"3f2a91c4-5d6e-4f70-8a1b-2c3d4e5f6071","entity_name":"Pay","changed":["approved_at","status"],
            "status_before":"pending","status_after":"approved"}"#;
        assert_eq!(
            said(row),
            "ada@north.example changed approval “Pay”: status pending → approved; also approved at"
        );
        let row = r#"{"actor_type":"system","login":"app","action":"export","entity_type":"report","origin":"log_event"}"#;
        assert_eq!(said(row), "login app did “export” to report · reported by an application");
    }

    #[test]
    fn a_name_cannot_disguise_or_become_markup() {
        let row = r#"{"actor_type":"user","actor_name":"<b>a\u202eb","action":"<i>\u200b","entity_type":"\u2066x","entity_name":"</a>"}"#;
        let text = line(&Row::from_json(row).expect("a row")).into_string();
        for hidden in ["<i>", "<b>a", "</a>”", "\u{202e}", "\u{200b}", "\u{2066}"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}
