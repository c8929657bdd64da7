//! From an error of the driver or the server to the message for the user.

use crate::connect::attempt::{Miss, Unreachable, innermost};
use crate::exit::Exit;
use crate::failure::Failure;
use serde_json::Value;
use tokio_postgres::error::DbError;
use tokio_postgres::{Client, Error};

/// The rule of a constraint or unique index, in the sentence of its COMMENT.
const CONSTRAINT_RULE: &str = "
    SELECT coalesce(
        (SELECT obj_description(c.oid, 'pg_constraint') FROM pg_catalog.pg_constraint c
          WHERE c.conrelid = r.oid AND c.conname = $3),
        (SELECT obj_description(i.oid, 'pg_class') FROM pg_catalog.pg_class i
          WHERE i.relnamespace = n.oid AND i.relname = $3))
    FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
    WHERE n.nspname = $1 AND r.relname = $2";

const EXTENSION_VERSION: &str = "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'awgp'";

/// Why a connection failed. Of the driver's text only the innermost cause is used, which is about addresses
/// and certificates, never about passwords.
pub fn connecting(error: &Unreachable) -> Failure {
    let Some((place, miss)) = error.misses.last() else {
        return Failure::new(Exit::NoConnection, "there is no server to connect to")
            .hint("name one with --database-url or PGHOST");
    };
    if let Miss::Driver(error) = miss
        && let Some(said) = error.as_db_error()
    {
        return refused(said);
    }
    let message = match error.misses.as_slice() {
        [_] => format!("cannot connect to the server at {place}: {}", cause(miss)),
        misses => {
            let all: Vec<String> =
                misses.iter().map(|(place, miss)| format!("{place}: {}", cause(miss))).collect();
            format!("cannot connect to any of {} servers: {}", misses.len(), all.join("; "))
        }
    };
    Failure::new(Exit::NoConnection, message).hint(hint(miss))
}

/// The server's own words.
fn refused(said: &DbError) -> Failure {
    let mut failure = of_server(said);
    let hint = match said.code().code() {
        "28P01" => "check the user and the password: --database-url, PGPASSWORD or ~/.pgpass",
        "28000" => "check the user, and what the server's pg_hba.conf requires (a password, TLS)",
        "3D000" => "create it with `createdb`, or name another with --database-url or PGDATABASE",
        _ => "wait until the server accepts connections, then try again",
    };
    if failure.exit == Exit::Unexpected {
        failure.exit = Exit::NoConnection;
    }
    if failure.noted("hint").is_some() { failure } else { failure.hint(hint) }
}

fn cause(miss: &Miss) -> String {
    match miss {
        Miss::Driver(error) => match (error.as_db_error(), innermost(error)) {
            (Some(said), _) => said.message().to_owned(),
            (None, cause) if cause.is_empty() => error.to_string(),
            (None, cause) => cause,
        },
        Miss::Unresolved(error) => error.to_string(),
        Miss::TimedOut(limit) => format!("no answer within {} seconds", limit.as_secs()),
        Miss::Unfit(why) => (*why).to_owned(),
    }
}

fn hint(miss: &Miss) -> &'static str {
    let cause = cause(miss);
    match miss {
        Miss::Unfit(_) => "name a server that fits target_session_attrs, or leave it out",
        Miss::Driver(_) if cause.contains("password missing") => {
            "give a password with PGPASSWORD or ~/.pgpass"
        }
        Miss::Driver(_) if cause.contains("unsupported authentication method") => {
            "the server asks for Kerberos or SSPI; let pg_hba.conf ask for scram-sha-256 or cert"
        }
        Miss::Driver(_) if cause.contains("channel binding") => {
            "use sslmode=require with channel_binding=require, or leave channel_binding out"
        }
        Miss::Driver(_) if cause.contains("certificate") || cause.to_lowercase().contains("tls") => {
            "check whether sslmode, sslrootcert, sslcert and sslkey fit the server"
        }
        Miss::TimedOut(_) => "check that the server can be reached, or set PGCONNECT_TIMEOUT to more seconds",
        _ => "check that the server runs and accepts connections there: --database-url, PGHOST and PGPORT",
    }
}

