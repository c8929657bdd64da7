//! Connections as people have them: services, profiles, several hosts, URLs of other programs, a password
//! typed on a terminal; and `awgp config`, which says what is in force.

use awgp_tests::cli::{self, Outcome, awgp};
use awgp_tests::command::Folder;
use awgp_tests::own_server::is_inside;
use awgp_tests::standby::{catch_up, url};
use awgp_tests::{Database, Login, PASSWORD, fixture, server};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use tokio_postgres::config::Host;

/// Host and port of the server.
fn place() -> (String, String) {
    let config = server();
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        other => panic!("AWGP_SERVER_URL must name a TCP host, not {other:?}"),
    };
    (host, config.get_ports().first().copied().unwrap_or(5432).to_string())
}

/// A private file in the folder.
fn write(folder: &Folder, name: &str, text: &str) -> String {
    let path = folder.file(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
    path
}

/// What is listed under `key`, as `awgp config` prints it.
fn setting(outcome: &Outcome, key: &str) -> (String, String) {
    let lines = outcome.json();
    let line = lines.as_array().and_then(|lines| lines.iter().find(|line| line["setting"] == key));
    let line = line.unwrap_or_else(|| panic!("{key}: {lines}"));
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    (text("value"), text("from"))
}

#[tokio::test]
async fn a_service_leads_to_its_server_by_name_variable_and_file() {
    let database = Database::new().await;
    let folder = Folder::new(&database);
    let (host, port) = place();
    let service = format!(
        "[elsewhere]\nhost=127.0.0.1\nport=1\n\n[here]\nhost={host}\nport={port}\ndbname={}\nuser=awgp_test_admin\npassword={PASSWORD}\n",
        database.name
    );
    let file = write(&folder, "pg_service.conf", &service);
    let home = folder.file("");
    write(&folder, ".pg_service.conf", &service);
    let by_file = [("PGSERVICEFILE", file.as_str()), ("PGSERVICE", "here")];
    awgp(&["tenant", "list"], &by_file).expect(0);
    awgp(&["tenant", "list"], &[("HOME", &home), ("PGSERVICE", "here")]).expect(0);
    awgp(&["tenant", "list"], &[("PGSYSCONFDIR", &home), ("PGSERVICE", "here")]).expect(0);
    for url in ["service=here", "postgres:///?service=here", "postgresql://awgp_test_admin@/?service=here"] {
        // The connection string's wins over the variable's, and both win over other variables.
        let variables =
            [("PGSERVICEFILE", file.as_str()), ("PGSERVICE", "elsewhere"), ("PGHOST", "/nowhere")];
        awgp(&["tenant", "list", "--database-url", url], &variables).expect(0);
    }
    let other = awgp(&["tenant", "list"], &[("PGSERVICEFILE", &file), ("PGSERVICE", "elsewhere")]);
    assert!(other.expect(10).stderr.contains("127.0.0.1:1"));
    let absent = awgp(&["tenant", "list"], &[("PGSERVICEFILE", &file), ("PGSERVICE", "nowhere")]);
    assert!(absent.expect(6).stderr.contains("nowhere"));
    let no_file = awgp(&["tenant", "list"], &[("PGSERVICEFILE", "/no/such/file"), ("PGSERVICE", "here")]);
    assert!(no_file.expect(6).stderr.contains("/no/such/file"));
    // Others may read it: it is used, as in psql, and said.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("permissions");
    assert!(awgp(&["tenant", "list"], &by_file).expect(0).stderr.contains("warning: "));
}

#[tokio::test]
async fn variables_that_ask_for_what_cannot_be_done_are_named() {
    for (variable, value) in [
        ("PGGSSENCMODE", "require"),
        ("PGREQUIREAUTH", "scram-sha-256"),
        ("PGREQUIREPEER", "postgres"),
        ("PGCLIENTENCODING", "LATIN1"),
        ("PGSSLMODE", "sideways"),
        ("PGTARGETSESSIONATTRS", "fast"),
    ] {
        let outcome = awgp(&["tenant", "list"], &[(variable, value)]).expect(6);
        assert!(!outcome.hint().is_empty() && outcome.stderr.contains(variable), "{outcome:#?}");
    }
}

#[tokio::test]
async fn variables_of_the_session_are_in_force() {
    let database = Database::new().await;
    let create = ["tenant", "create", "K", "--slug", "k", "--type", "holding", "--output", "json"];
    let url = database.url(Login::Admin);
    let variables = [("DATABASE_URL", url.as_str()), ("PGTZ", "Asia/Kolkata"), ("PGDATESTYLE", "SQL, DMY")];
    let row = awgp(&create, &variables).expect(0).json();
    assert!(row["created_at"].as_str().is_some_and(|at| at.ends_with("+05:30")), "{row}");
    let unknown = [("DATABASE_URL", url.as_str()), ("PGTZ", "Nowhere/Land")];
    awgp(&create, &unknown).expect(6);
}

#[tokio::test]
async fn urls_of_other_programs_lead_to_the_server() {
    let database = Database::new().await;
    let (host, port) = place();
    let (name, user) = (&database.name, "awgp_test_admin");
    for (url, ignored) in [
        (
            format!(
                "postgresql://{user}:{PASSWORD}@{host}:{port}/{name}?schema=public&pgbouncer=true&connection_limit=1&pool_timeout=5&sslaccept=accept_invalid_certs"
            ),
            "pgbouncer",
        ),
        (format!("postgresql+psycopg://{user}:{PASSWORD}@{host}:{port}/{name}?plugin=x"), "plugin"),
        (
            format!(
                "postgresql+asyncpg://{user}:{PASSWORD}@/{name}?host={host}:{port}&prepared_statement_cache_size=0&ssl=prefer"
            ),
            "prepared_statement_cache_size",
        ),
        (
            format!(
                "jdbc:postgresql://{host}:{port}/{name}?user={user}&password={PASSWORD}&currentSchema=x&targetServerType=primary"
            ),
            "currentSchema",
        ),
    ] {
        let variables = [("DATABASE_URL", url.as_str())];
        let quiet = awgp(&["tenant", "list"], &variables).expect(0);
        assert_eq!(quiet.stderr, "", "{url}");
        let verbose = awgp(&["tenant", "list", "--verbose"], &variables).expect(0);
        assert!(verbose.stderr.contains(ignored) && !verbose.stderr.contains(PASSWORD), "{verbose:#?}");
        let (value, from) = setting(&awgp(&["config", "--output", "json"], &variables).expect(0), ignored);
        assert!(value.starts_with("ignored") && from == "DATABASE_URL", "{value} {from}");
    }
    let url = format!("{}?nonsense=1", database.url(Login::Admin));
    let unknown = awgp(&["tenant", "list"], &[("DATABASE_URL", &url)]).expect(6);
    assert!(unknown.stderr.contains("nonsense") && !unknown.stderr.contains(PASSWORD), "{unknown:#?}");
}

#[tokio::test]
async fn of_several_hosts_the_first_that_answers_is_used() {
    let database = Database::new().await;
    let (host, port) = place();
    let login = format!("awgp_test_admin:{PASSWORD}");
    // Port 1 of this machine belongs to no server.
    let url = format!("postgres://{login}@127.0.0.1:1,{host}:{port}/{}", database.name);
    awgp(&["tenant", "list"], &[("DATABASE_URL", &url)]).expect(0);
    awgp(&["tenant", "list"], &[("DATABASE_URL", &format!("{url}?load_balance_hosts=random"))]).expect(0);
    let ports = format!("1,{port}");
    let variables = [
        ("PGHOSTADDR", "127.0.0.1,127.0.0.1"),
        ("PGHOST", "a.invalid,b.invalid"),
        ("PGPORT", &ports),
        ("PGUSER", "awgp_test_admin"),
        ("PGPASSWORD", PASSWORD),
        ("PGDATABASE", &database.name),
    ];
    awgp(&["tenant", "list"], &variables).expect(0);
    let neither = format!("postgres://{login}@127.0.0.1:1,127.0.0.1:2/{}", database.name);
    let outcome = awgp(&["tenant", "list"], &[("DATABASE_URL", &neither)]).expect(10);
    assert!(outcome.stderr.contains("127.0.0.1:1") && outcome.stderr.contains("127.0.0.1:2"), "{outcome:#?}");
    // A server that refuses the login ends the search, as in psql: it has answered.
    let wrong = format!("postgres://awgp_test_admin:no@{host}:{port},127.0.0.1:1/{}", database.name);
    let outcome = awgp(&["tenant", "list"], &[("DATABASE_URL", &wrong)]).expect(10);
    assert!(!outcome.stderr.contains("127.0.0.1:1"), "{outcome:#?}");
}

#[tokio::test]
async fn a_session_that_cannot_do_what_is_asked_for_is_not_used() {
    let database = Database::new().await;
    let url = database.url(Login::Admin);
    let with = |attributes: &str| {
        awgp(&["tenant", "list"], &[("DATABASE_URL", &url), ("PGTARGETSESSIONATTRS", attributes)])
    };
    for fits in ["any", "read-write", "primary", "prefer-standby"] {
        with(fits).expect(0);
    }
    for unfit in ["read-only", "standby"] {
        assert!(with(unfit).expect(10).hint().contains("target_session_attrs"));
    }
    let sql = format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name);
    database.superuser().await.batch_execute(&sql).await.expect("set up");
    with("read-only").expect(0);
    with("primary").expect(0);
    with("read-write").expect(10);
}

