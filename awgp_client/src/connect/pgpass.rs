//! ~/.pgpass: lines of `host:port:database:user:password`, `*` for any, `\` before a literal `:` or `\`.

use super::address::{SOCKET_DIRECTORIES, port_of};
use crate::shown;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The password for this target, from PGPASSFILE or ~/.pgpass. A file that others can read is ignored, as in
/// libpq; the error says so.
pub fn find(config: &Config, get: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
    let in_home = || get("HOME").map(|home| Path::new(&home).join(".pgpass"));
    let Some(file) = get("PGPASSFILE").map(PathBuf::from).or_else(in_home) else { return Ok(None) };
    let Some(metadata) = fs::metadata(&file).ok().filter(fs::Metadata::is_file) else { return Ok(None) };
    if metadata.permissions().mode() & 0o077 != 0 {
        let file = shown::line(&file.display().to_string());
        return Err(format!("{file} is ignored: others can read it; run chmod 600 on it"));
    }
    Ok(fs::read_to_string(&file).ok().and_then(|text| matching(&text, &Wanted::of(config))))
}

/// What the first four fields must match.
struct Wanted {
    host: String,
    port: String,
    database: String,
    user: String,
}

impl Wanted {
    fn of(config: &Config) -> Self {
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            // As in libpq: the default socket directory is "localhost", any other is its path.
            Some(Host::Unix(path)) if SOCKET_DIRECTORIES.iter().any(|usual| path == Path::new(usual)) => {
                "localhost".to_owned()
            }
            Some(Host::Unix(path)) => path.display().to_string(),
            None => {
                config.get_hostaddrs().first().map_or_else(|| "localhost".to_owned(), ToString::to_string)
            }
        };
        let user = config.get_user().unwrap_or_default().to_owned();
        let database = config.get_dbname().unwrap_or(&user).to_owned();
        Self { host, port: port_of(config).to_string(), database, user }
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
