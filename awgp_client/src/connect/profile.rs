//! A profile: a connection, and the tenant and the user to work as, under a name.

use super::keyword::{self, is_secret};
use super::keyword_value;
use super::origin::Origin;
use super::url;
use super::written::Written;
use crate::failure::Failure;
use crate::secret::DatabaseUrl;
use std::fmt;
use std::path::PathBuf;

/// What a profile says.
#[derive(Clone, Default, PartialEq)]
pub struct Profile {
    /// `url`: a connection string.
    pub url: Option<DatabaseUrl>,
    /// Keywords of libpq, such as sslmode. They win over those of the URL.
    pub settings: Vec<(&'static str, String)>,
    /// `tenant`: slug or id.
    pub tenant: Option<String>,
    /// `user`: e-mail address or id.
    pub user: Option<String>,
    /// `token_file`: a file with an access token.
    pub token_file: Option<PathBuf>,
    /// `fleet`: a fleet file, instead of a connection.
    pub fleet: Option<PathBuf>,
}

/// Values may be secrets: only the names are shown.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.settings.iter().map(|(name, _)| name)).finish()
    }
}

impl Profile {
    /// Sets a key of the file; false where there is no such key.
    pub fn set(&mut self, key: &str, value: &str) -> bool {
        let text = value.to_owned();
        match key {
            "url" => self.url = Some(DatabaseUrl::from(value)),
            "tenant" => self.tenant = Some(text),
            "user" => self.user = Some(text),
            "token_file" => self.token_file = Some(PathBuf::from(value)),
            "fleet" => self.fleet = Some(PathBuf::from(value)),
            _ => match keyword::named(key) {
                Some(keyword) => {
                    self.settings.retain(|(name, _)| *name != keyword.name);
                    self.settings.push((keyword.name, text));
                }
                None => return false,
            },
        }
        true
    }

    /// Refuses a connection string that cannot be read, and a value that cannot be had. Returns the
    /// parameters of other programs in the URL, which are ignored.
    pub fn check(&self, name: &str) -> Result<Vec<(String, &'static str)>, Failure> {
        let origin = Origin::Profile(name.to_owned());
        for (name, value) in &self.settings {
            if let Some(keyword) = keyword::named(name) {
                keyword.check(value, &origin)?;
            }
        }
        match self.url.as_ref().filter(|url| !url.is_empty()) {
            Some(url) => Ok(Written::read(url, &origin)?.ignored),
            None => Ok(Vec::new()),
        }
    }

    /// Whether it says where to connect to.
    pub fn has_connection(&self) -> bool {
        self.url.as_ref().is_some_and(|url| !url.is_empty()) || !self.settings.is_empty()
    }

    /// Whether it has a password, or something else that is secret.
    pub fn has_secret(&self) -> bool {
        let in_url = self.url.as_ref().is_some_and(|url| {
            let text = url.expose().trim();
            // One that cannot be read may have one.
            match url::parse(text) {
                Some(url) => {
                    url.pairs.iter().any(|(name, _)| is_secret(name))
                        || url.parameters.iter().any(|(name, _)| is_secret(name))
                }
                None => keyword_value::pairs(text)
                    .is_none_or(|pairs| pairs.iter().any(|(name, _)| is_secret(name))),
            }
        });
        in_url || self.settings.iter().any(|(name, _)| is_secret(name))
    }
}