#[tokio::test]
async fn a_profile_has_connection_tenant_and_user_and_is_written_by_the_command() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let folder = Folder::new(&database);
    let home = folder.file("");
    let config = [("XDG_CONFIG_HOME", home.as_str())];
    let url = database.url(Login::App);
    let save = [
        "config",
        "save",
        "prod",
        "--database-url",
        &url,
        "--tenant",
        "north",
        "--user",
        "admin@north.example",
    ];
    awgp(&[&save[..], &["--set", "connect_timeout=5"]].concat(), &config).expect(0);
    let file = folder.file("awgp/config.toml");
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let users = awgp(&["user", "list", "--profile", "prod", "--output", "json"], &config).expect(0).json();
    assert_eq!(users.as_array().map(Vec::len), Some(5));
    let variable = [config[0], ("AWGP_PROFILE", "prod")];
    awgp(&["user", "list"], &variable).expect(0);
    // An option wins over the profile, and the profile of an option over variables.
    let south =
        awgp(&["config", "--profile", "prod", "--tenant", "south", "--output", "json"], &config).expect(0);
    assert_eq!(setting(&south, "--tenant"), ("south".to_owned(), "--tenant".to_owned()));
    assert_eq!(setting(&south, "connect_timeout"), ("5".to_owned(), "profile prod".to_owned()));
    assert_eq!(setting(&south, "password").0, "***");
    let other = [config[0], ("DATABASE_URL", "postgres://u@127.0.0.1:1/d")];
    awgp(&["user", "list", "--profile", "prod"], &other).expect(0);
    // Both named by variables: the single one is nearer, and it is said.
    let both = [&other[..], &[("AWGP_PROFILE", "prod")]].concat();
    assert!(awgp(&["user", "list"], &both).expect(10).stderr.contains("warning: DATABASE_URL"));
    // Others may read the file: its password is not taken.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("permissions");
    let open = awgp(&["user", "list", "--profile", "prod"], &config).expect(6);
    assert!(open.hint().contains("chmod 600") && !open.stderr.contains(PASSWORD), "{open:#?}");
    let listed = awgp(&["config", "profiles", "--output", "json"], &config).expect(0);
    assert!(listed.json()[0]["problem"].is_string() && !listed.stdout.contains(PASSWORD), "{listed:#?}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
    let listed = awgp(&["config", "profiles", "--output", "json"], &config).expect(0);
    assert!(listed.json()[0]["problem"].is_null() && !listed.stdout.contains(PASSWORD), "{listed:#?}");
    awgp(&["config", "remove", "prod"], &config).expect(0);
    assert_eq!(
        awgp(&["config", "profiles", "--output", "json"], &config).expect(0).json(),
        Value::Array(vec![])
    );
    assert!(awgp(&["user", "list", "--profile", "prod"], &config).expect(6).hint().contains("config save"));
}

