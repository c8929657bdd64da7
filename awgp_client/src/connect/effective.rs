//! What is in force: of the options of a command, a profile and the variables of the environment, and where
//! each value comes from.
//!
//! What is named more closely wins: an option of the command line; then the profile of --profile; then the
//! variables DATABASE_URL, AWGP_TENANT, AWGP_USER, AWGP_TOKEN_FILE and AWGP_TOKEN; then the profile of
//! AWGP_PROFILE. One connection string counts, whole; what it leaves out comes from a service file, the
//! variables of PostgreSQL, ~/.pgpass and the defaults.

use super::keyword::is_secret;
use super::origin::Origin;
use super::profile::Profile;
use super::profiles::Profiles;
use super::settings::{Environment, Given, Settings};
use super::target::{self, CONNECT_TIMEOUT_SECONDS, PROGRAM, Target};
use super::written::Written;
use crate::failure::Failure;
use crate::secret::{DatabaseUrl, MASK};
use crate::token::Token;
use std::path::{Path, PathBuf};

/// What the user asks for on the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// --database-url. An empty one says that there is none.
    pub database_url: Option<&'a DatabaseUrl>,
    /// --profile. An empty one says that there is none.
    pub profile: Option<&'a str>,
    /// --tenant. An empty one says that there is none.
    pub tenant: Option<&'a str>,
    /// --user. An empty one says that there is none.
    pub user: Option<&'a str>,
    /// --token-file.
    pub token_file: Option<&'a Path>,
    /// --fleet. An empty one says that there is none.
    pub fleet: Option<&'a Path>,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chosen<T> {
    value: T,
    origin: Origin,
}

/// What is in force.
#[derive(Clone)]
pub struct Effective {
    connection: Option<Chosen<Connection>>,
    profile: Option<Chosen<String>>,
    tenant: Option<Chosen<String>>,
    user: Option<Chosen<String>>,
    token: Option<Chosen<Token>>,
    fleet: Option<Chosen<PathBuf>>,
    warnings: Vec<String>,
}

/// Where the connection is described.
#[derive(Clone, Debug, PartialEq)]
enum Connection {
    Text(DatabaseUrl),
    Profile(Profile),
}

/// A parameter of another program, in a connection string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub whose: &'static str,
    /// Where it stands.
    pub origin: String,
}

/// A line of what is in force, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// A keyword of PostgreSQL, or an option.
    pub setting: String,
    /// Its value; a secret is masked.
    pub value: String,
    /// Where it comes from.
    pub from: String,
}

/// The profile that is asked for, and whether the command line does.
struct Asked {
    name: String,
    origin: Origin,
    profile: Profile,
}

impl Effective {
    /// Determines what is in force. Reads the configuration file only for a profile.
    pub fn determine(wish: Wish<'_>, env: Environment<'_>) -> Result<Self, Failure> {
        let get = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let asked = asked(wish.profile, &get)?;
        let near = asked.as_ref().filter(|asked| matches!(asked.origin, Origin::Option(_)));
        let far = asked.as_ref().filter(|asked| matches!(asked.origin, Origin::Variable(_)));
        let mut warnings = Vec::new();
        let connection = connection(wish.database_url, near, far, &get, &mut warnings);
        let text = |option, given: Option<&str>, variable, of: fn(&Profile) -> Option<&str>| {
            let of_profile = |asked: Option<&Asked>| {
                asked.and_then(|asked| {
                    Some(Chosen { value: of(&asked.profile)?.to_owned(), origin: asked.as_origin() })
                })
            };
            let chosen = match given {
                Some(value) => Some(Chosen { value: value.to_owned(), origin: Origin::Option(option) }),
                None => of_profile(near).or_else(|| of_variable(variable, &get)).or_else(|| of_profile(far)),
            };
            chosen.filter(|chosen| !chosen.value.trim().is_empty())
        };
        let tenant = text("--tenant", wish.tenant, "AWGP_TENANT", |profile| profile.tenant.as_deref());
        let user = text("--user", wish.user, "AWGP_USER", |profile| profile.user.as_deref());
        let token = token(wish.token_file, near, far, &get)?;
        let fleet = fleet(wish, near, far, &get, &mut warnings);
        let profile = asked.map(|asked| Chosen { value: asked.name, origin: asked.origin });
        Ok(Self { connection, profile, tenant, user, token, fleet, warnings })
    }

    /// The same tenant, user and token on another connection: that of a member of a fleet.
    #[must_use]
    pub fn on_member(&self, name: &str, connection: &Profile) -> Self {
        let origin = Origin::Member(name.to_owned());
        let value = Connection::Profile(connection.clone());
        let warnings = Vec::new();
        let connection = Some(Chosen { value, origin });
        Self { connection, profile: None, fleet: None, warnings, ..self.clone() }
    }

    /// The same in the context of another tenant, named by its id.
    #[must_use]
    pub fn in_tenant(&self, id: &str) -> Self {
        let origin = self.tenant.as_ref().map_or(Origin::Default, |chosen| chosen.origin.clone());
        Self { tenant: Some(Chosen { value: id.to_owned(), origin }), ..self.clone() }
    }

