use super::*;
use crate::exit::Exit;

fn resolve(url: &str, env: &[(&str, &str)]) -> Result<Target, Failure> {
    let pairs: Vec<(String, String)> =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let look_up = move |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Target::resolve(Some(&DatabaseUrl::from(url)), &look_up)
}

fn target(url: &str, env: &[(&str, &str)]) -> Target {
    resolve(url, env).unwrap_or_else(|failure| panic!("{url}: {failure:?}"))
}

fn refused(url: &str, env: &[(&str, &str)]) -> Failure {
    let failure = resolve(url, env).err().unwrap_or_else(|| panic!("{url} {env:?} was understood"));
    assert_eq!(failure.exit, Exit::BadArgument, "{failure:?}");
    assert!(failure.noted("hint").is_some(), "{failure:?}");
    failure
}

fn password(target: &Target) -> Option<&str> {
    target.servers[0].password.as_deref()
}

#[test]
fn the_variables_fill_what_the_connection_string_leaves_out() {
    let env = [("PGHOST", "db.example"), ("PGPORT", "6000"), ("PGUSER", "ann"), ("PGPASSWORD", "s")];
    let target = target("dbname=awgp", &env);
    assert_eq!(target.place(), "db.example:6000");
    assert_eq!(target.config.get_user(), Some("ann"));
    assert_eq!(target.config.get_dbname(), Some("awgp"));
    assert_eq!(password(&target), Some("s"));
}

#[test]
fn the_connection_string_wins_over_the_variables() {
    let env = [("PGHOST", "x"), ("PGUSER", "ann"), ("PGPASSWORD", "s"), ("PGPORT", "7")];
    let target = target("postgres://bob:pw@h:1/d", &env);
    assert_eq!(target.place(), "h:1");
    assert_eq!(target.config.get_user(), Some("bob"));
    assert_eq!(password(&target), Some("pw"));
}

#[test]
fn a_socket_directory_is_a_host() {
    let target = target("", &[("PGHOST", "/run/pg"), ("PGPORT", "5433")]);
    assert_eq!(target.place(), "/run/pg/.s.PGSQL.5433");
    assert_eq!(target.over_loopback().expect("a socket").place(), "127.0.0.1:5433");
}

#[test]
fn a_malformed_connection_string_is_refused_without_a_word_of_it() {
    for url in [
        "postgres://u:hunter2",
        "postgres://u:hun@ter2@h/d",
        "password=a hunter2",
        "hunter2",
        "postgres://u:p@h/d?sslmode=hunter2",
        "postgres://u:p@h/d?password=hun&ter2=1",
        "host=h sslmode='hunter2",
        "host=h connect_timeout=hunter2",
        "host=h port=hunter2",
        "host=h hostaddr=hunter2",
        "host=h require_auth=hunter2",
    ] {
        let failure = refused(url, &[]);
        assert!(!format!("{failure:?}").contains("ter2"), "{failure:?}");
    }
}

#[test]
fn every_variable_of_libpq_is_in_force_or_refused_by_its_name() {
    for (variable, value) in [
        ("PGGSSENCMODE", "require"),
        ("PGREQUIREAUTH", "scram-sha-256"),
        ("PGREQUIREPEER", "postgres"),
        ("PGCLIENTENCODING", "LATIN1"),
        ("PGSSLMAXPROTOCOLVERSION", "TLSv1.1"),
        ("PGKRBSRVNAME", "pg"),
        ("PGSSLMODE", "sideways"),
        ("PGTARGETSESSIONATTRS", "fast"),
        ("PGLOADBALANCEHOSTS", "always"),
        ("PGCHANNELBINDING", "maybe"),
        ("PGPORT", "0"),
        ("PGCONNECT_TIMEOUT", "soon"),
        ("PGMINPROTOCOLVERSION", "3.2"),
    ] {
        let failure = refused("host=h", &[(variable, value)]);
        assert!(failure.message.contains(variable), "{failure:?}");
    }
    let env = [
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGAPPNAME", "report"),
        ("PGOPTIONS", "-c x=1"),
        ("PGTZ", "Europe/Berlin"),
        ("PGDATESTYLE", "ISO, DMY"),
        ("PGCONNECT_TIMEOUT", "0"),
        ("PGTARGETSESSIONATTRS", "standby"),
        ("PGLOADBALANCEHOSTS", "random"),
        ("PGCHANNELBINDING", "require"),
    ];
    let target = target("host=h", &env).with_application_name("demo");
    assert_eq!(target.servers[0].address, Some("192.0.2.1".parse().expect("an address")));
    assert_eq!(target.config.get_application_name(), Some("report"));
    assert_eq!(target.config.get_options(), Some("-c x=1 -c TimeZone=Europe/Berlin -c DateStyle=ISO,\\ DMY"));
    assert_eq!((target.timeout, target.kind, target.is_random), (None, SessionKind::Standby, true));
    assert_eq!(target.config.get_channel_binding(), ChannelBinding::Require);
}

#[test]
fn several_hosts_have_ports_and_addresses_of_their_own() {
    let places = |target: Target| target.servers.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(places(target("postgres://a:1,b,[::1]:3/d", &[])), ["a:1", "b:5432", "::1:3"]);
    assert_eq!(places(target("host=a,b port=7", &[])), ["a:7", "b:7"]);
    assert_eq!(places(target("host=a,/run/pg port=1,2", &[])), ["a:1", "/run/pg/.s.PGSQL.2"]);
    assert_eq!(places(target("hostaddr=192.0.2.1,192.0.2.2", &[])), ["192.0.2.1:5432", "192.0.2.2:5432"]);
    refused("host=a,b port=1,2,3", &[]);
    refused("host=a,b hostaddr=192.0.2.1", &[]);
    refused("host=@abstract", &[]);
}

#[test]
fn tls_modes_of_libpq_are_understood() {
    for mode in ["disable", "allow", "prefer", "require"] {
        target(&format!("postgres://u@h/d?sslmode={mode}"), &[]);
        target(&format!("host=h sslmode={mode}"), &[]);
        target("host=h", &[("PGSSLMODE", mode)]);
    }
    let failure = refused("host=h sslmode=verify-full", &[]);
    assert!(failure.noted("hint").is_some_and(|hint| hint.contains("sslrootcert")));
    refused("host=h sslrootcert=system sslmode=require", &[]);
    refused("host=h sslnegotiation=direct", &[]);
    refused("host=h sslmode=require ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2", &[]);
    let socket = target("host=/run/pg sslmode=require", &[]);
    assert_eq!(socket.tls.steps(true), [tokio_postgres::config::SslMode::Disable]);
}

#[test]
fn an_empty_value_asks_for_the_default_and_hides_the_variable() {
    let target = target("host=h port='' dbname=d", &[("PGPORT", "7")]);
    assert_eq!(target.place(), "h:5432");
    assert_eq!(options(&Settings::default()), None);
}
