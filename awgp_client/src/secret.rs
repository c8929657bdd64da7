//! Secrets: a connection string that cannot be printed, and the filter that every error text passes.
//!
//! Two lines of defence. No error is made from a connection string or from the text of a parse error. And
//! since other code may quote what a user typed in the wrong place (clap quotes an unexpected argument), all
//! text for stderr passes [`redact`].

use crate::connect::keyword_value;
use std::fmt;

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
/// the value after any `password=`. It masks too much rather than too little.
pub fn redact(text: &str) -> String {
    mask_assignments(&mask_urls(text))
}

/// Masks `://user:SECRET@`. The secret ends at the last `@`, since it may contain `@` itself.
fn mask_urls(text: &str) -> String {
    let Some(start) = text.find("://").map(|at| at + 3) else { return text.to_owned() };
    let (head, rest) = text.split_at(start);
    let end = match rest.rfind('@') {
        Some(at) => at,
        // No `@`: a host with a port, or a password without its host.
        None => rest.find([' ', '\n', '\t', '\'', '"', '/', '?']).unwrap_or(rest.len()),
    };
    let (user_info, tail) = rest.split_at(end);
    let Some(colon) = user_info.find(':') else { return format!("{head}{user_info}{}", mask_urls(tail)) };
    let after = &user_info[colon + 1..];
    let is_port = !tail.starts_with('@') && after.len() <= 5 && after.bytes().all(|b| b.is_ascii_digit());
    let shown = if is_port { after } else { MASK };
    format!("{head}{}{shown}{}", &user_info[..=colon], mask_urls(tail))
}

/// Masks the value of every `password = value`, quoted or bare, in any case.
fn mask_assignments(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    // to_ascii_lowercase keeps byte positions.
    while let Some(word) = rest.to_ascii_lowercase().find("password") {
        let after_word = word + "password".len();
        let gap = rest[after_word..].len() - rest[after_word..].trim_start().len();
        let sign = after_word + gap;
        if !rest[sign..].starts_with('=') {
            masked.push_str(&rest[..after_word]);
            rest = &rest[after_word..];
            continue;
        }
        let blanks = rest[sign + 1..].len() - rest[sign + 1..].trim_start().len();
        let value = sign + 1 + blanks;
        masked.push_str(&rest[..value]);
        masked.push_str(MASK);
        rest = &rest[value + keyword_value::value(&rest[value..]).length..];
    }
    masked + rest
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