    /// The fleet file.
    pub fn fleet(&self) -> Option<&Path> {
        self.fleet.as_ref().map(|chosen| chosen.value.as_path())
    }

    /// Warnings about what is not in force, one line each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The tenant, by slug or id.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_ref().map(|chosen| chosen.value.as_str())
    }

    /// The user, by e-mail address or id.
    pub fn user(&self) -> Option<&str> {
        self.user.as_ref().map(|chosen| chosen.value.as_str())
    }

    /// The access token.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref().map(|chosen| &chosen.value)
    }

    /// The server, with the access token.
    pub fn target(&self, env: Environment<'_>) -> Result<Target, Failure> {
        let (mut settings, _) = self.settings(env)?;
        let target = Target::of_settings(&mut settings, &present(env))?;
        Ok(target.with_token(self.token.as_ref().map(|chosen| chosen.value.clone())))
    }

    /// Parameters of other programs in the connection string, which are ignored.
    pub fn ignored(&self, env: Environment<'_>) -> Result<Vec<Ignored>, Failure> {
        Ok(self.settings(env)?.1)
    }

    /// The settings of the connection, and what is ignored.
    fn settings(&self, env: Environment<'_>) -> Result<(Settings, Vec<Ignored>), Failure> {
        let mut explicit = Vec::new();
        let mut ignored = Vec::new();
        if let Some(Chosen { value, origin }) = &self.connection {
            let (url, further) = match value {
                Connection::Text(url) => (Some(url), Vec::new()),
                Connection::Profile(profile) => (profile.url.as_ref(), profile.settings.clone()),
            };
            let written = match url.filter(|url| !url.is_empty()) {
                Some(url) => Written::read(url, origin)?,
                None => Written::default(),
            };
            let given = written.pairs.into_iter().chain(further);
            explicit.extend(given.map(|(name, value)| Given { name, value, origin: origin.clone() }));
            let of_others = written.ignored.into_iter();
            ignored.extend(of_others.map(|(name, whose)| Ignored {
                name,
                whose,
                origin: origin.to_string(),
            }));
        }
        let mut settings = Settings::complete(explicit, &present(env))?;
        settings.warnings.extend(self.warnings.iter().cloned());
        Ok((settings, ignored))
    }

    /// Everything that is in force, a line a value.
    pub fn shown(&self, env: Environment<'_>) -> Result<Vec<Shown>, Failure> {
        let (mut settings, ignored) = self.settings(env)?;
        let target = Target::of_settings(&mut settings, &present(env))?;
        let mut lines = Vec::new();
        let mut line = |setting: &str, value: &str, from: &Origin| {
            lines.push(Shown {
                setting: setting.to_owned(),
                value: value.to_owned(),
                from: from.to_string(),
            });
        };
        if let Some(Chosen { value, origin }) = &self.profile {
            line("profile", value, origin);
        }
        for given in settings.all().into_iter().filter(|given| !given.value.is_empty()) {
            line(given.name, if is_secret(given.name) { MASK } else { &given.value }, &given.origin);
        }
        for (name, value, origin) in defaults(&settings, &target) {
            line(name, &value, &origin);
        }
        for (name, chosen) in [("--tenant", &self.tenant), ("--user", &self.user)] {
            if let Some(Chosen { value, origin }) = chosen {
                line(name, value, origin);
            }
        }
        if let Some(Chosen { value, origin }) = &self.fleet {
            line("--fleet", &crate::shown::line(&value.display().to_string()), origin);
        }
        if let Some(Chosen { origin, .. }) = &self.token {
            line("access token", MASK, origin);
        }
        for Ignored { name, whose, origin } in ignored {
            lines.push(Shown {
                setting: name,
                value: format!("ignored: a parameter of {whose}"),
                from: origin,
            });
        }
        Ok(lines)
    }
}

/// What holds where nobody has said anything.
fn defaults(settings: &Settings, target: &Target) -> Vec<(&'static str, String, Origin)> {
    let (user, origin) = target::login(settings);
    let is_system = settings.get("sslrootcert") == Some("system");
    let all = [
        ("host", target.first_host(), Origin::Default),
        ("port", target.first_port(), Origin::Default),
        ("dbname", settings.get("dbname").unwrap_or(&user).to_owned(), Origin::Default),
        ("user", user, origin),
        ("password", "not given".to_owned(), Origin::Default),
        ("application_name", PROGRAM.to_owned(), Origin::Default),
        ("connect_timeout", CONNECT_TIMEOUT_SECONDS.to_string(), Origin::Default),
        ("target_session_attrs", "any".to_owned(), Origin::Default),
        ("sslmode", if is_system { "verify-full" } else { "prefer" }.to_owned(), Origin::Default),
    ];
    all.into_iter().filter(|(name, ..)| settings.get(name).is_none()).collect()
}

impl Asked {
    fn as_origin(&self) -> Origin {
        Origin::Profile(self.name.clone())
    }
}

