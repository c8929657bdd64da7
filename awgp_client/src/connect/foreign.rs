//! Parameters that others put into a connection URL: Prisma, SQLAlchemy and its drivers, node-postgres, Go,
//! Rails, Django, JDBC. What has a meaning here is translated, what is about their own pools and caches is
//! ignored by its name, and what asks for something that is not here is refused.

use super::url::Dialect;

/// What a parameter means here.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A keyword of libpq.
    Keyword(&'static str, String),
    /// Nothing: it is the named program's own.
    Ignored(&'static str),
    /// It asks for something that awgp does not have; what to do instead.
    Refused(&'static str),
    /// Nobody knows it.
    Unknown,
}

const ASYNCPG: &str = "asyncpg";
const GO: &str = "Go";
const JDBC: &str = "JDBC";
const NODE: &str = "node-postgres";
const PRISMA: &str = "Prisma";
const RAILS: &str = "Rails";

/// Parameters that are about the program's own pool, cache, types or schema: the program, and their names.
const IGNORED: &[(&str, &str)] = &[
    (
        PRISMA,
        "schema connection_limit pool_timeout pgbouncer socket_timeout statement_cache_size \
         single_use_connections max_connection_lifetime max_idle_connection_lifetime",
    ),
    (
        ASYNCPG,
        "prepared_statement_cache_size prepared_statement_name_func async_fallback \
         command_timeout max_cached_statement_lifetime max_cacheable_statement_size \
         json_serializer json_deserializer",
    ),
    ("SQLAlchemy", "plugin executemany_mode prepare_threshold"),
    ("sqlx", "statement-cache-capacity"),
    (
        NODE,
        "uselibpqcompat max min idleTimeoutMillis connectionTimeoutMillis allowExitOnIdle \
         query_timeout statement_timeout lock_timeout idle_in_transaction_session_timeout \
         keepAlive keepAliveInitialDelayMillis",
    ),
    ("Supabase", "supa workaround"),
    (
        GO,
        "binary_parameters disable_prepared_binary_result search_path pool_max_conns \
         pool_min_conns pool_min_idle_conns pool_max_conn_lifetime pool_max_conn_lifetime_jitter \
         pool_max_conn_idle_time pool_health_check_period default_query_exec_mode \
         statement_cache_capacity description_cache_capacity statement_cache_mode",
    ),
    (
        RAILS,
        "pool checkout_timeout reaping_frequency idle_timeout prepared_statements statement_limit \
         encoding min_messages schema_search_path advisory_locks timeout reconnect",
    ),
    ("Django", "conn_max_age conn_health_checks disable_server_side_cursors"),
    (
        JDBC,
        "adaptiveFetch adaptiveFetchMaximum adaptiveFetchMinimum allowEncodingChanges \
         assumeMinServerVersion autosave binaryTransfer binaryTransferDisable \
         binaryTransferEnable cancelSignalTimeout cleanupSavepoints convertBooleanToNumeric \
         currentSchema databaseMetadataCacheFields databaseMetadataCacheFieldsMiB \
         defaultRowFetchSize disableColumnSanitiser escapeSyntaxCallMode groupStartupParameters \
         gssResponseTimeout hideUnprivilegedObjects hostRecheckSeconds logServerErrorDetail \
         logUnclosedConnections loggerFile loggerLevel maxResultBuffer maxSendBufferSize \
         pemKeyAlgorithm preferQueryMode preparedStatementCacheQueries \
         preparedStatementCacheSizeMiB prepareThreshold protocolVersion queryTimeout \
         quoteReturningIdentifiers reWriteBatchedInserts readOnly readOnlyMode receiveBufferSize \
         sendBufferSize socketTimeout sslResponseTimeout stringtype tcpNoDelay unknownLength \
         useSpnego xmlFactoryFactory",
    ),
];

/// Parameters that ask for something that awgp does not have.
const REFUSED: &[(&str, &str)] = &[
    ("sslidentity", "give the certificate as PEM: sslcert=FILE and sslkey=FILE"),
    (
        "sslfactory",
        "use sslmode: require accepts any certificate, verify-full checks it; sslrootcert=system takes the system's roots",
    ),
    ("sslhostnameverifier", "use sslmode: verify-ca leaves the name of the host unchecked"),
    ("sslpasswordcallback", "decrypt the key: openssl pkey -in KEY -out DECRYPTED, chmod 600"),
    ("unix_sock", "use host=DIRECTORY, the folder of the socket"),
    ("sslinline", "give the certificates as files: sslcert, sslkey, sslrootcert"),
    ("socketFactory", "leave it out, and give a host and a port that can be reached"),
    ("socketFactoryArg", "leave it out, and give a host and a port that can be reached"),
    ("localSocketAddress", "leave it out"),
    ("authenticationPluginClassName", "give the password with PGPASSWORD or ~/.pgpass"),
    (
        "kerberosServerName",
        "awgp does not log in with Kerberos (GSSAPI); use a password or a client certificate",
    ),
    ("jaasLogin", "awgp does not log in with Kerberos (GSSAPI); use a password or a client certificate"),
    (
        "jaasApplicationName",
        "awgp does not log in with Kerberos (GSSAPI); use a password or a client certificate",
    ),
    ("sspiServiceClass", "awgp does not log in with SSPI; use a password or a client certificate"),
    ("server_settings", "use options=-c%20NAME=VALUE"),
];

/// The same keyword under another name.
const RENAMED: &[(&str, &str)] = &[
    ("ApplicationName", "application_name"),
    ("loginTimeout", "connect_timeout"),
    ("connectTimeout", "connect_timeout"),
    ("sslNegotiation", "sslnegotiation"),
    ("gssEncMode", "gssencmode"),
    ("channelBinding", "channel_binding"),
    ("ssl-mode", "sslmode"),
    ("ssl-root-cert", "sslrootcert"),
    ("ssl-ca", "sslrootcert"),
    ("ssl-cert", "sslcert"),
    ("ssl-key", "sslkey"),
    ("database", "dbname"),
];

/// Whether Prisma has written a URL with this parameter.
pub fn is_of_prisma(name: &str) -> bool {
    name == "sslaccept" || IGNORED[0].1.split_whitespace().any(|known| known == name)
}

/// The meaning of a parameter that is no keyword of libpq, or has another meaning elsewhere.
pub fn meaning(name: &str, value: &str, dialect: Dialect) -> Meaning {
    if let Some(translated) = translated(name, value, dialect) {
        return translated;
    }
    if let Some((_, keyword)) = RENAMED.iter().find(|(other, _)| *other == name) {
        return Meaning::Keyword(keyword, value.to_owned());
    }
    if let Some((_, hint)) = REFUSED.iter().find(|(other, _)| *other == name) {
        return Meaning::Refused(hint);
    }
    match IGNORED.iter().find(|(_, names)| names.split_whitespace().any(|known| known == name)) {
        Some((whose, _)) => Meaning::Ignored(whose),
        None => Meaning::Unknown,
    }
}

/// Parameters whose values are others than libpq's.
fn translated(name: &str, value: &str, dialect: Dialect) -> Option<Meaning> {
    let keyword = |name, value: &str| Some(Meaning::Keyword(name, value.to_owned()));
    match (name, value) {
        ("ssl", "true" | "1" | "") if dialect == Dialect::Jdbc => keyword("sslmode", "verify-full"),
        // node-postgres: no-verify encrypts and checks nothing.
        ("sslmode" | "ssl", "no-verify") | ("ssl", "true" | "1") => keyword("sslmode", "require"),
        ("ssl", "false" | "0") if dialect == Dialect::Jdbc => keyword("sslmode", "prefer"),
        ("ssl", "false" | "0") => keyword("sslmode", "disable"),
        // asyncpg: the name of a mode.
        ("ssl", mode) => keyword("sslmode", mode),
        // Prisma: the certificate is checked with the system's roots, beside those given.
        ("sslaccept", "strict") => keyword("sslmode", "verify-full"),
        ("sslaccept", "accept_invalid_certs") => Some(Meaning::Ignored(PRISMA)),
        ("sslaccept", _) => Some(Meaning::Refused("use sslaccept=strict or sslmode=verify-full")),
        ("targetServerType", kind) => match kind {
            "any" => keyword("target_session_attrs", "any"),
            "primary" | "master" => keyword("target_session_attrs", "primary"),
            "secondary" | "slave" => keyword("target_session_attrs", "standby"),
            "preferSecondary" | "preferSlave" => keyword("target_session_attrs", "prefer-standby"),
            _ => Some(Meaning::Refused(
                "use target_session_attrs: primary, standby, prefer-standby, read-write",
            )),
        },
        ("loadBalanceHosts", "true") => keyword("load_balance_hosts", "random"),
        ("loadBalanceHosts", _) => keyword("load_balance_hosts", "disable"),
        ("tcpKeepAlive", "true") => keyword("keepalives", "1"),
        ("tcpKeepAlive", _) => keyword("keepalives", "0"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::keyword;

    #[test]
    fn parameters_of_pools_and_caches_are_ignored_with_the_name_of_their_owner() {
        for (name, whose) in [
            ("schema", PRISMA),
            ("pgbouncer", PRISMA),
            ("connection_limit", PRISMA),
            ("pool_timeout", PRISMA),
            ("prepared_statement_cache_size", ASYNCPG),
            ("currentSchema", JDBC),
            ("pool_max_conns", GO),
            ("pool", RAILS),
        ] {
            assert_eq!(meaning(name, "1", Dialect::Libpq), Meaning::Ignored(whose), "{name}");
        }
        assert_eq!(meaning("nonsense", "1", Dialect::Libpq), Meaning::Unknown);
    }

    #[test]
    fn what_asks_for_protection_is_not_ignored() {
        let is = |name, value, dialect, mode: &str| {
            let expected = Meaning::Keyword("sslmode", mode.to_owned());
            assert_eq!(meaning(name, value, dialect), expected, "{name}={value}");
        };
        is("sslaccept", "strict", Dialect::Libpq, "verify-full");
        is("ssl", "true", Dialect::Jdbc, "verify-full");
        is("ssl", "true", Dialect::Libpq, "require");
        is("ssl", "verify-full", Dialect::SqlAlchemy, "verify-full");
        is("sslmode", "no-verify", Dialect::Libpq, "require");
        assert!(matches!(meaning("sslidentity", "f.p12", Dialect::Libpq), Meaning::Refused(_)));
        assert!(matches!(meaning("targetServerType", "preferPrimary", Dialect::Jdbc), Meaning::Refused(_)));
    }

    #[test]
    fn what_is_translated_is_a_keyword_and_what_is_ignored_is_none() {
        for (_, keyword) in RENAMED {
            assert!(keyword::named(keyword).is_some(), "{keyword}");
        }
        for (_, names) in IGNORED {
            assert!(names.split_whitespace().all(|name| keyword::named(name).is_none()), "{names:?}");
        }
    }
}
