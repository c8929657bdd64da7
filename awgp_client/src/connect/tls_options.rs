//! sslmode and sslrootcert in a connection string. The driver does not know verify-ca, verify-full and
//! sslrootcert, so they are removed before it parses the rest.

use super::keyword_value::value;
use percent_encoding::percent_decode_str;

/// The TLS options of a connection string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// sslmode.
    pub mode: Option<String>,
    /// sslrootcert: a file of certificates in PEM.
    pub root_cert: Option<String>,
}

impl TlsOptions {
    /// Stores a pair that is a TLS option; returns whether it is one.
    fn keep(&mut self, key: &str, value: &str) -> bool {
        let slot = match key {
            "sslmode" => &mut self.mode,
            "sslrootcert" => &mut self.root_cert,
            _ => return false,
        };
        *slot = Some(value.to_owned());
        true
    }
}

/// The connection string without its TLS options, and these. None where it is malformed.
pub fn take(text: &str) -> Option<(String, TlsOptions)> {
    if text.contains("://") { take_from_url(text) } else { take_from_pairs(text) }
}

fn take_from_url(text: &str) -> Option<(String, TlsOptions)> {
    let after_login = text.find('@').map_or(0, |at| at + 1);
    let Some(question) = text[after_login..].find('?').map(|at| after_login + at) else {
        return Some((text.to_owned(), TlsOptions::default()));
    };
    let mut options = TlsOptions::default();
    let mut others = Vec::new();
    for pair in text[question + 1..].split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=')?;
        if !options.keep(key, &percent_decode_str(value).decode_utf8().ok()?) {
            others.push(pair);
        }
    }
    let rest = match others.as_slice() {
        [] => text[..question].to_owned(),
        pairs => format!("{}?{}", &text[..question], pairs.join("&")),
    };
    Some((rest, options))
}

fn take_from_pairs(text: &str) -> Option<(String, TlsOptions)> {
    let mut options = TlsOptions::default();
    let mut others = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let value = value(after);
        if !value.is_whole {
            return None;
        }
        if !options.keep(key.trim(), &value.text) {
            others.push_str(&rest[..rest.len() - after.len() + value.length]);
            others.push(' ');
        }
        rest = after[value.length..].trim_start();
    }
    Some((others, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(mode: &str, root_cert: &str) -> TlsOptions {
        TlsOptions { mode: Some(mode.to_owned()), root_cert: Some(root_cert.to_owned()) }
    }

    #[test]
    fn a_url_keeps_its_other_parameters() {
        let taken = take("postgres://u:a?b@h/d?sslmode=verify-full&options=-c%20x&sslrootcert=%2Fa%20b.pem");
        let rest = "postgres://u:a?b@h/d?options=-c%20x".to_owned();
        assert_eq!(taken, Some((rest, options("verify-full", "/a b.pem"))));
    }

    #[test]
    fn key_value_pairs_keep_quotes_and_escapes() {
        let taken =
            take("host=h password='a \\' sslmode=x' sslmode = verify-ca sslrootcert='/a b.pem' user=u");
        let rest = "host=h password='a \\' sslmode=x' user=u ".to_owned();
        assert_eq!(taken, Some((rest, options("verify-ca", "/a b.pem"))));
    }

    #[test]
    fn what_is_malformed_is_not_taken() {
        for text in ["host", "password='a", "a=b\\", "postgres://h/d?sslmode", "postgres://h/d?sslmode=%ff"] {
            assert_eq!(take(text), None, "{text}");
        }
    }
}