/// The meaning of a statement's error. Reads the catalog for a constraint's rule and for the extension.
pub async fn explain(client: &Client, error: &Error) -> Failure {
    let Some(said) = error.as_db_error() else {
        if error.is_closed() {
            return Failure::new(Exit::NoConnection, "the server closed the connection")
                .hint("look in the server's log, then try again");
        }
        return Failure::new(Exit::Unexpected, format!("{error}: {}", innermost(error)));
    };
    let failure = of_server(said);
    let failure = match failure.exit {
        Exit::NoExtension => without_extension(client, failure).await,
        Exit::Constraint if failure.noted("hint").is_none() => with_rule(client, said, failure).await,
        _ => failure,
    };
    if failure.noted("hint").is_some() {
        return failure;
    }
    match usual_hint(said.code().code(), said.message()) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The server's own words: message, reason and facts of DETAIL, hint.
fn of_server(said: &DbError) -> Failure {
    let sqlstate = said.code().code();
    let mut exit = Exit::of_sqlstate(sqlstate);
    // CREATE EXTENSION has two errors for a missing control file or library.
    if sqlstate == "58P01" || (sqlstate == "0A000" && said.message().contains("awgp")) {
        exit = Exit::NoExtension;
    }
    let mut failure = Failure::new(exit, said.message());
    match said.detail().map(|detail| (detail, serde_json::from_str::<Value>(detail))) {
        Some((detail, Ok(Value::Object(facts)))) => {
            if let Some(Value::String(reason)) = facts.get("reason") {
                failure = failure.note("reason", reason);
            }
            if facts.len() > 1 {
                failure = failure.note("detail", detail);
            }
        }
        // "Failing row contains (…)" adds nothing to the constraint's rule.
        Some(_) if matches!(sqlstate, "23514" | "23502") => {}
        Some((detail, _)) => failure = failure.note("detail", detail),
        None => {}
    }
    if let Some(constraint) = said.constraint() {
        failure = failure.note("constraint", constraint);
    }
    if let Some(hint) = said.hint() {
        failure = failure.hint(hint);
    }
    failure.note("sqlstate", sqlstate)
}

async fn with_rule(client: &Client, said: &DbError, failure: Failure) -> Failure {
    let (Some(schema), Some(table), Some(constraint)) = (said.schema(), said.table(), said.constraint())
    else {
        return failure;
    };
    let row = client.query_opt(CONSTRAINT_RULE, &[&schema, &table, &constraint]).await;
    match row.ok().flatten().and_then(|row| row.get::<_, Option<String>>(0)) {
        Some(rule) => failure.hint(rule),
        None => failure,
    }
}

/// An object of schema awgp is missing, or the extension, or its files: finds out which.
async fn without_extension(client: &Client, failure: Failure) -> Failure {
    let sqlstate = failure.noted("sqlstate").unwrap_or_default().to_owned();
    let about = |message: String| Failure::new(Exit::NoExtension, message).note("sqlstate", sqlstate.clone());
    if matches!(sqlstate.as_str(), "58P01" | "0A000") {
        return about("the files of the extension awgp are not installed on this server".to_owned())
            .note("detail", failure.message)
            .hint("install the package for the server's PostgreSQL version (`make package` builds it), then run `awgp init`");
    }
    match client.query_opt(EXTENSION_VERSION, &[]).await {
        Ok(None) => about("the extension awgp is not installed in this database".to_owned())
            .hint("run `awgp init` as a superuser, or name another database with --database-url"),
        Ok(Some(row)) => {
            let server: String = row.get(0);
            let client = env!("CARGO_PKG_VERSION");
            about(format!(
                "the extension awgp {server} in this database does not fit this client, version {client}"
            ))
            .note("detail", failure.message)
            .hint("run `ALTER EXTENSION awgp UPDATE` as a superuser, or use the client of that version")
        }
        Err(_) => failure,
    }
}

/// The next thing to do where the server gave no hint.
fn usual_hint(sqlstate: &str, message: &str) -> Option<&'static str> {
    Some(match sqlstate {
        "22P02" if message.contains("json") => {
            "put names and texts in double quotes, and remove comments and trailing commas"
        }
        "22P05" => {
            "remove what PostgreSQL's text cannot contain from the JSON: \\u0000, or half of a surrogate pair"
        }
        "42501" => {
            "log in as a member of the role that may: awgp_app for a tenant's work, awgp_admin for tenants and \
             holds, awgp_maintainer for months, awgp_auditor for the trail, awgp_notifier for notices"
        }
        "22P02" | "22007" | "22008" | "22003" => {
            "write a uuid as 32 hexadecimal digits in groups of 8-4-4-4-12, a number as digits with a point, \
             a time as 2026-03-31T17:00:00Z"
        }
        "40001" | "40P01" | "55P03" => "nothing was changed; run the command again",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_whose_errors_may_come_without_a_hint_has_one() {
        for sqlstate in ["42501", "22P02", "22P05", "22007", "40001", "40P01"] {
            assert!(usual_hint(sqlstate, "").is_some(), "{sqlstate}");
        }
        assert_ne!(usual_hint("22P02", "invalid input syntax for type json"), usual_hint("22P02", ""));
        assert_eq!(usual_hint("XX000", ""), None);
    }
}
