//! Services: groups of settings in pg_service.conf, which `service=` or PGSERVICE names.
//!
//! As libpq reads them: the file of PGSERVICEFILE or ~/.pg_service.conf, then the system's. The first group
//! of the name counts, and in it the first line of a keyword. Nothing around `=` is trimmed.

use super::keyword;
use super::keyword_value::Pairs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::shown;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the system's file is without PGSYSCONFDIR: Debian's packages, and a PostgreSQL built from source.
const SYSTEM_FOLDERS: [&str; 2] = ["/etc/postgresql-common", "/usr/local/pgsql/etc"];

/// The settings of a service, and its file.
#[derive(Debug, PartialEq)]
pub struct Service {
    /// Its file.
    pub file: PathBuf,
    /// Its settings.
    pub pairs: Pairs,
}

/// Finds a service. `named_file` is the file that `servicefile=` or PGSERVICEFILE names.
pub fn find(
    name: &str,
    named_file: Option<&str>,
    get: &dyn Fn(&str) -> Option<String>,
) -> Result<Service, Failure> {
    for (file, must_be) in places(named_file, get) {
        if !must_be && !file.exists() {
            continue;
        }
        let text = fs::read_to_string(&file).map_err(|error| {
            let file = shown::line(&file.display().to_string());
            Failure::new(Exit::BadArgument, format!("the service file {file} cannot be read: {error}"))
                .hint("let PGSERVICEFILE name a readable file, or unset it")
        })?;
        if let Some(pairs) = group(&text, name).map_err(|(line, why)| malformed(&file, line, why))? {
            return Ok(Service { file, pairs });
        }
    }
    let name = shown::line(name);
    Err(Failure::new(Exit::BadArgument, format!("there is no service {name} in a service file")).hint(
        "write it into ~/.pg_service.conf under [NAME], or name another one with service= or PGSERVICE",
    ))
}

/// The files in their order, and whether each must be there.
pub fn places(named_file: Option<&str>, get: &dyn Fn(&str) -> Option<String>) -> Vec<(PathBuf, bool)> {
    let own = match named_file {
        Some(file) => Some((PathBuf::from(file), true)),
        None => get("HOME").map(|home| (Path::new(&home).join(".pg_service.conf"), false)),
    };
    let system = match get("PGSYSCONFDIR") {
        Some(folder) => vec![folder],
        None => SYSTEM_FOLDERS.map(str::to_owned).to_vec(),
    };
    let system = system.into_iter().map(|folder| (Path::new(&folder).join("pg_service.conf"), false));
    own.into_iter().chain(system).collect()
}

/// The lines of the first group of this name; None where there is none.
fn group(text: &str, name: &str) -> Result<Option<Pairs>, (usize, &'static str)> {
    let mut found: Option<Pairs> = None;
    for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            if header.strip_prefix(name).is_some_and(|rest| rest.starts_with(']')) {
                found = Some(Vec::new());
            }
            continue;
        }
        let Some(pairs) = &mut found else { continue };
        if line.starts_with("ldap") {
            return Err((number, "awgp looks nothing up by LDAP"));
        }
        let (key, value) = line.split_once('=').ok_or((number, "a line is keyword=value"))?;
        if matches!(key, "service" | "servicefile") {
            return Err((number, "a service does not name another one"));
        }
        if keyword::named(key).is_none() {
            return Err((number, "the keyword is none of PostgreSQL's"));
        }
        if pairs.iter().all(|(known, _)| known != key) {
            pairs.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(found)
}

fn malformed(file: &Path, line: usize, why: &str) -> Failure {
    let file = shown::line(&file.display().to_string());
    Failure::new(Exit::BadArgument, format!("line {line} of the service file {file} is not valid"))
        .hint(format!("correct the line: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# c\n[other]\nhost=no\n\n[prod]\n  host=db.example\nport=6000\nport=1\npassword= a=b\n\n[prod]\nuser=late\n";

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_first_group_and_the_first_line_of_a_keyword_count() {
        let expected = pairs(&[("host", "db.example"), ("port", "6000"), ("password", " a=b")]);
        assert_eq!(group(FILE, "prod"), Ok(Some(expected)));
        assert_eq!(group(FILE, "pro"), Ok(None));
    }

    #[test]
    fn a_line_that_is_not_valid_is_told_by_its_number() {
        let line = |text: &str| group(text, "a").map_err(|(line, _)| line);
        assert_eq!(line("[a]\nhost"), Err(2));
        assert_eq!(line("[a]\nhost=h\nnonsense=1"), Err(3));
        assert_eq!(line("[a]\nservice=b"), Err(2));
        assert_eq!(line("[a]\nldap://h/x"), Err(2));
        // Lines of other groups are not looked at.
        assert_eq!(line("[b]\nnonsense\n[a]\nhost=h"), Ok(Some(pairs(&[("host", "h")]))));
    }

    #[test]
    fn a_service_that_is_not_there_is_named() {
        let failure = find("absent", None, &|_| None).expect_err("nowhere");
        assert!(failure.message.contains("absent"));
        let failure = find("a", Some("no/such/file"), &|_| None).expect_err("no file");
        assert!(failure.message.contains("no/such/file"));
    }
}
