//! Secrets that must not enter the log: columns and JSON keys named by a setting.
//!
//! Masking works on jsonb's own text and copies what it does not mask byte for byte: a parse into numbers
//! would turn 1.10 into 1.1. A row is an object whose keys are the columns, so one rule serves both.
//!
//! A masked value leaves no digest in the log. An unkeyed digest of a password or a PIN can be found by
//! trying, and a key would have to be stored beside the log. Whether a masked column changed must be decided
//! before masking.

use crate::json::string_length;
use thiserror::Error;

/// What replaces a masked value. null stays null: it tells that there is no secret.
pub const MARKER: &str = "\"[masked]\"";

/// The names that are masked by default.
pub const DEFAULT_PATTERNS: &str = "*password*, passwd, *passphrase*, *secret*, *token, *apikey, *privatekey, \
                                    *accesskey, authorization, *credentials, cookie, setcookie";

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a name with an optional * before and after it")]
pub struct BadPattern(pub String);

/// The names whose values are masked. Case, `_`, `-` and blanks are ignored, so `api_key`, `Api-Key` and
/// `apiKey` are one name; `*` stands for anything at the beginning or the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretNames {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    core: String,
    open_start: bool,
    open_end: bool,
}

impl SecretNames {
    /// Reads the setting: patterns separated by commas. An empty text masks nothing.
    pub fn parse(setting: &str) -> Result<Self, BadPattern> {
        let names = setting.split(',').map(str::trim).filter(|name| !name.is_empty());
        let patterns = names.map(|name| {
            let (open_start, rest) = name.strip_prefix('*').map_or((false, name), |rest| (true, rest));
            let (open_end, rest) = rest.strip_suffix('*').map_or((false, rest), |rest| (true, rest));
            let core = normal(rest);
            if core.is_empty() || core.contains('*') {
                return Err(BadPattern(name.to_owned()));
            }
            Ok(Pattern { core, open_start, open_end })
        });
        Ok(Self { patterns: patterns.collect::<Result<_, _>>()? })
    }

    /// Whether the value of a column or key of this name is masked.
    pub fn matches(&self, name: &str) -> bool {
        let name = normal(name);
        self.patterns.iter().any(|pattern| match (pattern.open_start, pattern.open_end) {
            (false, false) => name == pattern.core,
            (true, false) => name.ends_with(&pattern.core),
            (false, true) => name.starts_with(&pattern.core),
            (true, true) => name.contains(&pattern.core),
        })
    }
}

impl Default for SecretNames {
    fn default() -> Self {
        Self::parse(DEFAULT_PATTERNS).expect("the default patterns are well formed")
    }
}

fn normal(name: &str) -> String {
    let kept = name.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    kept.flat_map(char::to_lowercase).collect()
}

/// Masks the values of secret names in JSON text, at any depth and in arrays; the whole value, also an
/// object, is replaced. `None` where nothing is masked: the caller keeps its datum.
///
/// `json` is valid JSON, as `jsonb_out` prints it. Nesting takes no stack.
pub fn mask(json: &str, names: &SecretNames) -> Option<String> {
    let mut masked = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(quote) = find(json, at, b'"') {
        let end = string_end(json, quote);
        at = end;
        // Only a key is followed by a colon. jsonb prints no blanks before it, but JSON allows them.
        let after = skip_blanks(json, end);
        if json.as_bytes().get(after) != Some(&b':') || !names.matches(&text_of(&json[quote..end])) {
            continue;
        }
        let value = skip_blanks(json, after + 1);
        at = value_end(json, value);
        if &json[value..at] != "null" {
            masked.push_str(&json[copied..value]);
            masked.push_str(MARKER);
            copied = at;
        }
    }
    (copied > 0).then(|| masked + &json[copied..])
}

fn find(json: &str, from: usize, byte: u8) -> Option<usize> {
    json.as_bytes().get(from..)?.iter().position(|b| *b == byte).map(|at| from + at)
}

