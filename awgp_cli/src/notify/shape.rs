//! The body of a webhook: the notice as JSON, or a template of JSON in whose texts placeholders are replaced.
//!
//! A template is parsed first and filled afterwards, so that no value can change its structure.

use super::notice::Notice;
use serde_json::{Map, Value};

/// Slack's incoming webhooks.
pub const SLACK: &str = r#"{"text": "{{summary}}\n{{link}}"}"#;

/// Microsoft Teams: a workflow that posts a card to a channel.
pub const TEAMS: &str = r#"{
    "type": "message",
    "attachments": [{
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [
                {"type": "TextBlock", "text": "{{summary}}", "wrap": true, "weight": "bolder"},
                {"type": "TextBlock", "text": "{{link}}", "wrap": true}
            ]
        }
    }]
}"#;

/// A template that can be filled.
#[derive(Clone, Debug)]
pub struct Template(Value);

impl Template {
    /// Parses it; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let probe = probe();
        let mut unknown = None;
        fill(&value, &mut |name| {
            let known = probe.value(name, None);
            if known.is_none() {
                unknown.get_or_insert_with(|| name.to_owned());
            }
            known.unwrap_or_default()
        });
        match unknown {
            Some(name) => Err(format!("there is no placeholder {{{{{name}}}}}")),
            None => Ok(Self(value)),
        }
    }

    /// The body of a notice.
    pub fn body(&self, notice: &Notice, console: Option<&str>) -> Value {
        fill(&self.0, &mut |name| notice.value(name, console).unwrap_or_default())
    }
}

fn fill(value: &Value, with: &mut dyn FnMut(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(filled(text, with).trim_end().to_owned()),
        Value::Array(values) => values.iter().map(|value| fill(value, with)).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(key, value)| (key.clone(), fill(value, with))).collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

fn filled(text: &str, with: &mut dyn FnMut(&str) -> String) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else { break };
        done.push_str(before);
        done.push_str(&with(name.trim()));
        rest = behind;
    }
    done + rest
}

fn probe() -> Notice {
    Notice {
        id: uuid::Uuid::nil(),
        attempt: 1,
        kind: String::new(),
        tenant_id: None,
        tenant: None,
        entity_type: String::new(),
        entity_id: None,
        code: None,
        expires_at: None,
        created_at: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn notice() -> Notice {
        Notice { kind: "approval_asked".to_owned(), tenant: Some("nor\"th".to_owned()), ..probe() }
    }

    #[test]
    fn slack_and_teams_get_the_sentence_and_the_link() {
        let notice = Notice {
            entity_type: "approvals".to_owned(),
            entity_id: Some(uuid::Uuid::nil()),
            tenant: Some("north".to_owned()),
            ..notice()
        };
        let slack = Template::parse(SLACK).expect("JSON").body(&notice, Some("https://console.example/"));
        let link = "https://console.example/approvals/00000000-0000-0000-0000-000000000000";
        assert_eq!(slack, json!({"text": format!("[north] An approval is asked for.\n{link}")}));
        let teams = Template::parse(TEAMS).expect("JSON").body(&notice, None);
        let text = &teams["attachments"][0]["content"]["body"][0]["text"];
        assert_eq!(text, "[north] An approval is asked for.");
    }

    #[test]
    fn a_value_cannot_change_the_structure() {
        let template =
            Template::parse(r#"{"a": "{{tenant}}", "b": [1, "{{ kind }}-{{nothing"]}"#).expect("JSON");
        let body = template.body(&notice(), None);
        assert_eq!(body, json!({"a": "nor\"th", "b": [1, "approval_asked-{{nothing"]}));
    }

    #[test]
    fn an_unknown_placeholder_and_what_is_not_json_are_refused() {
        assert!(Template::parse(r#"{"a": "{{title}}"}"#).expect_err("unknown").contains("title"));
        assert!(Template::parse("{").is_err());
    }
}
