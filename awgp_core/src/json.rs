//! JSON that is well formed and that PostgreSQL's jsonb cannot store: `\u0000`, half of a surrogate pair, a
//! number beyond numeric. The server refuses each with a different code and without a position; the error
//! here names the element.

use crate::reason::Reason;
use crate::refusal::Refusal;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use thiserror::Error;

/// How deep a document is read that serde_json does not read as a whole. AWGP's own documents are less deep.
const DEPTH_MAX: usize = 16;

/// The most digits of a numeric before its point, and after it.
const NUMERIC_DIGITS: (i64, i64) = (131_072, 16_383);
/// The exponent at which the server's parser of numeric gives up.
const EXPONENT_MAX: i64 = (i32::MAX / 2) as i64;
/// The most characters of a key in a path; longer keys are cut.
const KEY_SHOWN: usize = 64;

/// What jsonb cannot store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The character with the number 0, which PostgreSQL's text cannot contain.
    #[error("\\u0000, which PostgreSQL's text cannot contain")]
    Nul,
    /// Half of a surrogate pair.
    #[error("half of a surrogate pair, which is not a character")]
    HalfSurrogate,
    /// A number that has more digits than numeric.
    #[error("a number beyond PostgreSQL's numeric")]
    Number,
}

/// An element that jsonb cannot store; reason `json_unsupported`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{element} holds {problem}")]
pub struct Unstorable {
    /// The path to it, in the form of jsonpath: `$[2].content`. Where a member's name is at fault, it is the
    /// last part.
    pub element: String,
    /// What it is.
    pub problem: Problem,
}

impl From<Unstorable> for Refusal {
    fn from(error: Unstorable) -> Self {
        let hint = match error.problem {
            Problem::Nul => "Remove the \\u0000; encode binary content in base64.",
            Problem::HalfSurrogate => "Cut texts between characters, not within one, or remove the half.",
            Problem::Number => "Write the number as a text, or with fewer digits.",
        };
        let what = match error.problem {
            Problem::Nul => "nul",
            Problem::HalfSurrogate => "half_surrogate",
            Problem::Number => "number",
        };
        Self::new(Reason::JsonUnsupported, error.to_string(), hint)
            .with("element", error.element)
            .with("problem", what)
    }
}

/// Refuses JSON that the server could parse and not store. Malformed JSON is left to the parser.
pub fn storable(json: &str) -> Result<(), Unstorable> {
    let mut scan = Scan { json, at: 0, open: Vec::new() };
    while let Some(byte) = json.as_bytes().get(scan.at) {
        match byte {
            b'{' => scan.open.push(Open::Object { key: "", is_key: true }),
            b'[' => scan.open.push(Open::Array { place: 0 }),
            b'}' | b']' => drop(scan.open.pop()),
            b',' => scan.next(),
            b'"' => {
                scan.string()?;
                continue;
            }
            b'-' | b'0'..=b'9' => {
                scan.number()?;
                continue;
            }
            _ => {}
        }
        scan.at += 1;
    }
    Ok(())
}

/// A document that the server stores, as Rust values. It never fails as a whole, so that nothing AWGP looks
/// for can be hidden behind something that serde_json does not read: a number beyond f64 becomes the text of
/// its digits, and what is nested beyond serde_json's bound becomes null.
pub fn stored(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| by_parts(json, DEPTH_MAX))
}

fn by_parts(json: &str, depth: usize) -> Value {
    let part = |part: &RawValue| {
        let json = part.get();
        serde_json::from_str(json).unwrap_or_else(|_| by_parts(json, depth - 1))
    };
    match json.trim_start().as_bytes().first() {
        Some(b'{' | b'[') if depth == 0 => Value::Null,
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap_or_default();
            Value::Object(members.into_iter().map(|(name, value)| (name, part(value))).collect::<Map<_, _>>())
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            Value::Array(items.into_iter().map(part).collect())
        }
        _ => Value::String(json.to_owned()),
    }
}

/// A container that has begun and not ended.
enum Open<'a> {
    Array {
        place: usize,
    },
    Object {
        /// The key of the member, as written.
        key: &'a str,
        /// True where the next string is a key.
        is_key: bool,
    },
}

struct Scan<'a> {
    json: &'a str,
    at: usize,
    open: Vec<Open<'a>>,
}

impl Scan<'_> {
    /// After a comma.
    fn next(&mut self) {
        match self.open.last_mut() {
            Some(Open::Array { place }) => *place += 1,
            Some(Open::Object { is_key, .. }) => *is_key = true,
            None => {}
        }
    }

    fn string(&mut self) -> Result<(), Unstorable> {
        let rest = &self.json[self.at + 1..];
        let length = string_length(rest.as_bytes());
        let content = &rest[..length];
        self.at += length + 2;
        if let Some(Open::Object { key, is_key: is_key @ true }) = self.open.last_mut() {
            (*key, *is_key) = (content, false);
        }
        string_problem(content).map_or(Ok(()), |problem| Err(self.fault(problem)))
    }

    fn number(&mut self) -> Result<(), Unstorable> {
        let rest = &self.json[self.at..];
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += length;
        if fits_numeric(&rest[..length]) { Ok(()) } else { Err(self.fault(Problem::Number)) }
    }

    fn fault(&self, problem: Problem) -> Unstorable {
        let mut element = "$".to_owned();
        for open in &self.open {
            let _ = match open {
                Open::Array { place } => write!(element, "[{place}]"),
                Open::Object { key, .. } if is_plain(key) => write!(element, ".{key}"),
                Open::Object { key, .. } => {
                    let shown: String = key.chars().take(KEY_SHOWN).collect();
                    write!(element, ".\"{shown}\"")
                }
            };
        }
        Unstorable { element, problem }
    }
}

