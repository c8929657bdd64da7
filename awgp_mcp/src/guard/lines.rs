//! Messages as lines: out of chunks of bytes as they are read, none longer than allowed.

use super::message::Id;
use serde_json::value::RawValue;

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Its text, without the end of the line.
    Text(String),
    /// It was longer than allowed, and is gone; the id that it had, if that could be seen.
    TooLong(Option<Id>),
    /// It is not UTF-8.
    NotText,
}

/// Collects lines.
pub struct Lines {
    max: usize,
    kept: Vec<u8>,
    /// Of a line that is longer than allowed: what is still looked for in it.
    searched: Option<Search>,
}

impl Lines {
    /// Of this length at most, in bytes.
    pub fn new(max: usize) -> Self {
        Self { max, kept: Vec::new(), searched: None }
    }

    /// The lines that these bytes end, but for those without a text.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = self.push_keeping_empty(bytes);
        lines.retain(|line| !matches!(line, Line::Text(text) if text.trim().is_empty()));
        lines
    }

    /// The lines that these bytes end.
    pub fn push_keeping_empty(&mut self, mut bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.keep(&bytes[..end]);
            lines.push(self.take());
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
        lines
    }

    /// The line that was not ended.
    pub fn end(&mut self) -> Option<Line> {
        Some(self.take()).filter(|line| !matches!(line, Line::Text(text) if text.trim().is_empty()))
    }

    fn keep(&mut self, bytes: &[u8]) {
        if let Some(search) = &mut self.searched {
            search.read(bytes);
            return;
        }
        self.kept.extend_from_slice(bytes);
        if self.kept.len() > self.max {
            let mut search = Search::default();
            search.read(&std::mem::take(&mut self.kept));
            self.searched = Some(search);
        }
    }

    fn take(&mut self) -> Line {
        if let Some(search) = self.searched.take() {
            return Line::TooLong(search.id());
        }
        String::from_utf8(std::mem::take(&mut self.kept)).map_or(Line::NotText, Line::Text)
    }
}

/// Looks for the id in a message that is too long to be kept.
#[derive(Default)]
struct Search {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    /// The scalar at depth 1 that is being read, as long as it is short.
    word: Vec<u8>,
    /// The last text at depth 1 before a colon.
    key: Vec<u8>,
    id: Option<Vec<u8>>,
}

/// The longest id that is looked for, in bytes.
const WORD_MAX: usize = 256;

impl Search {
    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    fn step(&mut self, byte: u8) {
        if self.in_text {
            self.in_text = byte != b'"' || self.is_escaped;
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            self.add(byte);
            return;
        }
        match byte {
            b'"' => {
                self.in_text = true;
                self.add(byte);
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.end_of_member();
                self.depth = self.depth.saturating_sub(1);
            }
            b':' if self.depth == 1 => self.key = std::mem::take(&mut self.word),
            b',' => self.end_of_member(),
            byte if byte.is_ascii_whitespace() => {}
            byte => self.add(byte),
        }
    }

    fn add(&mut self, byte: u8) {
        if self.depth == 1 && self.word.len() <= WORD_MAX {
            self.word.push(byte);
        }
    }

    fn end_of_member(&mut self) {
        if self.depth == 1 {
            let word = std::mem::take(&mut self.word);
            if self.key == b"\"id\"" && word.len() <= WORD_MAX {
                self.id = Some(word);
            }
            self.key.clear();
        }
    }

    fn id(self) -> Option<Id> {
        Id::of(&RawValue::from_string(String::from_utf8(self.id?).ok()?).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(max: usize, chunks: &[&str]) -> Vec<Line> {
        let mut lines = Lines::new(max);
        let mut all: Vec<Line> = chunks.iter().flat_map(|chunk| lines.push(chunk.as_bytes())).collect();
        all.extend(lines.end());
        all
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[test]
    fn lines_come_whole_however_they_are_read() {
        assert_eq!(lines(9, &["a\nb", "c\n\n \n", "d"]), [text("a"), text("bc"), text("d")]);
        assert_eq!(Lines::new(9).push(b"\xff\nx\n"), [Line::NotText, text("x")]);
    }

    #[test]
    fn of_a_line_that_is_too_long_the_id_is_found() {
        let id =
            |json: &str| Some(Id::of(&RawValue::from_string(json.to_owned()).expect("JSON")).expect("an id"));
        let long = "x".repeat(300);
        for (message, found) in [
            (format!(r#"{{"result":{{"id":1,"t":"{long}\",\"id\":2"}},"jsonrpc":"2.0","id":7}}"#), id("7")),
            (format!(r#"{{"id": "a b" , "result":["{long}"]}}"#), id("\"a b\"")),
            (format!(r#"{{"id":"{long}","result":[]}}"#), None),
            (format!(r#"{{"method":"{long}"}}"#), None),
            (format!(r#"["{long}",{{"id":7}}]"#), None),
        ] {
            let (one, two) = message.split_at(message.len() / 2);
            assert_eq!(
                lines(100, &[one, two, "\nnext\n"]),
                [Line::TooLong(found), text("next")],
                "{message}"
            );
        }
    }
}
