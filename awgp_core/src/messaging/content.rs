//! `content_rules`: what the text of a message must and must not contain.
//!
//! A closed set of keys, checked when the policy is written. Patterns are Rust's `regex`, whose time is
//! linear in the text for every pattern; their number, length and compiled size are bounded too.

use super::denial::Denial;
use super::error::PolicyError;
use super::links::{canonical_host, links};
use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

/// Longest text of any message, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How many patterns, fields or hosts a policy may list.
pub const LIST_MAX: usize = 32;
/// Longest pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 1000;
/// Largest compiled pattern, and largest cache of its automaton, in bytes.
const PATTERN_MEMORY_MAX: usize = 1 << 20;
/// Longest name of a field or host, in bytes.
const NAME_BYTES_MAX: usize = 253;

/// The keys of `content_rules`.
pub const KEYS: [&str; 6] = [
    "max_length",
    "forbidden_patterns",
    "required_fields",
    "allow_links",
    "allowed_link_hosts",
    "bare_hosts_are_links",
];

/// The rules of one policy, ready to be applied.
#[derive(Clone, Debug, Default)]
pub struct ContentRules {
    max_length: Option<u64>,
    forbidden_patterns: Vec<Regex>,
    required_fields: Vec<String>,
    allow_links: Option<bool>,
    allowed_link_hosts: Option<Vec<String>>,
    bare_hosts_are_links: Option<bool>,
}

/// A rule that a text breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Why the text breaks it.
    pub denial: Denial,
    /// The key of `content_rules`, with an index where it is a list.
    pub rule: String,
}

impl ContentRules {
    /// Reads `content_rules`. An error names the path of what is wrong.
    pub fn parse(rules: &Value) -> Result<Self, PolicyError> {
        let Value::Object(rules) = rules else {
            return Err(PolicyError::new("content_rules", "is a JSON object"));
        };
        let mut parsed = Self::default();
        for (key, value) in rules {
            let path = format!("content_rules.{key}");
            match key.as_str() {
                "max_length" => {
                    let length = value.as_u64().filter(|length| *length <= MESSAGE_BYTES_MAX as u64);
                    parsed.max_length = Some(length.ok_or_else(|| {
                        PolicyError::new(
                            path,
                            format!("is a whole number of characters, 0 to {MESSAGE_BYTES_MAX}"),
                        )
                    })?);
                }
                "forbidden_patterns" => parsed.forbidden_patterns = patterns(&path, value)?,
                "required_fields" => parsed.required_fields = names(&path, value)?,
                "allow_links" => parsed.allow_links = Some(answer(path, value)?),
                "allowed_link_hosts" => parsed.allowed_link_hosts = Some(hosts(&path, value)?),
                "bare_hosts_are_links" => parsed.bare_hosts_are_links = Some(answer(path, value)?),
                _ => {
                    return Err(PolicyError::new(
                        path,
                        format!("is not one of its keys: {}", KEYS.join(", ")),
                    ));
                }
            }
        }
        if parsed.allow_links == Some(false) && parsed.allowed_link_hosts.is_some() {
            let rule = "cannot be combined with allow_links false, which allows no links";
            return Err(PolicyError::new("content_rules.allowed_link_hosts", rule));
        }
        if parsed.bare_hosts_are_links.is_some() && !parsed.is_about_links() {
            let rule = "needs allow_links false or allowed_link_hosts beside it";
            return Err(PolicyError::new("content_rules.bare_hosts_are_links", rule));
        }
        Ok(parsed)
    }

