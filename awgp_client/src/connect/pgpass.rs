//! ~/.pgpass: lines of `host:port:database:user:password`, `*` for any, `\` before a literal `:` or `\`.

use super::hosts::{Host, SOCKET_DIRECTORIES, Server};
use super::settings::is_open_to_others;
use crate::shown;
use std::fs;
use std::path::Path;

/// The password for this server in a file of passwords. A file that others can read is ignored, as in libpq;
/// the error says so.
pub fn find(file: &Path, wanted: &Wanted) -> Result<Option<String>, String> {
    if !file.is_file() {
        return Ok(None);
    }
    if is_open_to_others(file) {
        let file = shown::line(&file.display().to_string());
        return Err(format!("{file} is ignored: others can read it; run chmod 600 on it"));
    }
    Ok(fs::read_to_string(file).ok().and_then(|text| matching(&text, wanted)))
}

/// What the first four fields must match.
pub struct Wanted {
    host: String,
    port: String,
    database: String,
    user: String,
}

impl Wanted {
    /// For a server, a database and a login.
    pub fn new(server: &Server, database: &str, user: &str) -> Self {
        let host = match &server.host {
            Host::Tcp(host) => host.clone(),
            // As in libpq: the default socket directory is "localhost", any other is its path.
            Host::Socket(path) if SOCKET_DIRECTORIES.iter().any(|usual| path == Path::new(usual)) => {
                "localhost".to_owned()
            }
            Host::Socket(path) => path.display().to_string(),
        };
        Self { host, port: server.port.to_string(), database: database.to_owned(), user: user.to_owned() }
    }
}

fn matching(text: &str, wanted: &Wanted) -> Option<String> {
    let wishes = [&wanted.host, &wanted.port, &wanted.database, &wanted.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let [keys @ .., password] = fields.as_slice() else { return None };
        let fits = |(key, wish): (&String, &&String)| key == "*" || key == *wish;
        (keys.len() == wishes.len() && keys.iter().zip(&wishes).all(fits)).then(|| password.clone())
    })
}

/// The fields of a line without their escapes; the password may contain colons.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let next = match c {
            '\\' => chars.next().unwrap_or('\\'),
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            other => other,
        };
        fields.last_mut().expect("there is always a field").push(next);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted {
            host: "db:1".to_owned(),
            port: "5432".to_owned(),
            database: "awgp".to_owned(),
            user: "ann".to_owned(),
        }
    }

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        let text =
            "# db\\:1:5432:awgp:ann:comment\nother:*:*:*:no\ndb\\:1:5432:*:ann:p\\:a\\\\b:c\n*:*:*:*:late";
        assert_eq!(matching(text, &wanted()), Some("p:a\\b:c".to_owned()));
    }

    #[test]
    fn a_line_of_too_few_fields_or_another_user_gives_nothing() {
        assert_eq!(matching("*:*:*:secret\n*:*:*:bob:secret", &wanted()), None);
    }
}