#[tokio::test]
async fn config_says_what_is_in_force_and_connects_to_nothing() {
    let folder_of = Database::new().await;
    let folder = Folder::new(&folder_of);
    let home = folder.file("");
    let variables = [
        ("HOME", home.as_str()),
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", "1"),
        ("PGPASSWORD", "hunter2"),
        ("AWGP_TENANT", "north"),
        ("AWGP_TOKEN", "a.b.c"),
    ];
    let shown = awgp(&["config", "show", "--output", "json"], &variables).expect(0);
    for (name, value, from) in [
        ("host", "127.0.0.1", "PGHOST"),
        ("port", "1", "PGPORT"),
        ("password", "***", "PGPASSWORD"),
        ("sslmode", "prefer", "default"),
        ("--tenant", "north", "AWGP_TENANT"),
        ("access token", "***", "AWGP_TOKEN"),
    ] {
        assert_eq!(setting(&shown, name), (value.to_owned(), from.to_owned()), "{name}");
    }
    let people = awgp(&["config"], &variables).expect(0);
    assert_eq!(people.stderr, "");
    let open = folder.file("open.pgpass");
    fs::write(&open, "*:*:*:*:hunter2").expect("a file");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).expect("permissions");
    let unsafely = awgp(&["config"], &[("HOME", home.as_str()), ("PGPASSFILE", &open)]).expect(0);
    assert!(unsafely.stderr.contains("chmod 600") && !unsafely.stdout.contains("***"), "{unsafely:#?}");
    assert!(!format!("{people:?}{shown:?}").contains("hunter2"));
    let paths = awgp(&["config", "paths", "--output", "json"], &variables).expect(0).json();
    let path = |has: &str| {
        let line = paths.as_array().and_then(|lines| lines.iter().find(|line| line["has"] == has));
        line.and_then(|line| line["path"].as_str()).unwrap_or_else(|| panic!("{has}: {paths}")).to_owned()
    };
    assert!(path("profiles").ends_with(".config/awgp/config.toml") && path("passwords").ends_with(".pgpass"));
    for wrong in [
        &["config", "save", "x"] as &[&str],
        &["config", "save", "x", "--set", "nonsense=1"],
        &["config", "save", "x", "--set", "user=ann"],
    ] {
        awgp(wrong, &variables).expect(2);
    }
    for wrong in [
        &["config", "save", "x y", "--tenant", "north"] as &[&str],
        &["config", "save", "x", "--set", "gssencmode=require"],
        &["config", "save", "x", "--database-url", "postgres://h/d?nonsense=1"],
    ] {
        awgp(wrong, &variables).expect(6);
    }
}

