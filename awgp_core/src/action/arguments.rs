//! The arguments of an action: what is hashed of them.
//!
//! The digest is the SHA-256 of their canonical form (RFC 8785): whoever has the same arguments computes
//! the same digest, in any language and whatever the order of the keys. RFC 8785 knows numbers as IEEE 754
//! doubles only. Two numbers that are one double would have one digest, so a number that is not exactly the
//! shortest decimal of a double is refused: it is passed as a text.

use crate::reason::Reason;
use crate::refusal::Refusal;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Longest arguments of an action, in bytes of their JSON. Only their digest is kept.
pub const BYTES_MAX: usize = 1 << 20;
/// Longest arguments of a request for approval, which are kept for those who decide.
pub const ASKED_BYTES_MAX: usize = 64 << 10;

/// The digest of arguments, in hex. `json` is text that jsonb has accepted; refuses with `out_of_range`.
pub fn digest(json: &str, bytes_max: usize) -> Result<String, Refusal> {
    if json.len() > bytes_max {
        return Err(refusal(format!("Shorten them to at most {bytes_max} bytes of JSON.")));
    }
    if let Some(number) = inexact(json) {
        let number: String = number.chars().take(40).collect();
        return Err(refusal(format!(
            "Pass the number {number} as a text: no double is exactly this number."
        )));
    }
    let value: Value =
        serde_json::from_str(json).map_err(|error| refusal(format!("Simplify them: {error}.")))?;
    let canonical = serde_json_canonicalizer::to_vec(&value)
        .map_err(|error| refusal(format!("Simplify them: {error}.")))?;
    Ok(hex::encode(Sha256::digest(canonical)))
}

/// The first number that is not the shortest decimal of a double.
fn inexact(json: &str) -> Option<&str> {
    let mut rest = json;
    loop {
        let start = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?;
        rest = &rest[start..];
        if rest.starts_with('"') {
            rest = after_text(rest);
            continue;
        }
        let end =
            rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        if !is_exact(number) {
            return Some(number);
        }
        rest = after;
    }
}

/// What comes after the text that `json` begins with.
fn after_text(json: &str) -> &str {
    let mut is_escaped = false;
    let end = json.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    end.map_or("", |(at, _)| &json[at + 1..])
}

fn is_exact(number: &str) -> bool {
    let Ok(double) = number.parse::<f64>() else { return false };
    // jsonb prints a number without exponent, as Display does a double; only trailing zeros may differ.
    let shortest = double.to_string();
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    trimmed(number) == trimmed(&shortest)
}

fn refusal(rule: String) -> Refusal {
    Refusal::new(Reason::OutOfRange, "arguments is not valid", rule).with("argument", "arguments")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> String {
        digest(json, BYTES_MAX).expect("a digest")
    }

    #[test]
    fn the_digest_is_that_of_the_canonical_form() {
        let canonical = r#"{"a":[1,2.5,"é"],"to":"ada@north.example"}"#;
        let expected = hex::encode(Sha256::digest(canonical));
        assert_eq!(of(r#"{"to": "ada@north.example", "a": [1.0, 2.50, "\u00e9"]}"#), expected);
        assert_eq!(of(canonical), expected);
        assert_ne!(of(r#"{"to":"bob@north.example","a":[1,2.5,"é"]}"#), expected);
        // A reader of JSON that is off by one in the last place would write another number.
        for number in ["31.245270191439438", "121.48791951161945", "100.78399658203125"] {
            assert_eq!(of(number), hex::encode(Sha256::digest(number)), "{number}");
        }
    }

    #[test]
    fn numbers_that_no_double_is_are_refused_and_texts_may_look_like_them() {
        for json in ["12345678901234567890", "[0.1000000000000000055]", r#"{"n": 9007199254740993}"#] {
            assert_eq!(
                digest(json, BYTES_MAX).map_err(|refusal| refusal.reason),
                Err(Reason::OutOfRange),
                "{json}"
            );
        }
        for json in [
            "9007199254740992",
            "-0.1",
            "1000000000000000000000",
            "123.4500",
            "0",
            r#"{"12345678901234567890": "\"9007199254740993", "\\": 1}"#,
        ] {
            assert!(digest(json, BYTES_MAX).is_ok(), "{json}");
        }
    }

    #[test]
    fn arguments_have_a_longest_length_and_a_greatest_depth() {
        assert!(digest(&format!("\"{}\"", "x".repeat(98)), 100).is_ok());
        assert!(digest(&format!("\"{}\"", "x".repeat(99)), 100).is_err());
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(digest(&deep, BYTES_MAX).map_err(|refusal| refusal.reason), Err(Reason::OutOfRange));
    }
}
