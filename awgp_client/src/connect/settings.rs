//! The settings of a connection and where each comes from: the connection string first, then the service that
//! it or PGSERVICE names, then the variables of PostgreSQL.

use super::keyword::{self, KEYWORDS, SESSION_VARIABLES};
use super::origin::Origin;
use super::service;
use crate::failure::Failure;
use crate::shown;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A look-up in the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A setting with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its keyword.
    pub name: &'static str,
    /// Its value; a secret one is not shown.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// The settings of a connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    given: Vec<Given>,
    /// Warnings, one line each.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Adds to what is explicitly given what a service and the variables say, and checks all of it.
    pub fn complete(explicit: Vec<Given>, get: Environment<'_>) -> Result<Self, Failure> {
        let mut settings = Self::default();
        // Of one source the later one counts, as in libpq.
        for given in explicit.into_iter().rev() {
            settings.add(given);
        }
        settings.add_service(get)?;
        for keyword in KEYWORDS.iter().filter(|keyword| keyword.name != "service") {
            if let Some((variable, value)) = keyword.variable.and_then(|name| Some((name, get(name)?))) {
                settings.add(Given {
                    name: keyword.name,
                    value,
                    origin: Origin::Variable(variable.to_owned()),
                });
            }
        }
        for (variable, name) in SESSION_VARIABLES {
            if let Some(value) = get(variable).filter(|value| !value.eq_ignore_ascii_case("default")) {
                settings.add(Given { name, value, origin: Origin::Variable(variable.to_owned()) });
            }
        }
        if get("PGREQUIRESSL").is_some_and(|value| value.starts_with('1')) {
            let origin = Origin::Variable("PGREQUIRESSL".to_owned());
            settings.add(Given { name: "sslmode", value: "require".to_owned(), origin });
        }
        for Given { name, value, origin } in &settings.given {
            if let Some(keyword) = keyword::named(name) {
                keyword.check(value, origin)?;
            }
        }
        Ok(settings)
    }

    /// Adds what nobody has given before.
    pub fn add(&mut self, given: Given) {
        if self.find(given.name).is_none() {
            self.given.push(given);
        }
    }

    fn add_service(&mut self, get: Environment<'_>) -> Result<(), Failure> {
        if let Some(name) = get("PGSERVICE") {
            self.add(Given {
                name: "service",
                value: name,
                origin: Origin::Variable("PGSERVICE".to_owned()),
            });
        }
        let Some(name) = self.get("service").map(str::to_owned) else { return Ok(()) };
        let named_file = self.get("servicefile").map(str::to_owned).or_else(|| get("PGSERVICEFILE"));
        let found = service::find(&name, named_file.as_deref(), get)?;
        let has_password = found.pairs.iter().any(|(key, _)| keyword::is_secret(key));
        if has_password && is_open_to_others(&found.file) {
            let file = shown::line(&found.file.display().to_string());
            self.warnings.push(format!("others can read the password in {file}; ~/.pgpass is safer"));
        }
        for (key, value) in found.pairs {
            if let Some(keyword) = keyword::named(&key) {
                let origin = Origin::Service(name.clone(), found.file.clone());
                self.add(Given { name: keyword.name, value, origin });
            }
        }
        Ok(())
    }

    /// The setting of this name, also an empty one.
    pub fn find(&self, name: &str) -> Option<&Given> {
        self.given.iter().find(|given| given.name == name)
    }

    /// The value of this name; an empty one asks for the default.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|given| given.value.as_str()).filter(|value| !value.is_empty())
    }

    /// Where the value of this name comes from.
    pub fn origin(&self, name: &str) -> Origin {
        self.find(name).map_or(Origin::Default, |given| given.origin.clone())
    }

    /// The value as a whole number; `unit` says in a hint of what.
    pub fn number(&self, name: &str, unit: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let hint = format!("use a whole number of {unit}");
        text.trim().parse().map(Some).map_err(|_| keyword::bad_value(name, &self.origin(name), &hint))
    }

    /// All that is given, in the order of the keywords.
    pub fn all(&self) -> Vec<&Given> {
        let of_session = SESSION_VARIABLES.iter().map(|(_, name)| *name);
        let names = KEYWORDS.iter().map(|keyword| keyword.name).chain(of_session);
        names.filter_map(|name| self.find(name)).collect()
    }
}

/// Whether anybody but its owner may read the file.
pub fn is_open_to_others(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}
