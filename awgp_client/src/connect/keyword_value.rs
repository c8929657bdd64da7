//! A value in a connection string of `key=value` pairs, as libpq reads it: unquoted up to a blank, or in
//! single quotes; a backslash makes the next character literal.

/// A value and where it ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Value {
    /// The value without quotes and escapes.
    pub text: String,
    /// Its length in bytes as written.
    pub length: usize,
    /// False where the text ends within quotes or after a backslash.
    pub is_whole: bool,
}

/// The value that begins here.
pub fn value(written: &str) -> Value {
    let is_quoted = written.starts_with('\'');
    let mut text = String::new();
    let mut chars = written.char_indices().skip(usize::from(is_quoted));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, literal)) => text.push(literal),
                None => return Value { text, length: written.len(), is_whole: false },
            },
            '\'' if is_quoted => return Value { text, length: at + 1, is_whole: true },
            c if !is_quoted && c.is_whitespace() => return Value { text, length: at, is_whole: true },
            c => text.push(c),
        }
    }
    Value { text, length: written.len(), is_whole: !is_quoted }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str) -> (String, usize, bool) {
        let Value { text, length, is_whole } = value(written);
        (text, length, is_whole)
    }

    #[test]
    fn a_value_ends_at_its_quote_or_at_a_blank() {
        assert_eq!(read("a\\ b c"), ("a b".to_owned(), 4, true));
        assert_eq!(read("'it\\'s' x"), ("it's".to_owned(), 7, true));
        assert_eq!(read(""), (String::new(), 0, true));
    }

    #[test]
    fn a_value_that_is_cut_off_says_so() {
        assert_eq!(read("'a b"), ("a b".to_owned(), 4, false));
        assert_eq!(read("a\\"), ("a".to_owned(), 2, false));
    }
}