/// The environment without variables that are empty.
fn present(env: Environment<'_>) -> impl Fn(&str) -> Option<String> + '_ {
    move |name| env(name).filter(|value| !value.is_empty())
}

/// The profile of --profile or AWGP_PROFILE.
fn asked(wished: Option<&str>, get: Environment<'_>) -> Result<Option<Asked>, Failure> {
    let (name, origin) = match wished {
        Some(name) if name.trim().is_empty() => return Ok(None),
        Some(name) => (name.to_owned(), Origin::Option("--profile")),
        None => match get("AWGP_PROFILE") {
            Some(name) => (name, Origin::Variable("AWGP_PROFILE".to_owned())),
            None => return Ok(None),
        },
    };
    let profile = Profiles::read(get)?.profile(&name)?;
    Ok(Some(Asked { name, origin, profile }))
}

/// The fleet file, which takes the place of a connection: the nearer of both counts.
fn fleet(
    wish: Wish<'_>,
    near: Option<&Asked>,
    far: Option<&Asked>,
    get: Environment<'_>,
    warnings: &mut Vec<String>,
) -> Option<Chosen<PathBuf>> {
    if let Some(given) = wish.fleet {
        let value = given.to_owned();
        return Some(Chosen { value, origin: Origin::Option("--fleet") })
            .filter(|chosen| !chosen.value.as_os_str().is_empty());
    }
    if wish.database_url.is_some_and(|url| !url.is_empty()) {
        return None;
    }
    let of_profile =
        |asked: &Asked| Some(Chosen { value: asked.profile.fleet.clone()?, origin: asked.as_origin() });
    if let Some(asked) = near {
        let found = of_profile(asked);
        if found.is_some() || asked.profile.has_connection() {
            return found;
        }
    }
    let has_url = get("DATABASE_URL").is_some();
    if let Some(file) = get("AWGP_FLEET") {
        if has_url {
            warnings.push("AWGP_FLEET is in force, so the database of DATABASE_URL is not used".to_owned());
        }
        return Some(Chosen { value: file.into(), origin: Origin::Variable("AWGP_FLEET".to_owned()) });
    }
    far.filter(|_| !has_url).and_then(of_profile)
}

fn of_variable(name: &str, get: Environment<'_>) -> Option<Chosen<String>> {
    get(name).map(|value| Chosen { value, origin: Origin::Variable(name.to_owned()) })
}

/// The connection that counts, whole: parts of two never mix, or the password of one reached the server of
/// another.
fn connection(
    wished: Option<&DatabaseUrl>,
    near: Option<&Asked>,
    far: Option<&Asked>,
    get: Environment<'_>,
    warnings: &mut Vec<String>,
) -> Option<Chosen<Connection>> {
    if let Some(url) = wished {
        let origin = Origin::Option("--database-url");
        return (!url.is_empty()).then(|| Chosen { value: Connection::Text(url.clone()), origin });
    }
    let of_profile = |asked: Option<&Asked>| {
        let asked = asked.filter(|asked| asked.profile.has_connection())?;
        Some(Chosen { value: Connection::Profile(asked.profile.clone()), origin: asked.as_origin() })
    };
    let of_variable = of_variable("DATABASE_URL", get).map(|Chosen { value, origin }| Chosen {
        value: Connection::Text(DatabaseUrl::from(value.as_str())),
        origin,
    });
    let far = of_profile(far);
    if let (Some(_), Some(Chosen { origin, .. })) = (&of_variable, &far) {
        warnings.push(format!(
            "DATABASE_URL is used, not the connection of {origin}; unset it, or name the profile with --profile"
        ));
    }
    of_profile(near).or(of_variable).or(far)
}

/// The access token.
fn token(
    wished: Option<&Path>,
    near: Option<&Asked>,
    far: Option<&Asked>,
    get: Environment<'_>,
) -> Result<Option<Chosen<Token>>, Failure> {
    let of_profile = |asked: Option<&Asked>| {
        asked.and_then(|asked| Some((asked.profile.token_file.clone()?, asked.as_origin())))
    };
    let near = match wished {
        Some(file) => Some((file.to_owned(), Origin::Option("--token-file"))),
        None => of_profile(near).or_else(|| {
            let file = get("AWGP_TOKEN_FILE").map(PathBuf::from)?;
            Some((file, Origin::Variable("AWGP_TOKEN_FILE".to_owned())))
        }),
    };
    let variable = || {
        let origin = Origin::Variable("AWGP_TOKEN".to_owned());
        Token::of_variable(get).map(|value| Chosen { value, origin })
    };
    let of_file =
        |(file, origin): (PathBuf, Origin)| Ok(Some(Chosen { value: Token::of_file(&file)?, origin }));
    match near {
        Some(found) => of_file(found),
        None => match variable() {
            Some(chosen) => Ok(Some(chosen)),
            None => of_profile(far).map_or(Ok(None), of_file),
        },
    }
}

#[cfg(test)]
mod tests;
