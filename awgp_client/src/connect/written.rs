//! A connection string, as a URL or as `key=value` pairs, in keywords of libpq.

use super::foreign::{self, Meaning};
use super::keyword;
use super::keyword_value::{self, Pairs};
use super::origin::Origin;
use super::url::{self, Dialect, Url};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::secret::DatabaseUrl;

/// What a connection string says.
#[derive(Debug, Default, PartialEq)]
pub struct Written {
    /// Keywords and values; the later one of a keyword counts.
    pub pairs: Vec<(&'static str, String)>,
    /// Parameters of other programs, which are ignored, and whose they are.
    pub ignored: Vec<(String, &'static str)>,
}

impl Written {
    /// Reads a connection string. Errors quote no value of it, and no word that may belong to a password.
    pub fn read(text: &DatabaseUrl, origin: &Origin) -> Result<Self, Failure> {
        let text = text.expose().trim();
        if url::is_url(text) {
            let Url { dialect, pairs, parameters } = url::parse(text).ok_or_else(|| malformed(origin))?;
            return Self { pairs, ignored: Vec::new() }.with_parameters(parameters, dialect, origin);
        }
        let pairs = keyword_value::pairs(text).ok_or_else(|| malformed(origin))?;
        let mut written = Self::default();
        let mut before = String::new();
        for (name, value) in pairs {
            let Some(keyword) = keyword::named(&name) else { return Err(unknown(&name, &before, origin)) };
            written.pairs.push((keyword.name, value));
            before = name;
        }
        Ok(written)
    }

    /// Adds the parameters of a URL.
    fn with_parameters(
        mut self,
        parameters: Pairs,
        dialect: Dialect,
        origin: &Origin,
    ) -> Result<Self, Failure> {
        let is_prismas = parameters.iter().any(|(name, _)| foreign::is_of_prisma(name));
        let is_strict = parameters.iter().any(|(name, value)| name == "sslaccept" && value == "strict");
        let mut before = String::new();
        for (name, value) in parameters {
            let is_foreign_value = name == "sslmode" && value == "no-verify";
            match keyword::named(&name).filter(|_| !is_foreign_value) {
                Some(keyword) if keyword.name == "host" && dialect == Dialect::SqlAlchemy => {
                    self.add_host(&value);
                }
                Some(keyword) => self.pairs.push((keyword.name, value)),
                None => match foreign::meaning(&name, &value, dialect) {
                    Meaning::Keyword(keyword, value) => self.pairs.push((keyword, value)),
                    Meaning::Ignored(whose) => self.ignored.push((name.clone(), whose)),
                    Meaning::Refused(hint) => {
                        let message =
                            format!("the parameter {name} of {origin} asks for what awgp cannot do");
                        return Err(Failure::new(Exit::BadArgument, message).hint(hint));
                    }
                    Meaning::Unknown => return Err(unknown(&name, &before, origin)),
                },
            }
            before = name;
        }
        if is_prismas {
            self.read_certificates_as_prisma(is_strict);
        }
        Ok(self)
    }

    /// SQLAlchemy writes several hosts as `host=h1:5432&host=h2:5432`.
    fn add_host(&mut self, entry: &str) {
        let (host, port) = match entry.split_once(':') {
            Some((host, port)) if !entry.starts_with('[') && !port.contains(':') => (host, port),
            _ => (entry, ""),
        };
        for (name, value) in [("host", host), ("port", port)] {
            match self.pairs.iter_mut().rev().find(|(known, _)| *known == name) {
                Some((_, list)) => *list = format!("{list},{value}"),
                None => self.pairs.push((name, value.to_owned())),
            }
        }
    }

    /// Prisma's sslcert is the certificate that has signed the server's; and where it checks that one, it
    /// trusts the system's roots.
    fn read_certificates_as_prisma(&mut self, is_strict: bool) {
        let has = |pairs: &[(&str, String)], name| pairs.iter().any(|(known, _)| *known == name);
        if !has(&self.pairs, "sslkey") && !has(&self.pairs, "sslrootcert") {
            for (name, _) in self.pairs.iter_mut().filter(|(name, _)| *name == "sslcert") {
                *name = "sslrootcert";
            }
        }
        if is_strict {
            // Whatever sslmode says beside it: the certificate is checked.
            self.pairs.push(("sslmode", "verify-full".to_owned()));
            if !has(&self.pairs, "sslrootcert") {
                self.pairs.push(("sslrootcert", "system".to_owned()));
            }
        }
    }
}

fn malformed(origin: &Origin) -> Failure {
    Failure::new(Exit::BadArgument, format!("the connection string of {origin} is not valid")).hint(
        "write postgres://user@host:5432/database or \"host=… user=… dbname=…\"; in a URL, \
         percent-encode special characters of a password, an at sign as %40",
    )
}

/// A name that nobody knows. After a password it may be the rest of it, so it is not shown there.
fn unknown(name: &str, before: &str, origin: &Origin) -> Failure {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if before == "password" || name.len() > 64 || !name.chars().all(is_word) {
        return malformed(origin);
    }
    Failure::new(
        Exit::BadArgument,
        format!("the connection string of {origin} has the unknown parameter {name}"),
    )
    .hint("leave it out; docs/connecting.md lists the parameters that awgp knows")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Origin = Origin::Option("--database-url");

    fn read(text: &str) -> Result<Written, Failure> {
        Written::read(&DatabaseUrl::from(text), &ORIGIN)
    }

    fn value(written: &Written, name: &str) -> Option<String> {
        written.pairs.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn parameters_of_others_are_ignored_by_name_and_the_rest_holds() {
        let prisma =
            read("postgresql://u:p@h:6543/d?schema=app&pgbouncer=true&connection_limit=1&sslmode=require");
        let prisma = prisma.expect("a URL of Prisma");
        let names: Vec<_> = prisma.ignored.iter().map(|(name, whose)| (name.as_str(), *whose)).collect();
        assert_eq!(names, [("schema", "Prisma"), ("pgbouncer", "Prisma"), ("connection_limit", "Prisma")]);
        assert_eq!(value(&prisma, "sslmode").as_deref(), Some("require"));
        assert_eq!(value(&prisma, "port").as_deref(), Some("6543"));
    }

    #[test]
    fn an_unknown_parameter_is_named_unless_it_may_be_the_rest_of_a_password() {
        for text in ["postgres://u:p@h/d?nonsense=1", "host=h nonsense=1"] {
            let failure = read(text).expect_err(text);
            assert!(
                failure.message.contains("nonsense") && failure.message.contains("--database-url"),
                "{failure:?}"
            );
        }
        for text in [
            "password=ab ter2=ef",
            "postgres://h/d?password=hun&ter2=1",
            "postgres://u:hun@ter2?x=1@h/d",
            "postgres://h/d?hun%20ter2=1",
        ] {
            let failure = read(text).expect_err(text);
            assert!(!format!("{failure:?}").contains("ter2"), "{failure:?}");
        }
    }

    #[test]
    fn prisma_that_checks_certificates_checks_them_here_too() {
        let strict = read("postgres://h/d?sslmode=prefer&sslaccept=strict").expect("a URL");
        assert_eq!(value(&strict, "sslmode").as_deref(), Some("verify-full"));
        assert_eq!(value(&strict, "sslrootcert").as_deref(), Some("system"));
        let own = read("postgres://h/d?sslcert=ca.pem&sslaccept=strict").expect("a URL");
        assert_eq!(value(&own, "sslrootcert").as_deref(), Some("ca.pem"));
        assert_eq!(value(&own, "sslcert"), None);
        // libpq's own meaning elsewhere.
        let own = read("postgres://h/d?sslcert=me.pem").expect("a URL");
        assert_eq!(value(&own, "sslcert").as_deref(), Some("me.pem"));
    }

    #[test]
    fn sqlalchemy_names_several_hosts_one_by_one() {
        let written = read("postgresql+asyncpg://u@/d?host=h1:5432&host=h2&ssl=require").expect("a URL");
        assert_eq!(value(&written, "host").as_deref(), Some("h1,h2"));
        assert_eq!(value(&written, "port").as_deref(), Some("5432,"));
        assert_eq!(value(&written, "sslmode").as_deref(), Some("require"));
    }

    #[test]
    fn jdbc_has_login_and_password_among_its_parameters() {
        let written = read(
            "jdbc:postgresql://h1:1,h2:2/d?user=u&password=p&ApplicationName=app&currentSchema=x&targetServerType=primary",
        )
        .expect("a URL");
        for (name, expected) in [
            ("user", "u"),
            ("password", "p"),
            ("application_name", "app"),
            ("host", "h1,h2"),
            ("target_session_attrs", "primary"),
        ] {
            assert_eq!(value(&written, name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!(written.ignored, [("currentSchema".to_owned(), "JDBC")]);
    }

    #[test]
    fn what_cannot_be_done_is_named_with_what_to_do_instead() {
        let failure = read("postgres://h/d?sslidentity=me.p12").expect_err("PKCS 12");
        assert!(failure.message.contains("sslidentity"));
        assert!(failure.noted("hint").is_some_and(|hint| hint.contains("sslkey")));
    }
}
