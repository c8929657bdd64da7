//! Input from standard input and as JSON Lines.

use awgp_client::{Exit, Failure, input};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::io::{self, Read};

/// The text on standard input, at most this many bytes.
pub fn stdin(max_bytes: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().take(max_bytes).read_to_end(&mut bytes)?;
    input::decoded(&bytes)
}

/// A file's JSON array: the array itself, or the values of a file in JSON Lines. `wanted` describes the
/// elements.
pub fn json_array(place: &str, text: &str, wanted: &str) -> Result<String, Failure> {
    let array = match serde_json::from_str::<&RawValue>(text) {
        Ok(value) if value.get().starts_with('{') => format!("[{}]", value.get()),
        Ok(value) => value.get().to_owned(),
        Err(error) => match as_lines(text) {
            Some(array) => array,
            None => {
                return Err(Failure::new(Exit::BadArgument, format!("{place} is not JSON: {error}")).hint(
                    format!("name a file that contains {wanted}, or one of them per line (JSON Lines)"),
                ));
            }
        },
    };
    input::json(place, &array)
}

/// True for several JSON values, one per line.
pub fn is_json_lines(text: &str) -> bool {
    as_lines(text).is_some()
}

fn as_lines(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let are_values = lines.iter().all(|line| serde_json::from_str::<IgnoredAny>(line).is_ok());
    (lines.len() > 1 && are_values).then(|| format!("[{}]", lines.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_are_an_array() {
        let array = |text: &str| json_array("file", text, "an array").map_err(|failure| failure.message);
        assert_eq!(array(" [1.10] \n").as_deref(), Ok("[1.10]"));
        assert_eq!(array("{\"a\":1}\n").as_deref(), Ok("[{\"a\":1}]"));
        assert_eq!(array("{\"a\":1}\r\n\n{\"b\":2.50}\n").as_deref(), Ok("[{\"a\":1},{\"b\":2.50}]"));
        assert!(array("{\"a\":1}\n{oops\n").expect_err("no JSON").contains("line 2"));
        assert!(array("").is_err());
        assert!(array("{}\n\"\\ud800\"\n").expect_err("cut").contains("$[1]"));
    }
}
