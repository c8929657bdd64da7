//! Connection URLs, as libpq reads them and as others write them: `postgres://`, `postgresql+psycopg://`
//! (SQLAlchemy) and `jdbc:postgresql://`.

use super::keyword_value::Pairs;
use percent_encoding::percent_decode_str;

/// Whose way of writing it is, where it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// That of libpq, which most others share.
    Libpq,
    /// `postgresql+DRIVER://`.
    SqlAlchemy,
    /// `jdbc:postgresql:`.
    Jdbc,
}

/// A URL in its parts.
#[derive(Debug, PartialEq)]
pub struct Url {
    /// Whose way of writing it is.
    pub dialect: Dialect,
    /// What stands before the question mark, as keywords.
    pub pairs: Vec<(&'static str, String)>,
    /// What stands after it.
    pub parameters: Pairs,
}

/// Whether the text is a URL at all.
pub fn is_url(text: &str) -> bool {
    split_scheme(text).is_some()
}

/// The dialect, and what follows the scheme: `//…`, or for JDBC also the name of a database.
fn split_scheme(text: &str) -> Option<(Dialect, &str)> {
    if let Some(rest) = text.strip_prefix("jdbc:postgresql:") {
        return Some((Dialect::Jdbc, rest));
    }
    let (scheme, _) = text.split_once("://")?;
    let rest = &text[scheme.len() + 1..];
    let (name, driver) = match scheme.split_once('+') {
        Some((name, driver)) => (name, Some(driver)),
        None => (scheme, None),
    };
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match driver {
        _ if !matches!(name, "postgres" | "postgresql") => None,
        None => Some((Dialect::Libpq, rest)),
        Some(driver) if is_word(driver) => Some((Dialect::SqlAlchemy, rest)),
        Some(_) => None,
    }
}

/// The parts of a URL; None where it is malformed.
pub fn parse(text: &str) -> Option<Url> {
    let (dialect, rest) = split_scheme(text)?;
    let mut pairs = Vec::new();
    let mut add = |keyword: &'static str, value: String| {
        if !value.is_empty() {
            pairs.push((keyword, value));
        }
    };
    let (address, query) = match rest.strip_prefix("//") {
        Some(rest) => {
            let (login, rest) = split_login(rest);
            // Text after the first `@` would be taken for the host and shown, and it may be half of a
            // password.
            if login.is_some() && rest.contains('@') {
                return None;
            }
            if let Some(login) = login {
                let (user, password) = login.split_once(':').unwrap_or((login, ""));
                add("user", decoded(user)?);
                add("password", decoded(password)?);
            }
            let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
            let (hosts, database) = address.split_once('/').unwrap_or((address, ""));
            let (hosts, ports) = split_hosts(hosts)?;
            add("host", hosts);
            add("port", ports);
            (database, query)
        }
        None if dialect == Dialect::Jdbc => {
            let (database, query) = rest.split_once('?').unwrap_or((rest, ""));
            (database.strip_prefix('/').unwrap_or(database), query)
        }
        None => return None,
    };
    add("dbname", decoded(address)?);
    Some(Url { dialect, pairs, parameters: parameters(query)? })
}

/// Login and password, and the rest. They end at the first `@`, unless it belongs to a parameter.
fn split_login(text: &str) -> (Option<&str>, &str) {
    let Some((login, rest)) = text.split_once('@') else { return (None, text) };
    let is_in_parameter = login.find('/').is_some_and(|slash| login[slash..].contains('?'));
    if is_in_parameter { (None, text) } else { (Some(login), rest) }
}

/// Hosts and ports, each as a list with commas.
fn split_hosts(text: &str) -> Option<(String, String)> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for entry in text.split(',') {
        let (host, port) = split_port(entry)?;
        hosts.push(decoded(host)?);
        ports.push(decoded(port)?);
    }
    if ports.iter().any(|port| !port.is_empty() && port.parse::<u16>().is_err()) {
        return None;
    }
    let joined =
        |list: &[String]| if list.iter().all(String::is_empty) { String::new() } else { list.join(",") };
    Some((joined(&hosts), joined(&ports)))
}

/// A host and its port. An address of version 6 is in brackets.
fn split_port(entry: &str) -> Option<(&str, &str)> {
    if let Some(rest) = entry.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        let port = if rest.is_empty() { "" } else { rest.strip_prefix(':')? };
        return Some((host, port));
    }
    Some(entry.split_once(':').unwrap_or((entry, "")))
}

fn parameters(query: &str) -> Option<Pairs> {
    let written = query.split('&').filter(|pair| !pair.is_empty());
    written
        .map(|pair| {
            let (key, value) = pair.split_once('=')?;
            Some((decoded(key)?, decoded(value)?))
        })
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Vec<(&'static str, String)>, Pairs) {
        let url = parse(text).unwrap_or_else(|| panic!("{text} is malformed"));
        (url.pairs, url.parameters)
    }

    fn pairs(of: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        of.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
    }

    #[test]
    fn a_url_of_libpq_has_hosts_ports_and_parameters() {
        let (known, parameters) = parts(
            "postgresql://u:p%40:w@h1:1,[::1],%2Frun%2Fpg:3/my%20db?options=-c%20x&sslrootcert=%2Fa.pem",
        );
        let expected = [
            ("user", "u"),
            ("password", "p@:w"),
            ("host", "h1,::1,/run/pg"),
            ("port", "1,,3"),
            ("dbname", "my db"),
        ];
        assert_eq!(known, pairs(&expected));
        assert_eq!(parameters[0], ("options".to_owned(), "-c x".to_owned()));
        assert_eq!(parameters[1], ("sslrootcert".to_owned(), "/a.pem".to_owned()));
        assert_eq!(parts("postgres://"), (vec![], vec![]));
        assert_eq!(parts("postgres:///d?user=a@b").0, pairs(&[("dbname", "d")]));
        assert_eq!(
            parts("postgres://u:a?b/c@h").0,
            pairs(&[("user", "u"), ("password", "a?b/c"), ("host", "h")])
        );
    }

    #[test]
    fn sqlalchemy_and_jdbc_write_their_own_schemes() {
        let url = parse("postgresql+psycopg://u@h/d").expect("a URL");
        assert_eq!(
            (url.dialect, url.pairs),
            (Dialect::SqlAlchemy, pairs(&[("user", "u"), ("host", "h"), ("dbname", "d")]))
        );
        let url = parse("jdbc:postgresql://h1:1,h2/d?user=u&password=a%26b").expect("a URL");
        assert_eq!(
            (url.dialect, url.pairs),
            (Dialect::Jdbc, pairs(&[("host", "h1,h2"), ("port", "1,"), ("dbname", "d")]))
        );
        assert_eq!(url.parameters[1], ("password".to_owned(), "a&b".to_owned()));
        for text in ["jdbc:postgresql:d", "jdbc:postgresql:/d"] {
            assert_eq!(parts(text).0, pairs(&[("dbname", "d")]), "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_not_read() {
        for text in [
            "postgres://u:hun@ter2@h/d",
            "postgres://u:hunter2",
            "postgres://h:port/d",
            "postgres://h:99999/d",
            "postgres://[::1/d",
            "postgres://h/d?sslmode",
            "postgres://h/d?sslmode=%ff",
            "postgres://h/%00",
            "mysql://h/d",
            "postgres+://h/d",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