fn skip_blanks(json: &str, from: usize) -> usize {
    let rest = json.as_bytes().get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Just past the string that begins at `quote`.
fn string_end(json: &str, quote: usize) -> usize {
    (quote + 2 + string_length(&json.as_bytes()[quote + 1..])).min(json.len())
}

/// Just past the value that begins at `start`.
fn value_end(json: &str, start: usize) -> usize {
    let bytes = json.as_bytes();
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(json, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// The text of a JSON string with its quotes.
fn text_of(string: &str) -> String {
    serde_json::from_str(string).unwrap_or_else(|_| lossy_text_of(string.trim_matches('"')))
}

/// The same for a string of a json column, which may hold half of a surrogate pair. No text can, so it is
/// replaced, and the rest of the name still counts.
fn lossy_text_of(string: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(string.len());
    let mut rest = string.chars();
    while let Some(character) = rest.next() {
        let escaped = if character == '\\' { rest.next() } else { None };
        if escaped == Some('u') {
            let digits: String = rest.by_ref().take(4).collect();
            units.push(u16::from_str_radix(&digits, 16).unwrap_or(0xFFFD));
        } else {
            units.extend_from_slice(escaped.unwrap_or(character).encode_utf16(&mut [0; 2]));
        }
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn masked(json: &str) -> Option<String> {
        mask(json, &SecretNames::default())
    }

    #[test]
    fn what_is_not_masked_keeps_its_bytes() {
        assert_eq!(
            masked(r#"{"a": 1.10, "big": 123456789012345678901234567890, "api_key": "k\"}", "z": ["password"]}"#),
            Some(r#"{"a": 1.10, "big": 123456789012345678901234567890, "api_key": "[masked]", "z": ["password"]}"#.into()),
        );
        assert_eq!(masked(r#"{"a": 1.10, "note": "password: x"}"#), None);
    }

    #[test]
    fn a_key_with_half_of_a_surrogate_pair_or_a_zero_is_a_key() {
        for key in [r"\ud800\u0070assword", r"pass\u0077ord\u0000", r"\ud83d\ud83d password\n"] {
            let json = format!(r#"{{"{key}": 1, "n": "\ud800"}}"#);
            assert_eq!(masked(&json), Some(format!(r#"{{"{key}": "[masked]", "n": "\ud800"}}"#)));
        }
    }

    #[test]
    fn a_whole_object_goes_and_depth_is_no_limit() {
        assert_eq!(
            masked(r#"[{"x": {"Client-Secret": {"a": [1, "}"]}, "y": 2}}]"#),
            Some(r#"[{"x": {"Client-Secret": "[masked]", "y": 2}}]"#.into()),
        );
        let deep = format!("{}{}{}", "[".repeat(100_000), r#"{"token": 1}"#, "]".repeat(100_000));
        assert!(masked(&deep).unwrap().contains(r#"{"token": "[masked]"}"#));
    }

    #[test]
    fn null_stays_and_counters_of_tokens_are_no_secrets() {
        assert_eq!(masked(r#"{"password": null, "input_tokens": 5, "token_count": 7}"#), None);
    }

    #[test]
    fn names_ignore_case_and_separators_and_escapes() {
        for name in ["apiKey", "API_KEY", "my-api-key", "access_token", "db_password_hash", "p\\u0061ssword"]
        {
            let json = format!(r#"{{"{name}":1}}"#);
            assert_eq!(masked(&json), Some(format!(r#"{{"{name}":"[masked]"}}"#)), "{name}");
        }
    }

    #[test]
    fn bad_patterns_are_refused() {
        assert!(SecretNames::parse("*").is_err());
        assert!(SecretNames::parse("a*b").is_err());
        assert_eq!(SecretNames::parse("").map(|names| names.matches("password")), Ok(false));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key = prop_oneof![Just("password".to_owned()), Just("a".to_owned()), ".*"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    /// The same rule, over a parsed value.
    fn by_value(value: &mut Value, names: &SecretNames) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| by_value(item, names)),
            Value::Object(members) => {
                for (name, member) in members {
                    if names.matches(name) && !member.is_null() {
                        *member = json!("[masked]");
                    } else {
                        by_value(member, names);
                    }
                }
            }
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn the_text_and_the_parsed_value_are_masked_alike(value in values()) {
            let names = SecretNames::default();
            let text = value.to_string();
            let mut expected = value;
            by_value(&mut expected, &names);
            let masked: Value = serde_json::from_str(&mask(&text, &names).unwrap_or(text)).unwrap();
            prop_assert_eq!(masked, expected);
        }
    }
}
