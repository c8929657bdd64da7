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

/// Keywords and their values.
pub type Pairs = Vec<(String, String)>;

/// All pairs of a connection string; None where it is malformed.
pub fn pairs(text: &str) -> Option<Pairs> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let value = value(after);
        let key = key.trim_end();
        if !value.is_whole || key.is_empty() || key.contains(char::is_whitespace) {
            return None;
        }
        pairs.push((key.to_owned(), value.text));
        rest = after[value.length..].trim_start();
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_have_quotes_and_escapes() {
        let read = pairs("host=h password='a \\' sslmode=x' sslmode = verify-ca sslrootcert='/a b.pem'");
        let owned = |pair: (&str, &str)| (pair.0.to_owned(), pair.1.to_owned());
        let expected = [
            ("host", "h"),
            ("password", "a ' sslmode=x"),
            ("sslmode", "verify-ca"),
            ("sslrootcert", "/a b.pem"),
        ];
        assert_eq!(read, Some(expected.map(owned).to_vec()));
        for malformed in ["host", "password='a", "a=b\\", "password=a hunter2", "a b=c", "=c"] {
            assert_eq!(pairs(malformed), None, "{malformed}");
        }
    }

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