    /// Every rule that the text and its fields break, in the order of [`KEYS`].
    pub fn breaches(&self, text: &str, fields: &Map<String, Value>) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let mut add = |denial, rule: String| breaches.push(Breach { denial, rule });
        if self.max_length.is_some_and(|max| text.chars().count() as u64 > max) {
            add(Denial::TooLong, "max_length".to_owned());
        }
        for (index, pattern) in self.forbidden_patterns.iter().enumerate() {
            if pattern.is_match(text) {
                add(Denial::ForbiddenPattern, format!("forbidden_patterns[{index}]"));
            }
        }
        for (index, field) in self.required_fields.iter().enumerate() {
            if fields.get(field).is_none_or(is_blank) {
                add(Denial::MissingField, format!("required_fields[{index}]"));
            }
        }
        if let Some(rule) = self.broken_link_rule(text) {
            add(Denial::LinkNotAllowed, rule.to_owned());
        }
        breaches
    }

    fn is_about_links(&self) -> bool {
        self.allow_links == Some(false) || self.allowed_link_hosts.is_some()
    }

    fn broken_link_rule(&self, text: &str) -> Option<&'static str> {
        if !self.is_about_links() {
            return None;
        }
        // A program that shows the text makes a link of a bare host, whatever the policy's author meant:
        // forbidden unless the policy allows it.
        let links = links(text, self.bare_hosts_are_links.unwrap_or(true));
        let Some(allowed) = &self.allowed_link_hosts else {
            return (!links.is_empty()).then_some("allow_links");
        };
        let is_listed =
            |hosts: &Vec<String>| !hosts.is_empty() && hosts.iter().all(|host| allowed.contains(host));
        (!links.iter().all(is_listed)).then_some("allowed_link_hosts")
    }
}

/// A text longer than any message may be.
pub fn is_oversized(text: &str) -> bool {
    text.len() > MESSAGE_BYTES_MAX
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn answer(path: String, value: &Value) -> Result<bool, PolicyError> {
    value.as_bool().ok_or_else(|| PolicyError::new(path, "is true or false"))
}

fn list<'a>(path: &str, value: &'a Value) -> Result<&'a Vec<Value>, PolicyError> {
    let listed = value.as_array().filter(|listed| listed.len() <= LIST_MAX);
    listed.ok_or_else(|| PolicyError::new(path, format!("is an array of at most {LIST_MAX} texts")))
}

fn names(path: &str, value: &Value) -> Result<Vec<String>, PolicyError> {
    let name = |(index, value): (usize, &Value)| match value.as_str() {
        Some(name) if !name.trim().is_empty() && name.len() <= NAME_BYTES_MAX => Ok(name.to_owned()),
        _ => Err(PolicyError::new(
            format!("{path}[{index}]"),
            format!("is a text of 1 to {NAME_BYTES_MAX} bytes"),
        )),
    };
    list(path, value)?.iter().enumerate().map(name).collect()
}

/// Hosts as links are compared with them. One that is not a host name matches no link.
fn hosts(path: &str, value: &Value) -> Result<Vec<String>, PolicyError> {
    let compared = |host: String| canonical_host(&host).unwrap_or_else(|| host.to_lowercase());
    Ok(names(path, value)?.into_iter().map(compared).collect())
}

fn patterns(path: &str, value: &Value) -> Result<Vec<Regex>, PolicyError> {
    let compiled = |(index, value): (usize, &Value)| {
        let key = format!("{path}[{index}]");
        let text = value.as_str().filter(|text| !text.is_empty() && text.len() <= PATTERN_BYTES_MAX);
        let Some(text) = text else {
            return Err(PolicyError::new(key, format!("is a pattern of 1 to {PATTERN_BYTES_MAX} bytes")));
        };
        let mut builder = RegexBuilder::new(text);
        builder.size_limit(PATTERN_MEMORY_MAX).dfa_size_limit(PATTERN_MEMORY_MAX);
        builder.build().map_err(|error| {
            let why = match error {
                regex::Error::CompiledTooBig(_) => {
                    "is too large once compiled: shorten its repetitions".to_owned()
                }
                other => format!("is not a regular expression: {}", last_line(&other.to_string())),
            };
            PolicyError::new(key, why)
        })
    };
    list(path, value)?.iter().enumerate().map(compiled).collect()
}

