//! Secrets: a connection string that cannot be printed, and the filter that every error text passes.
//!
//! Two lines of defence. No error is made from a connection string or from the text of a parse error. And
//! since other code may quote what a user typed in the wrong place (clap quotes an unexpected argument), all
//! text for stderr passes [`redact`].

use crate::connect::keyword_value;
use std::fmt;
use std::ops::Range;

/// What replaces a secret.
pub(crate) const MASK: &str = "***";

/// A connection string, including its password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The text, only for the connection.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is blank, as with `DATABASE_URL=`.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl From<&str> for DatabaseUrl {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// The text with everything masked that may be a password: the userinfo of a URL after its first colon, and
/// the value after any `password=`. It masks too much rather than too little: each is looked for in the text
/// as it is, since one may lie within the other, or reach into it.
pub fn redact(text: &str) -> String {
    let mut secrets = [in_urls(text), in_assignments(text)].concat();
    secrets.sort_by_key(|secret| (secret.start, secret.end));
    let mut masked = String::with_capacity(text.len());
    let mut shown: Option<usize> = None;
    for secret in secrets {
        if let Some(end) = shown.filter(|end| secret.start <= *end) {
            shown = Some(end.max(secret.end));
            continue;
        }
        masked.push_str(&text[shown.unwrap_or(0)..secret.start]);
        masked.push_str(MASK);
        shown = Some(secret.end);
    }
    masked + &text[shown.unwrap_or(0)..]
}

/// Where the secrets of URLs are: `://user:SECRET@`. One ends at the last `@`, since it may have an `@`.
fn in_urls(text: &str) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("://") {
        let start = from + at + 3;
        let rest = &text[start..];
        let end = match rest.rfind('@') {
            Some(at) => start + at,
            // No `@`: a host with a port, or a password without its host.
            None => start + rest.find([' ', '\n', '\t', '\'', '"', '/', '?']).unwrap_or(rest.len()),
        };
        from = end;
        let Some(colon) = text[start..end].find(':') else { continue };
        let secret = start + colon + 1..end;
        let after = &text[secret.clone()];
        let is_port =
            !text[end..].starts_with('@') && after.len() <= 5 && after.bytes().all(|b| b.is_ascii_digit());
        if !is_port {
            secrets.push(secret);
        }
    }
    secrets
}

/// Where the value of every `password = value` is, quoted or bare, in any case.
fn in_assignments(text: &str) -> Vec<Range<usize>> {
    // to_ascii_lowercase keeps byte positions.
    let lower = text.to_ascii_lowercase();
    let mut secrets = Vec::new();
    let mut from = 0;
    while let Some(word) = lower[from..].find("password") {
        from += word + "password".len();
        let after_word = text[from..].trim_start();
        let Some(after_sign) = after_word.strip_prefix('=') else { continue };
        let value = after_sign.trim_start();
        let start = text.len() - value.len();
        from = start + keyword_value::value(value).length;
        secrets.push(start..from);
    }
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn percent_encoded(password: &str) -> String {
        password.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
    }

    #[test]
    fn a_port_and_a_text_without_secrets_stay_as_they_are() {
        for text in ["postgres://db.example:5432/awgp", "no password authentication", "a: b", "x://y"] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn debug_of_a_connection_string_shows_nothing() {
        assert_eq!(format!("{:?}", DatabaseUrl::from("postgres://u:hunter2@h")), "***");
    }

    #[test]
    fn an_at_sign_within_a_password_is_masked_with_it() {
        assert_eq!(redact("bad 'postgres://u:p@ss@h/db' here"), "bad 'postgres://u:***@h/db' here");
    }

    #[test]
    fn a_url_that_lost_its_host_is_masked() {
        assert_eq!(redact("'postgres://u:hunter2' found"), "'postgres://u:***' found");
    }

    #[test]
    fn a_password_beside_a_url_is_masked_though_one_reaches_into_the_other() {
        for (text, shown) in [
            ("options=x://y:z password='p@ss word' end", "options=x://y:*** end"),
            (r"x://y:z\ password='top secret'", "x://y:*** password=***"),
            (r"a://b:c\ postgres://u:secret", r"a://b:*** postgres://u:***"),
            ("x://y:z\\\npassword=hunter/2", "x://y:***\npassword=***"),
            ("postgres://u:s1 s2 password=abc@h", "postgres://u:***"),
            ("password= user=ann", "password= ***"),
        ] {
            assert_eq!(redact(text), shown, "{text}");
        }
    }

    #[test]
    fn a_quoted_password_that_looks_like_a_url_is_masked() {
        for quoted in [r"://a:b\'c", r"://a:b\\", r"x://a:b\\\'c d", r"://\':b", r"://a:b\'c@d\'e"] {
            let shown = redact(&format!("host=db Password = '{quoted}' user=ann"));
            assert_eq!(shown, "host=db Password = *** user=ann", "{quoted}");
        }
    }

    proptest! {
        #[test]
        fn a_password_in_a_url_is_masked(password in "[^\0]{1,40}") {
            let encoded = percent_encoded(&password);
            let said = format!("error: unexpected argument 'postgresql://ann:{encoded}@db:5432/x' found");
            prop_assert_eq!(redact(&said), "error: unexpected argument 'postgresql://ann:***@db:5432/x' found");
        }

        #[test]
        fn a_raw_password_in_a_url_is_masked(password in "[^\0]{1,40}") {
            let shown = redact(&format!("postgres://ann:{password}@db/x"));
            prop_assert_eq!(shown, "postgres://ann:***@db/x");
        }

        #[test]
        fn a_quoted_password_in_key_value_form_is_masked(password in "[^\0]{0,40}") {
            let quoted = password.replace('\\', "\\\\").replace('\'', "\\'");
            let shown = redact(&format!("host=db Password = '{quoted}' user=ann"));
            prop_assert_eq!(shown, "host=db Password = *** user=ann");
        }

        #[test]
        fn a_bare_password_in_key_value_form_is_masked(password in "[^\\s\0'\\\\]{1,40}") {
            let shown = redact(&format!("host=db password={password} user=ann"));
            prop_assert_eq!(shown, "host=db password=*** user=ann");
        }
    }
}
