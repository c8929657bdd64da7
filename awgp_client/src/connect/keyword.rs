//! The keywords of a connection string, as libpq has them: the variable that gives each, and which values can
//! be had here. A value that cannot be had is refused by its name; its text is never quoted, since it may be
//! a part of a password.

use super::origin::Origin;
use crate::exit::Exit;
use crate::failure::Failure;

/// A keyword.
#[derive(Debug)]
pub struct Keyword {
    /// Its name in a connection string and in a service file.
    pub name: &'static str,
    /// The variable that gives it too.
    pub variable: Option<&'static str>,
    values: Values,
}

/// What a keyword may be set to.
#[derive(Debug)]
enum Values {
    /// Any text; whoever uses it checks it.
    Any,
    /// One of these, all in force.
    OneOf(&'static [&'static str]),
    /// Only these, which ask for nothing that is not here; and what to do where another one is set.
    Only(&'static [&'static str], &'static str),
}

use Values::{Any, OneOf, Only};

const fn known(name: &'static str, variable: Option<&'static str>, values: Values) -> Keyword {
    Keyword { name, variable, values }
}

const KERBEROS: &str = "awgp does not log in with Kerberos (GSSAPI); use a password or a client certificate";
const OAUTH: &str = "awgp does not log in with OAuth; use a password or a client certificate";
const UTF8: &str = "awgp reads and writes UTF-8, whatever the encoding of the database; leave it out";
const TLS_VERSIONS: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/// All keywords of libpq of PostgreSQL 15 to 18, in the order in which they are shown.
pub const KEYWORDS: &[Keyword] = &[
    known("service", Some("PGSERVICE"), Any),
    known("servicefile", Some("PGSERVICEFILE"), Any),
    known("host", Some("PGHOST"), Any),
    known("hostaddr", Some("PGHOSTADDR"), Any),
    known("port", Some("PGPORT"), Any),
    known("dbname", Some("PGDATABASE"), Any),
    known("user", Some("PGUSER"), Any),
    known("password", Some("PGPASSWORD"), Any),
    known("passfile", Some("PGPASSFILE"), Any),
    known("options", Some("PGOPTIONS"), Any),
    known("application_name", Some("PGAPPNAME"), Any),
    known("fallback_application_name", None, Any),
    known("connect_timeout", Some("PGCONNECT_TIMEOUT"), Any),
    known(
        "target_session_attrs",
        Some("PGTARGETSESSIONATTRS"),
        OneOf(&["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]),
    ),
    known("load_balance_hosts", Some("PGLOADBALANCEHOSTS"), OneOf(&["disable", "random"])),
    known(
        "sslmode",
        Some("PGSSLMODE"),
        OneOf(&["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]),
    ),
    known("sslnegotiation", Some("PGSSLNEGOTIATION"), OneOf(&["postgres", "direct"])),
    known("sslrootcert", Some("PGSSLROOTCERT"), Any),
    known("sslcert", Some("PGSSLCERT"), Any),
    known("sslkey", Some("PGSSLKEY"), Any),
    known("sslpassword", None, Only(&[], "decrypt the key: openssl pkey -in KEY -out DECRYPTED, chmod 600")),
    known(
        "sslcertmode",
        Some("PGSSLCERTMODE"),
        Only(&["disable", "allow"], "use allow or disable: awgp cannot tell whether the server asks for one"),
    ),
    known("sslcrl", Some("PGSSLCRL"), Any),
    known("sslcrldir", Some("PGSSLCRLDIR"), Any),
    known("sslsni", Some("PGSSLSNI"), OneOf(&["0", "1"])),
    known("sslcompression", Some("PGSSLCOMPRESSION"), Only(&["0"], "leave it out: TLS is not compressed")),
    known("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION"), OneOf(TLS_VERSIONS)),
    known(
        "ssl_max_protocol_version",
        Some("PGSSLMAXPROTOCOLVERSION"),
        Only(&["TLSv1.2", "TLSv1.3"], "use TLSv1.2 or TLSv1.3: awgp does not speak older versions of TLS"),
    ),
    known("channel_binding", Some("PGCHANNELBINDING"), OneOf(&["disable", "prefer", "require"])),
    known(
        "gssencmode",
        Some("PGGSSENCMODE"),
        Only(&["disable", "prefer"], "use sslmode: awgp encrypts with TLS"),
    ),
    known("gssdelegation", Some("PGGSSDELEGATION"), Only(&["0"], KERBEROS)),
    known("gsslib", Some("PGGSSLIB"), Only(&["gssapi"], KERBEROS)),
    known("krbsrvname", Some("PGKRBSRVNAME"), Only(&["postgres"], KERBEROS)),
    known(
        "require_auth",
        Some("PGREQUIREAUTH"),
        Only(&[], "use channel_binding=require with sslmode=require: it lets only SCRAM in"),
    ),
    known(
        "requirepeer",
        Some("PGREQUIREPEER"),
        Only(&[], "use sslmode=verify-full, which checks the server"),
    ),
    known("client_encoding", Some("PGCLIENTENCODING"), Only(&["auto", "utf8", "unicode"], UTF8)),
    known("keepalives", None, OneOf(&["0", "1"])),
    known("keepalives_idle", None, Any),
    known("keepalives_interval", None, Any),
    known("keepalives_count", None, Any),
    known("tcp_user_timeout", None, Any),
    known("min_protocol_version", Some("PGMINPROTOCOLVERSION"), Only(&["3.0"], "use 3.0, which awgp speaks")),
    known(
        "max_protocol_version",
        Some("PGMAXPROTOCOLVERSION"),
        Only(&["3.0", "3.2", "latest"], "use 3.0, which awgp speaks"),
    ),
    known(
        "replication",
        None,
        Only(&["false", "off", "no", "0"], "leave it out: awgp opens no replication connection"),
    ),
    known("sslkeylogfile", None, Only(&[], "leave it out: awgp does not write the keys of TLS to a file")),
    known("scram_client_key", None, Only(&[], "give the password")),
    known("scram_server_key", None, Only(&[], "give the password")),
    known("oauth_issuer", None, Only(&[], OAUTH)),
    known("oauth_client_id", None, Only(&[], OAUTH)),
    known("oauth_client_secret", None, Only(&[], OAUTH)),
    known("oauth_scope", None, Only(&[], OAUTH)),
];

/// Variables that libpq turns into settings of the session.
pub const SESSION_VARIABLES: [(&str, &str); 3] =
    [("PGTZ", "TimeZone"), ("PGDATESTYLE", "DateStyle"), ("PGGEQO", "geqo")];

/// The keyword of this name.
pub fn named(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// Whether the value is a secret.
pub fn is_secret(name: &str) -> bool {
    matches!(
        name,
        "password" | "sslpassword" | "scram_client_key" | "scram_server_key" | "oauth_client_secret"
    )
}

impl Keyword {
    /// Refuses a value that cannot be had. An empty one asks for the default.
    pub fn check(&self, value: &str, origin: &Origin) -> Result<(), Failure> {
        let name = self.name;
        match self.values {
            _ if value.is_empty() => Ok(()),
            Any => Ok(()),
            OneOf(values) if values.contains(&value) => Ok(()),
            OneOf(values) => Err(bad_value(name, origin, &format!("use {}", values.join(", ")))),
            Only(values, _) if values.contains(&comparable(name, value).as_str()) => Ok(()),
            Only(_, hint) => {
                let message = format!("{name} of {origin} asks for what awgp cannot do");
                Err(Failure::new(Exit::BadArgument, message).hint(hint))
            }
        }
    }
}

/// An encoding has several spellings.
fn comparable(name: &str, value: &str) -> String {
    if name == "client_encoding" { value.to_lowercase().replace(['-', '_'], "") } else { value.to_owned() }
}

/// A value that is not valid.
pub fn bad_value(name: &str, origin: &Origin, hint: &str) -> Failure {
    Failure::new(Exit::BadArgument, format!("{name} of {origin} is not valid")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str) -> Result<(), Failure> {
        named(name).expect("a keyword").check(value, &Origin::Default)
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name_with_what_to_do_instead() {
        for (name, value) in [
            ("gssencmode", "require"),
            ("require_auth", "scram-sha-256"),
            ("requirepeer", "postgres"),
            ("client_encoding", "LATIN1"),
            ("ssl_max_protocol_version", "TLSv1.1"),
            ("sslcertmode", "require"),
            ("krbsrvname", "pg"),
            ("replication", "database"),
            ("min_protocol_version", "3.2"),
            ("sslpassword", "hunter2"),
        ] {
            let failure = check(name, value).expect_err(name);
            assert!(failure.message.contains(name) && failure.noted("hint").is_some(), "{failure:?}");
            assert!(!format!("{failure:?}").contains("hunter2"));
        }
    }

    #[test]
    fn a_value_that_asks_for_nothing_else_is_taken() {
        for (name, value) in [
            ("gssencmode", "prefer"),
            ("client_encoding", "UTF-8"),
            ("client_encoding", "unicode"),
            ("krbsrvname", "postgres"),
            ("sslcompression", "0"),
            ("require_auth", ""),
            ("max_protocol_version", "latest"),
        ] {
            assert_eq!(check(name, value), Ok(()), "{name}={value}");
        }
    }
}
