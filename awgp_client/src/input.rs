//! Text and JSON from a user, refused with the position and the reason where the server would only report a
//! parser error.

use crate::failure::Failure;
use awgp_core::json::storable;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The byte order mark that some editors write at the beginning of UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The text of a file, without a byte order mark.
pub fn file(path: &Path) -> io::Result<String> {
    decoded(&std::fs::read(path)?)
}

/// The text of bytes from a user, without a byte order mark.
pub fn decoded(bytes: &[u8]) -> io::Result<String> {
    let refused = |what: String| io::Error::new(ErrorKind::InvalidData, what);
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(refused("the text is UTF-16; save it as UTF-8".to_owned()));
    }
    let line = |place: usize| bytes[..place].split(|byte| *byte == b'\n').count();
    if let Some(place) = bytes.iter().position(|byte| *byte == 0) {
        return Err(refused(format!(
            "line {} has the character NUL, which PostgreSQL's text cannot contain",
            line(place)
        )));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| refused(format!("line {} is not UTF-8", line(error.valid_up_to()))))?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).to_owned())
}

/// JSON that the server can store, without a byte order mark. Malformed JSON is left to the server's parser.
pub fn json(what: &str, json: &str) -> Result<String, Failure> {
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    storable(json).map_err(|unstorable| {
        let refusal = Refusal::from(unstorable);
        Failure::of_reason(Reason::JsonUnsupported, format!("{what}: {}", refusal.message))
            .note("detail", refusal.detail())
            .hint(refusal.hint)
    })?;
    Ok(json.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn problem(bytes: &[u8]) -> String {
        decoded(bytes).expect_err("no text").to_string()
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text_and_another_encoding_is_named() {
        assert_eq!(decoded(b"\xef\xbb\xbf{}").expect("text"), "{}");
        assert!(problem(b"\xff\xfe{\0}\0").contains("UTF-16"));
        assert!(problem(b"a\nb\xffc").contains("line 2 is not UTF-8"));
        assert!(problem(b"a\n\nb\0").contains("line 3 has the character NUL"));
    }

    #[test]
    fn what_the_server_cannot_store_is_told_with_its_place() {
        let failure = json("--metadata", r#"{"a":["\u0000"]}"#).expect_err("NUL");
        assert_eq!((failure.exit, failure.noted("reason")), (Exit::BadArgument, Some("json_unsupported")));
        let detail = failure.noted("detail").unwrap_or_default();
        assert!(detail.contains(r#""element":"$.a[0]""#) && failure.noted("hint").is_some(), "{detail}");
        assert_eq!(json("--metadata", "\u{feff}{oops").expect("the server's to judge"), "{oops");
    }
}