fn is_plain(key: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !key.is_empty() && key.len() <= KEY_SHOWN && key.bytes().all(is_word)
}

/// The number of bytes before the quote that ends the string; all where there is no quote.
pub(crate) fn string_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn string_problem(content: &str) -> Option<Problem> {
    let mut rest = content;
    while let Some(place) = rest.find('\\') {
        let escape = &rest[place..];
        // Escapes other than \u have two bytes. In malformed JSON the second may be the first byte of a
        // character.
        let Some(unit) = unit(escape) else {
            rest = escape.get(2..).unwrap_or_default();
            continue;
        };
        let follower = self::unit(&escape[6..]);
        match (unit, follower) {
            (0, _) => return Some(Problem::Nul),
            (0xd800..=0xdbff, Some(0xdc00..=0xdfff)) => rest = &escape[12..],
            (0xd800..=0xdfff, _) => return Some(Problem::HalfSurrogate),
            _ => rest = &escape[6..],
        }
    }
    None
}

/// The number in an escape `\u….` at the beginning of the text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

/// True for what numeric can hold, and for text that is not a number.
fn fits_numeric(number: &str) -> bool {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let exponent_digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if exponent_digits.is_empty() || !exponent_digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return true;
    }
    let Some(exponent) = exponent.parse().ok().filter(|e: &i64| e.abs() < EXPONENT_MAX) else { return false };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX / 2);
    let whole = whole.trim_start_matches(['-', '0']);
    let leading_zeros = digits(fraction) - digits(fraction.trim_start_matches('0'));
    // How many digits are before the point once the exponent is applied; 0 for zero.
    let before = match (whole, fraction.trim_matches('0')) {
        ("", "") => 0,
        ("", _) => exponent - leading_zeros,
        _ => digits(whole) + exponent,
    };
    before <= NUMERIC_DIGITS.0 && digits(fraction) - exponent <= NUMERIC_DIGITS.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: &str) -> Option<(String, Problem)> {
        storable(json).err().map(|fault| (fault.element, fault.problem))
    }

    #[test]
    fn what_jsonb_cannot_hold_is_named_by_its_path() {
        for (json, element, problem) in [
            (r#""\u0000""#, "$", Problem::Nul),
            (r#"["a",{"b":["x","y\u0000"]}]"#, "$[1].b[1]", Problem::Nul),
            (r#"{"ok":"a,[{","odd key":{"n":1e200000}}"#, "$.\"odd key\".n", Problem::Number),
            (r#"{"a":1,"k\ud800":2}"#, "$.\"k\\ud800\"", Problem::HalfSurrogate),
            (r#"[{"content":"\ud83d"}]"#, "$[0].content", Problem::HalfSurrogate),
            (r#"[[],[{}],"\udc00\ud800"]"#, "$[2]", Problem::HalfSurrogate),
            (r#"["\ud83d\u0041"]"#, "$[0]", Problem::HalfSurrogate),
            (r#"["\uD83D\uD83D\uDE00"]"#, "$[0]", Problem::HalfSurrogate),
        ] {
            assert_eq!(fault(json), Some((element.to_owned(), problem)), "{json}");
        }
    }

    #[test]
    fn what_jsonb_holds_passes_and_what_is_malformed_is_left_to_the_parser() {
        for json in [
            r#"{"a":"\\u0000","b":"\ud83d\ude00 \u00e4\n\"","c":[1,-2.5e10,1e131071,0e200000,1e-16383]}"#,
            "",
            "{",
            "\"\\",
            "\"\\ä",
            "\"\\u12",
            "]]]}",
            "[1-2e+x, --]",
            r#"{"a":,"b"}"#,
        ] {
            assert_eq!(fault(json), None, "{json}");
        }
    }

    #[test]
    fn what_serde_json_does_not_read_hides_nothing_beside_it() {
        let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
        let huge = "9".repeat(400);
        let json =
            format!(r#"{{"action":"pay","n":{huge},"deep":{deep},"in":{{"a":[1.5,-{huge}],"b":null}}}}"#);
        let stored = stored(&json);
        assert_eq!((&stored["action"], &stored["in"]["b"]), (&"pay".into(), &Value::Null));
        assert_eq!((&stored["n"], &stored["in"]["a"][1]), (&huge.clone().into(), &format!("-{huge}").into()));
        assert_eq!(stored["in"]["a"][0], 1.5);
        assert_eq!(super::stored(r#"{"a":[1,{"b":"x"}]}"#), serde_json::json!({"a": [1, {"b": "x"}]}));
        assert_eq!(super::stored(""), Value::String(String::new()));
    }

    // The bounds are those of PostgreSQL 15 and 18.
    #[test]
    fn numbers_are_bounded_as_numeric_bounds_them() {
        for (number, fits) in [
            ("1e131071", true),
            ("1e131072", false),
            ("-12e131071", false),
            ("0.00001e131076", true),
            ("0.00001e131077", false),
            ("0e200000", true),
            ("0.0e-20000", false),
            ("1e-16383", true),
            ("1.5e-16383", false),
            ("1e-16384", false),
            ("0e2000000000", false),
            ("1e99999999999999999999", false),
        ] {
            assert_eq!(fault(number).is_none(), fits, "{number}");
        }
        assert!(fault(&"9".repeat(131_072)).is_none());
        assert!(fault(&"9".repeat(131_073)).is_some());
    }
}