/// How `awgp` ends on a terminal where a question for a password gets this answer, and what is shown.
fn at_terminal(answer: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let Outcome { code, stdout, .. } = cli::at_terminal(answer, arguments, variables);
    (code, stdout)
}

const QUESTION: &str = "Password for user awgp_test_admin: ";

#[tokio::test]
async fn on_a_terminal_the_password_is_asked_for_and_never_shown() {
    let database = Database::new().await;
    let (host, port) = place();
    let url = format!("postgres://awgp_test_admin@{host}:{port}/{}", database.name);
    let bare = [("DATABASE_URL", url.as_str())];
    let (code, shown) = at_terminal(PASSWORD, &["tenant", "list"], &bare);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains(QUESTION) && !shown.contains(PASSWORD), "{shown}");
    // A wrong one is refused, without a second question.
    let (code, shown) = at_terminal("wrong", &["tenant", "list"], &bare);
    assert_eq!((code, shown.matches(QUESTION).count()), (10, 1), "{shown}");
    // Never; and where one is known, not without reason.
    let (code, shown) = at_terminal(PASSWORD, &["tenant", "list", "-w"], &bare);
    assert!(code == 10 && !shown.contains(QUESTION), "{shown}");
    let known = [bare[0], ("PGPASSWORD", PASSWORD)];
    let (code, shown) = at_terminal("wrong", &["tenant", "list"], &known);
    assert!(code == 0 && !shown.contains(QUESTION), "{shown}");
    // Always: the answer counts, not what is known.
    let (code, shown) = at_terminal("wrong", &["tenant", "list", "-W"], &known);
    assert!(code == 10 && shown.contains(QUESTION), "{shown}");
    let (code, _) = at_terminal(PASSWORD, &["tenant", "list", "--password"], &bare);
    assert_eq!(code, 0);
    // One answer is enough for all connections of a command.
    let auditor = format!("postgres://awgp_test_auditor@{host}:{port}/{}", database.name);
    let (code, shown) =
        at_terminal(PASSWORD, &["audit", "verify", "--jobs", "2"], &[("DATABASE_URL", &auditor)]);
    assert_eq!((code, shown.matches("Password for user").count()), (0, 1), "{shown}");
}

