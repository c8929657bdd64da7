//! What pages are made of. Whatever came from a user or an agent passes [`shown`], so that no hidden
//! character makes it look like something else; the compiler's types escape the HTML.

pub mod chart;
pub mod fields;
pub mod filter;
pub mod history;
mod json;
pub mod known;
pub mod list;
pub mod meter;
pub mod one;
pub mod rank;
pub mod table;
pub mod time;

use awgp_client::{Row, readable, shown as untrusted};
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use time::{away, when};

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a part of a URL's query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Untrusted text on one line, with hidden characters as their numbers.
pub fn shown(text: &str) -> String {
    untrusted::line(text)
}

/// A column of a row as untrusted text.
pub fn field(row: &Row, column: &str) -> String {
    shown(&row.text(column).unwrap_or_default())
}

/// A column of a row for links and comparisons, as the server wrote it.
pub fn raw(row: &Row, column: &str) -> String {
    row.text(column).unwrap_or_default()
}

/// A column that is NULL or empty is a dash.
pub fn field_or_dash(row: &Row, column: &str) -> String {
    let text = field(row, column);
    if text.is_empty() { "–".to_owned() } else { text }
}

/// Untrusted text with its lines.
pub fn lines(text: &str) -> Markup {
    html! { div.text { (untrusted::lines(text)) } }
}

/// A JSON value, indented.
pub fn json(text: &str) -> Markup {
    html! { pre tabindex="0" { (untrusted::lines(&json::indented(text))) } }
}

/// One JSON value for people: a text without its quotes, null as the word.
pub fn spelled(json: &str) -> String {
    if json == "null" { json.to_owned() } else { untrusted::lines(&readable(json)) }
}

/// Money with the decimals that it has, at least two.
pub fn money(text: &str) -> String {
    let Some((whole, decimals)) = text.split_once('.') else {
        let is_whole =
            !text.is_empty() && text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
        return if is_whole { format!("{text}.00") } else { text.to_owned() };
    };
    let kept = decimals.trim_end_matches('0').len().max(2).min(decimals.len());
    format!("{whole}.{:0<2}", &decimals[..kept])
}

/// A risk level, 0 to 5. The number says it, not the colour alone.
pub fn risk(level: &str) -> Markup {
    html! { span class={ "risk risk-" (shown(level)) } { "risk " (shown(level)) } }
}

/// A status in its colour.
pub fn status(status: &str) -> Markup {
    let kind =
        match status {
            "approved" | "completed" | "active" | "succeeded" | "allowed" | "intact" | "ok" => "good",
            "rejected" | "failed" | "suspended" | "stopped" | "in_force" | "denied" | "error"
            | "confirmed" => "bad",
            "pending" | "to review" | "escalated" | "awaiting_approval" | "in_progress" | "warning"
            | "begun" => "open",
            _ => "plain",
        };
    html! { span class={ "status " (kind) } { (shown(&status.replace('_', " "))) } }
}

/// What a role may, in one sentence.
pub fn role(role: &str) -> &'static str {
    match role {
        "viewer" => "viewer: reads",
        "operator" => "operator: makes work and asks for approval",
        "manager" => "manager: also decides what the policy lets managers decide, and runs assistants",
        "admin" => "admin: also sets users, policies and budgets",
        "super_admin" => "super_admin: also sets the tenant's own rules",
        _ => "no role",
    }
}

/// Names with their values.
pub fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts { div { dt { (name) } dd { (value) } } }
        }
    }
}

/// What stands where a list has no rows.
pub fn empty(text: &str) -> Markup {
    html! { p.empty { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_keeps_what_it_has_and_has_two_decimals() {
        for (text, shown) in [
            ("10.500000", "10.50"),
            ("0.000235", "0.000235"),
            ("7", "7.00"),
            ("12.5", "12.50"),
            ("", ""),
            ("3.000000", "3.00"),
        ] {
            assert_eq!(money(text), shown);
        }
    }

    #[test]
    fn a_title_cannot_disguise_or_become_markup() {
        let row = Row::from_json(r#"{"title":"<b>pay\u202egnp</b>"}"#).expect("a row");
        let html = html! { (field(&row, "title")) }.into_string();
        assert!(!html.contains('<') && !html.contains('\u{202e}'), "{html}");
    }
}
