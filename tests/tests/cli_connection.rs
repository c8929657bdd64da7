//! The way to the server: found as libpq finds it, and told clearly when it is not there.

use awgp_tests::cli::{Outcome, awgp, percent_encoded};
use awgp_tests::{Database, Login, PASSWORD, server};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use tokio_postgres::config::Host;

/// Host and port of the server, which must be reached over TCP: sockets often ask for no password.
fn place() -> (String, String) {
    let config = server();
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        other => panic!("AWGP_SERVER_URL must name a TCP host, not {other:?}"),
    };
    (host, config.get_ports().first().copied().unwrap_or(5432).to_string())
}

#[track_caller]
fn unreachable(outcome: Outcome) -> String {
    let outcome = outcome.expect(10);
    assert_eq!(outcome.stdout, "");
    assert!(!outcome.hint().is_empty());
    outcome.stderr
}

#[tokio::test]
async fn the_pg_variables_lead_to_the_server() {
    let database = Database::new().await;
    let (host, port) = place();
    let variables = [
        ("PGHOST", host.as_str()),
        ("PGPORT", &port),
        ("PGUSER", "awgp_test_admin"),
        ("PGPASSWORD", PASSWORD),
        ("PGDATABASE", &database.name),
    ];
    awgp(&["doctor"], &variables).expect(0);
    // What a connection string leaves out comes from the variables; an empty one is none.
    awgp(&["doctor", "--database-url", "user=awgp_test_admin"], &variables).expect(0);
    awgp(&["doctor", "--database-url", ""], &variables).expect(0);
}

#[tokio::test]
async fn pgpass_gives_the_password_unless_others_can_read_it() {
    let database = Database::new().await;
    let (host, port) = place();
    let file = std::env::temp_dir().join(format!("{}.pgpass", database.name));
    let line = format!("{host}:{port}:{}:awgp_test_admin:{PASSWORD}", database.name);
    fs::write(&file, format!("# comment\n*:*:*:someone:no\n{line}\n")).expect("a file");
    let name = file.display().to_string();
    let variables = [
        ("PGHOST", host.as_str()),
        ("PGPORT", &port),
        ("PGUSER", "awgp_test_admin"),
        ("PGDATABASE", &database.name),
        ("PGPASSFILE", &name),
    ];
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
    let private = awgp(&["doctor"], &variables);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("permissions");
    let open = awgp(&["doctor"], &variables);
    fs::remove_file(&file).expect("removed");
    private.expect(0);
    assert!(open.expect(10).stderr.contains("chmod 600"));
}

#[tokio::test]
async fn a_missing_server_is_told_with_its_place() {
    // Port 1 of this machine belongs to no server.
    let url = "postgres://u:hunter2@127.0.0.1:1/d";
    let told = unreachable(awgp(&["doctor", "--database-url", url], &[]));
    assert!(told.contains("127.0.0.1:1") && !told.contains("hunter2"), "{told}");
    let told = unreachable(awgp(&["doctor"], &[("PGHOST", "/no/such/directory"), ("PGUSER", "u")]));
    assert!(told.contains("/no/such/directory/.s.PGSQL.5432"), "{told}");
}

#[tokio::test]
async fn a_wrong_or_missing_password_is_no_connection() {
    let database = Database::new().await;
    let (host, port) = place();
    let url = format!("postgres://awgp_test_app:hunter2@{host}:{port}/{}", database.name);
    let told = unreachable(awgp(&["doctor"], &[("DATABASE_URL", &url)]));
    assert!(!told.contains("hunter2"), "{told}");
    let url = format!("postgres://awgp_test_app@{host}:{port}/{}", database.name);
    let told = unreachable(awgp(&["doctor"], &[("DATABASE_URL", &url)]));
    assert!(told.contains("PGPASSWORD"), "{told}");
}

#[tokio::test]
async fn a_missing_database_is_no_connection() {
    let database = Database::new().await;
    let url = format!("{}_absent", database.url(Login::App));
    let told = unreachable(awgp(&["user", "list"], &[("DATABASE_URL", &url)]));
    assert!(told.contains("createdb"), "{told}");
}

#[tokio::test]
async fn tls_is_not_given_up_silently() {
    let database = Database::new().await;
    let with_mode = |mode: &str| {
        let url = format!("{}?sslmode={mode}", database.url(Login::Admin));
        awgp(&["doctor"], &[("DATABASE_URL", &url)])
    };
    with_mode("prefer").expect(0);
    let row = database.superuser().await.query_one("SHOW ssl", &[]).await.expect("a setting");
    if row.get::<_, String>(0) == "on" {
        with_mode("require").expect(0);
    } else {
        let told = unreachable(with_mode("require"));
        assert!(told.contains("sslmode"), "{told}");
    }
    assert!(with_mode("verify-full").expect(6).hint().contains("sslrootcert"));
    assert!(with_mode("sideways").expect(6).hint().contains("verify-full"));
}

/// In an error, in the help, as a misplaced argument, with an option misspelt: every way to provoke an echo.
fn provoked(url: &str, user: &str, port: &str) -> Vec<Outcome> {
    let in_variable = [("DATABASE_URL", url)];
    vec![
        awgp(&["user", "list"], &in_variable).expect(3),
        awgp(&["--help"], &in_variable).expect(0),
        awgp(&["help", "user", "list"], &in_variable).expect(0),
        awgp(&["doctor", url], &[]).expect(2),
        awgp(&["doctor", url, "--output", "json"], &[]).expect(2),
        awgp(&[&format!("--database-ulr={url}"), "doctor"], &[]).expect(2),
        awgp(&["--output", url, "doctor"], &[]).expect(2),
        awgp(&["doctor", "--database-url", &url.replace(user, "nobody")], &[]).expect(10),
        awgp(&["doctor", "--database-url", &url.replace(port, "1")], &[]).expect(10),
        awgp(&["doctor", "--database-url", &format!("{url}?nonsense=1 more")], &[]),
        awgp(&["version", "--database-url", &url.replace(port, "1")], &[]).expect(0),
        awgp(&["demo", "--scenario", url], &in_variable).expect(6),
    ]
}

#[tokio::test]
async fn a_password_may_hold_anything_and_is_never_printed() {
    let password = "hunter2 /'%@:\\?&#ü";
    let database = Database::new().await;
    let user = format!("{}_hard", database.name);
    let superuser = database.superuser().await;
    let literal = password.replace('\'', "''");
    let sql = format!("CREATE ROLE {user} LOGIN PASSWORD '{literal}' IN ROLE awgp_admin");
    superuser.batch_execute(&sql).await.expect("a login");
    let (host, port) = place();
    let encoded = percent_encoded(password);
    let escaped = password.replace('\\', "\\\\").replace('\'', "\\'");
    for url in [
        format!("postgres://{user}:{encoded}@{host}:{port}/{}", database.name),
        format!("host={host} port={port} user={user} dbname={} password='{escaped}'", database.name),
    ] {
        awgp(&["doctor"], &[("DATABASE_URL", &url)]).expect(0);
        for outcome in provoked(&url, &user, &port) {
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            for secret in [password, &encoded, &escaped, "hunter2", "?&#"] {
                assert!(!said.contains(secret), "{outcome:#?}");
            }
        }
    }
    superuser.batch_execute(&format!("DROP ROLE {user}")).await.expect("dropped");
}