#[tokio::test]
async fn without_a_terminal_nobody_is_asked_unless_it_is_wanted() {
    let database = Database::new().await;
    let (host, port) = place();
    let url = format!("postgres://awgp_test_admin@{host}:{port}/{}", database.name);
    let outcome = awgp(&["tenant", "list"], &[("DATABASE_URL", &url)]).expect(10);
    assert!(!outcome.stderr.contains("Password for user"), "{outcome:#?}");
    assert!(outcome.hint().contains("PGPASSWORD"));
    // Where it is wanted, the answer is a line of standard input. setsid: nor is there the terminal of the
    // one who runs the tests.
    let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN is not set; it names the binary `awgp`");
    for (answer, code) in [(PASSWORD, 0), ("wrong", 10)] {
        let mut shell = Command::new("sh");
        shell.args(["-c", "printf '%s\\n' \"$0\" | setsid -w \"$1\" tenant list -W", answer, &binary]);
        let outcome = shell.env("DATABASE_URL", &url).output().expect("sh runs");
        assert_eq!(outcome.status.code(), Some(code), "{outcome:?}");
        assert!(String::from_utf8_lossy(&outcome.stderr).contains(QUESTION), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_primary_and_standby_the_one_that_is_asked_for_is_used() {
    let name = "cli_connecting::of_primary_and_standby_the_one_that_is_asked_for_is_used";
    if !is_inside(name, &["--standby"]) {
        return;
    }
    let database = Database::new().await;
    catch_up(&database).await;
    let primary = database.url(Login::Admin);
    let standby = url(&database, Login::Admin);
    let port = |url: &str| {
        url.rsplit_once(':').and_then(|(_, rest)| rest.split_once('/')).expect("a port").0.to_owned()
    };
    let (first, second) = (format!(":{}/", port(&primary)), format!("127.0.0.1:{}/", port(&standby)));
    // Both orders.
    let orders = [
        primary.replacen(&first, &format!("{},{second}", first.trim_end_matches('/')), 1),
        standby.replacen(
            &format!(":{}/", port(&standby)),
            &format!(":{},127.0.0.1{first}", port(&standby)),
            1,
        ),
    ];
    for (number, url) in orders.iter().enumerate() {
        for (attributes, writes) in [
            ("primary", true),
            ("read-write", true),
            ("standby", false),
            ("read-only", false),
            ("prefer-standby", false),
        ] {
            let slug = format!("t{number}-{attributes}");
            let create = ["tenant", "create", "T", "--slug", &slug, "--type", "holding"];
            let variables = [("DATABASE_URL", url.as_str()), ("PGTARGETSESSIONATTRS", attributes)];
            let outcome = awgp(&create, &variables);
            assert_eq!(outcome.code, if writes { 0 } else { 4 }, "{attributes} {url}: {outcome:#?}");
        }
    }
    let both = format!("{primary}?target_session_attrs=standby");
    awgp(&["tenant", "list"], &[("DATABASE_URL", &both)]).expect(10);
    let preferred = format!("{primary}?target_session_attrs=prefer-standby");
    awgp(&["tenant", "list"], &[("DATABASE_URL", &preferred)]).expect(0);
}
