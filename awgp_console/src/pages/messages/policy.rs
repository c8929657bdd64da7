//! A policy in words.

use crate::pages::assistants::type_named;
use crate::parts::{self, rank};
use crate::visit::Reader;
use awgp_client::Row;
use maud::{Markup, html};
use serde_json::Value;

/// One policy.
pub fn card(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let place = raw("place");
    html! {
        article.card id={ "policy-" (raw("id")) } {
            h3 {
                @if !place.is_empty() { (place) ". " }
                (parts::field(row, "name"))
                @if !rank::is_own(reader, row) { span.soft { " of " (parts::field(row, "tenant_slug")) } }
            }
            p { (who(row)) }
            @if raw("is_active") == "true" { p { (limit(row)) } }
            @else { p { (parts::status("inactive")) " It neither allows nor forbids." } }
            @let rules = rules(&raw("content_rules"));
            @if !rules.is_empty() {
                p { "A message" }
                ul { @for rule in &rules { li { (rule) } } }
            }
        }
    }
}

/// The elements of an array of text; None for NULL, which stands for any.
fn list(row: &Row, column: &str) -> Option<Vec<String>> {
    row.raw(column).and_then(|list| serde_json::from_str::<Option<Vec<String>>>(list.get()).ok().flatten())
}

fn who(row: &Row) -> String {
    let types = |column: &str, any: &str| {
        list(row, column).map_or_else(
            || any.to_owned(),
            |types| types.iter().map(|kind| type_named(kind)).collect::<Vec<_>>().join(", "),
        )
    };
    let channels = list(row, "allowed_channels").map_or_else(
        || "on any channel".to_owned(),
        |channels| {
            format!("on {}", channels.iter().map(|name| parts::shown(name)).collect::<Vec<_>>().join(", "))
        },
    );
    format!(
        "From {} to {}, {channels}.",
        types("from_assistant_types", "any assistant"),
        types("to_assistant_types", "any assistant")
    )
}

fn limit(row: &Row) -> String {
    let number = parts::raw(row, "rate_limit_per_hour");
    if number == "0" {
        return "It lets no message through: its limit is 0.".to_owned();
    }
    let whose = match parts::raw(row, "rate_limit_scope").as_str() {
        "sender" => "from each sender",
        "pair" => "from each sender to each receiver",
        _ => "in all",
    };
    let messages = if number == "1" { "message" } else { "messages" };
    format!("At most {number} {messages} within an hour, {whose}.")
}

/// What a message must and must not contain, one sentence a rule.
pub fn rules(content_rules: &str) -> Vec<Markup> {
    let Ok(Value::Object(rules)) = serde_json::from_str(content_rules) else { return Vec::new() };
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let mut said = Vec::new();
    for (key, value) in &rules {
        match (key.as_str(), value) {
            ("max_length", length) => said.push(html! { "has at most " (length) " characters" }),
            ("forbidden_patterns", patterns) => said.extend(texts(patterns).into_iter().map(|pattern| {
                html! { "does not match " code { (parts::shown(&pattern)) } }
            })),
            ("required_fields", names) => said.push(html! { "has the fields " (named(&texts(names))) }),
            ("allow_links", Value::Bool(false)) => said.push(html! { "has no link" }),
            ("allowed_link_hosts", hosts) => {
                said.push(html! { "links to no other host than " (named(&texts(hosts))) });
            }
            ("bare_hosts_are_links", Value::Bool(false)) => {
                said.push(html! { "may name a host: a host by itself is no link" });
            }
            ("allow_links" | "bare_hosts_are_links", _) => {}
            (other, value) => {
                said.push(html! { (parts::shown(other)) ": " code { (parts::shown(&value.to_string())) } });
            }
        }
    }
    said
}

fn named(names: &[String]) -> String {
    names.iter().map(|name| parts::shown(name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rules_of: &str) -> Vec<String> {
        rules(rules_of).into_iter().map(Markup::into_string).collect()
    }

    #[test]
    fn every_rule_is_a_sentence_and_none_disguises() {
        let said = said(
            r#"{"max_length": 2000, "forbidden_patterns": ["<b>\u202e", "iban"], "required_fields": ["subject"],
                "allow_links": false, "bare_hosts_are_links": true}"#,
        );
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(said.iter().any(|rule| rule == "has at most 2000 characters"));
        assert!(said.iter().any(|rule| rule.contains("&lt;b&gt;") && !rule.contains('\u{202e}')), "{said:?}");
        assert!(said.iter().any(|rule| rule == "has no link"));
    }

    #[test]
    fn a_policy_without_rules_says_none() {
        assert!(said("{}").is_empty() && said("null").is_empty());
    }
}
