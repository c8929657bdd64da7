//! What would be decided, and which policy says so, in words.

use crate::parts;
use awgp_client::Row;
use maud::{Markup, html};
use serde_json::Value;

/// The reasons of docs/messages.md in words.
const REASONS: [(&str, &str); 18] = [
    ("policy_allows", "The policies that fit it allow it."),
    (
        "tenant_allows",
        "No policy covers these assistants, and the tenant's settings let its own assistants write to each other.",
    ),
    ("unknown_sender", "The sender is no assistant of this tenant."),
    ("sender_not_in_context", "Another assistant speaks: an assistant speaks only for itself."),
    ("sender_not_active", "The sender is not active."),
    ("sender_stopped", "The sender is stopped."),
    ("receiver_stopped", "The receiver is stopped."),
    ("unknown_receiver", "There is no such receiver, or this tenant may not write to it."),
    ("receiver_not_active", "The receiver is not active."),
    ("channel_not_allowed", "The tenant does not use this channel."),
    ("no_policy", "No active policy covers these types of assistant."),
    ("channel_not_in_policy", "Policies cover these assistants, but not on this channel."),
    ("too_long", "The text is too long."),
    ("forbidden_pattern", "The text has what a policy forbids."),
    ("missing_field", "A field that a policy asks for is missing."),
    ("link_not_allowed", "The text has a link that a policy does not allow."),
    ("rate_limited", "The hour is full: as many messages were sent as the policy allows."),
    ("other_side_denies", "A policy of the receiver's tenant does not allow it."),
];

/// A reason in words.
pub fn reason_in_words(reason: &str) -> String {
    REASONS
        .iter()
        .find(|(known, _)| *known == reason)
        .map_or_else(|| parts::shown(&reason.replace('_', " ")), |(_, words)| (*words).to_owned())
}

/// The answer.
pub fn told(answer: &Row) -> Markup {
    let raw = |name: &str| parts::raw(answer, name);
    let is_allowed = raw("allowed") == "true";
    let policies = answer
        .raw("policies")
        .and_then(|list| serde_json::from_str::<Vec<Value>>(list.get()).ok())
        .unwrap_or_default();
    let text =
        |policy: &Value, key: &str| policy.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let deciding = policies.iter().find(|policy| text(policy, "policy_id") == raw("policy_id"));
    html! {
        section.answer aria-label="What would be decided" {
            p.large {
                @if is_allowed { (parts::status("allowed")) " It may be sent." }
                @else { (parts::status("denied")) " It may not be sent." }
            }
            p { (reason_in_words(&raw("reason"))) }
            @if let Some(policy) = deciding {
                p {
                    "The policy that says so: "
                    a href={ "/messages#policy-" (text(policy, "policy_id")) } { (parts::shown(&text(policy, "name"))) }
                    @if !raw("rule").is_empty() { ", by its rule " code { (parts::field(answer, "rule")) } }
                    "."
                }
            } @else if raw("side") == "receiver" {
                p { "The receiver's side says so; this tenant does not see which policy." }
            }
            @if !raw("retry_after_seconds").is_empty() { p { "In " (raw("retry_after_seconds")) " seconds it would be allowed." } }
            @if !policies.is_empty() { (spoken(&policies)) }
            p.soft { "The tenant has " (raw("considered")) " active policies. Those that fit this message: " (policies.len()) "." }
        }
    }
}

fn spoken(policies: &[Value]) -> Markup {
    let text =
        |policy: &Value, key: &str| policy.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let broken = |policy: &Value| -> Vec<String> {
        let rules = policy.get("broken_rules").and_then(Value::as_array);
        rules.into_iter().flatten().filter_map(|rule| rule.as_str().map(parts::shown)).collect()
    };
    html! {
        h2 { "The policies that fit, in their order" }
        ol {
            @for policy in policies {
                @let allows = policy.get("allows") == Some(&Value::Bool(true));
                li {
                    (parts::status(if allows { "allowed" } else { "denied" })) " " (parts::shown(&text(policy, "name")))
                    @if !broken(policy).is_empty() { ": breaks " code { (broken(policy).join(", ")) } }
                }
            }
        }
    }
}