/// The message of an error of `regex`, without the drawing above it.
fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or_default().trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn rules(value: &Value) -> ContentRules {
        ContentRules::parse(value).unwrap_or_else(|error| panic!("{value}: {error}"))
    }

    fn broken(value: &Value, text: &str, fields: &Value) -> Vec<String> {
        let fields = fields.as_object().cloned().unwrap_or_default();
        rules(value).breaches(text, &fields).into_iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        for (value, key) in [
            (json!([]), "content_rules"),
            (json!({"max_lenght": 3}), "content_rules.max_lenght"),
            (json!({"max_length": -1}), "content_rules.max_length"),
            (json!({"max_length": 1.5}), "content_rules.max_length"),
            (json!({"max_length": null}), "content_rules.max_length"),
            (json!({"forbidden_patterns": "x"}), "content_rules.forbidden_patterns"),
            (json!({"forbidden_patterns": ["ok", "("]}), "content_rules.forbidden_patterns[1]"),
            (json!({"forbidden_patterns": ["x".repeat(1001)]}), "content_rules.forbidden_patterns[0]"),
            (json!({"forbidden_patterns": ["((a{100}){100}){100}"]}), "content_rules.forbidden_patterns[0]"),
            (json!({"forbidden_patterns": [r"(a)\1"]}), "content_rules.forbidden_patterns[0]"),
            (json!({"forbidden_patterns": vec!["x"; 33]}), "content_rules.forbidden_patterns"),
            (json!({"required_fields": ["subject", 7]}), "content_rules.required_fields[1]"),
            (json!({"allow_links": 1}), "content_rules.allow_links"),
            (json!({"allow_links": false, "allowed_link_hosts": ["a"]}), "content_rules.allowed_link_hosts"),
        ] {
            assert_eq!(ContentRules::parse(&value).expect_err("wrong").key, key, "{value}");
        }
    }

    #[test]
    fn a_length_is_of_characters_and_not_of_bytes() {
        assert!(broken(&json!({"max_length": 3}), "äöü", &json!({})).is_empty());
        assert_eq!(broken(&json!({"max_length": 3}), "äöüß", &json!({})), ["max_length"]);
        assert_eq!(broken(&json!({"max_length": 0}), "x", &json!({})), ["max_length"]);
    }

    #[test]
    fn a_required_field_is_there_and_not_blank() {
        let value = json!({"required_fields": ["subject"]});
        for fields in [json!({}), json!({"subject": null}), json!({"subject": "  "})] {
            assert_eq!(broken(&value, "x", &fields), ["required_fields[0]"], "{fields}");
        }
        for fields in [json!({"subject": "Re"}), json!({"subject": 0}), json!({"subject": false})] {
            assert!(broken(&value, "x", &fields).is_empty(), "{fields}");
        }
    }

    #[test]
    fn links_are_found_and_hosts_compared() {
        let none = json!({"allow_links": false});
        for text in
            ["see https://a.example/x", "ftp://x", "www.a.example", "mailto:a@b", "(HTTP://A.example)"]
        {
            assert_eq!(broken(&none, text, &json!({})), ["allow_links"], "{text}");
        }
        for text in ["no link", "a.b c", "10:30", "http is a protocol", ""] {
            assert!(broken(&none, text, &json!({})).is_empty(), "{text}");
        }
        let ours = json!({"allowed_link_hosts": ["Docs.example"]});
        for text in
            ["https://docs.example/a", "https://DOCS.example:8443?x", "https://u@docs.example", "none"]
        {
            assert!(broken(&ours, text, &json!({})).is_empty(), "{text}");
        }
        for text in ["https://docs.example.evil/a", "https://docs.example@evil/", "mailto:a@docs.example"] {
            assert_eq!(broken(&ours, text, &json!({})), ["allowed_link_hosts"], "{text}");
        }
    }

    #[test]
    fn every_breach_is_told_in_order() {
        let value = json!({"required_fields": ["a", "b"], "forbidden_patterns": ["x", "y"], "max_length": 1});
        let all = ["max_length", "forbidden_patterns[0]", "forbidden_patterns[1]", "required_fields[0]"];
        assert_eq!(broken(&value, "xy", &json!({"b": 1})), all);
    }

    proptest! {
        /// No accepted pattern, and no text, takes long or panics.
        #[test]
        fn any_pattern_and_text_are_judged(pattern in ".{1,40}", text in ".{0,200}") {
            if let Ok(rules) = ContentRules::parse(&json!({"forbidden_patterns": [pattern], "allow_links": false})) {
                let _ = rules.breaches(&text, &Map::new());
            }
        }
    }
}
