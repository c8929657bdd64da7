//! Escapes strings in JSON in pieces, for values that are too long to hold in memory.

/// Appends the inside of a string as PostgreSQL's jsonb prints it.
pub fn as_jsonb(text: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control if *control < b' ' => {
                let digit = |value: u8| DIGITS[usize::from(value & 15)];
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(*control)]);
            }
            plain => out.push(*plain),
        }
    }
}

/// Appends the text of a jsonb as the inside of a string. It has no control characters: jsonb escapes them.
pub fn text_of_jsonb(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_string_is_escaped_as_serde_does_and_so_is_its_text(text: String) {
            let expected = serde_json::to_string(&text).expect("JSON");
            let mut escaped = b"\"".to_vec();
            as_jsonb(text.as_bytes(), &mut escaped);
            escaped.push(b'"');
            prop_assert_eq!(std::str::from_utf8(&escaped).expect("UTF-8"), &expected);
            let mut again = Vec::new();
            text_of_jsonb(expected.as_bytes(), &mut again);
            let twice = serde_json::to_string(&expected).expect("JSON");
            prop_assert_eq!(&again[..], &twice.as_bytes()[1..twice.len() - 1]);
        }
    }
}
