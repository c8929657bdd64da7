//! The harness of the tests that need a server.
//!
//! `AWGP_SERVER_URL` names a throw-away server, as its superuser; `scripts/scratch-server` starts one. The
//! superuser only makes databases and login roles: every test then connects as one of the ordinary roles,
//! because row-level security does not bind superusers and a test under one would prove nothing.
//!
//! A database a test, copied from a template that has the extension in it.

#![allow(clippy::missing_panics_doc, reason = "a harness panics where the test has failed")]

pub mod another_server;
pub mod approving;
pub mod asking;
pub mod browser;
pub mod catalog;
mod cleanup;
pub mod cli;
pub mod command;
pub mod console;
pub mod crash;
pub mod everything;
pub mod fixture;
pub mod hearing;
pub mod mcp;
pub mod mcp_serve;
pub mod openid;
pub mod own_server;
pub mod pages;
pub mod past;
pub mod pooler;
pub mod receivers;
pub mod rows;
pub mod seed;
pub mod speaking;
pub mod standby;
pub mod tampering;
pub mod tokens;
pub mod toolchain;
pub mod trail;
pub mod turn;
pub mod wire;
pub mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

/// Who connects. Each is a login role without any privilege but its membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// Member of awgp_app.
    App,
    /// Member of awgp_auditor.
    Auditor,
    /// Member of awgp_maintainer.
    Maintainer,
    /// Member of awgp_admin.
    Admin,
    /// Member of awgp_monitor.
    Monitor,
    /// Member of awgp_notifier.
    Notifier,
    /// Member of nothing.
    Nobody,
    /// The server's superuser: sets the scene, and plays the tampering DBA.
    Superuser,
}

impl Login {
    /// The ordinary roles.
    pub const ORDINARY: [Self; 7] = [
        Self::App,
        Self::Auditor,
        Self::Maintainer,
        Self::Admin,
        Self::Monitor,
        Self::Notifier,
        Self::Nobody,
    ];

    /// Name of the login role; none for the superuser, who is as the URL says.
    pub fn role(self) -> Option<&'static str> {
        match self {
            Self::App => Some("awgp_test_app"),
            Self::Auditor => Some("awgp_test_auditor"),
            Self::Maintainer => Some("awgp_test_maintainer"),
            Self::Admin => Some("awgp_test_admin"),
            Self::Monitor => Some("awgp_test_monitor"),
            Self::Notifier => Some("awgp_test_notifier"),
            Self::Nobody => Some("awgp_test_nobody"),
            Self::Superuser => None,
        }
    }

    /// The role it is a member of.
    pub fn group(self) -> Option<&'static str> {
        match self {
            Self::App => Some("awgp_app"),
            Self::Auditor => Some("awgp_auditor"),
            Self::Maintainer => Some("awgp_maintainer"),
            Self::Admin => Some("awgp_admin"),
            Self::Monitor => Some("awgp_monitor"),
            Self::Notifier => Some("awgp_notifier"),
            Self::Nobody | Self::Superuser => None,
        }
    }
}

/// Password of the ordinary login roles, on servers that ask for one.
pub const PASSWORD: &str = "awgp-test";

/// What the databases of tests are copied from: the partitions in it are those of its month.
pub fn template() -> String {
    format!("awgp_test_template_{}", past::month_ago(0).to_string().replace('-', "_"))
}

/// A database of one test's own.
pub struct Database {
    /// Its name on the server.
    pub name: String,
    /// The superuser's URL of another server than that of the tests.
    elsewhere: Option<String>,
    /// Drops it after the test.
    owned: Option<Arc<cleanup::Owned>>,
}

impl Database {
    /// A database with the extension in it.
    pub async fn new() -> Self {
        let name = Self::unused_name();
        let postgres = connect_to("postgres", Login::Superuser).await;
        let template = ensure_template(&postgres, &server()).await;
        create_database(&postgres, &name, Some(&template)).await;
        Self::made(name)
    }

    /// A database with the extension in it, on another server.
    pub async fn on(url: String) -> Self {
        let name = Self::unused_name();
        let server: Config = url.parse().expect("a connection URL");
        let postgres = connected(server.clone(), "postgres", Login::Superuser).await.expect("it answers");
        let template = ensure_template(&postgres, &server).await;
        create_database(&postgres, &name, Some(&template)).await;
        Self { name, elsewhere: Some(url), owned: None }
    }

    /// A database of the tests' server that the test has made: it is dropped when the test no longer has it.
    pub fn made(name: String) -> Self {
        let owned = cleanup::Owned::of(server(), &name);
        Self { name, elsewhere: None, owned }
    }

    /// A database of the tests' server that is somebody else's.
    pub fn named(name: String) -> Self {
        Self { name, elsewhere: None, owned: None }
    }

    /// The same database, for somebody else.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { name: self.name.clone(), elsewhere: self.elsewhere.clone(), owned: self.owned.clone() }
    }

    /// The server that it is on.
    fn server(&self) -> Config {
        match &self.elsewhere {
            Some(url) => url.parse().expect("a connection URL"),
            None => server(),
        }
    }

    /// A database with nothing in it.
    pub async fn empty() -> Self {
        let name = Self::unused_name();
        let postgres = connect_to("postgres", Login::Superuser).await;
        ensure_template(&postgres, &server()).await;
        create_database(&postgres, &name, None).await;
        Self::made(name)
    }

    /// A copy of another database, which nobody else may be connected to.
    pub async fn copied(original: &Self) -> Self {
        let name = Self::unused_name();
        let postgres = connect_to("postgres", Login::Superuser).await;
        create_database(&postgres, &name, Some(&original.name)).await;
        Self::made(name)
    }

    fn unused_name() -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        format!("awgp_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// A connection of its own.
    pub async fn connect(&self, login: Login) -> Client {
        self.try_connect(login).await.expect("the test server answers")
    }

    /// The same, for one that may be refused or ended before it has begun.
    pub async fn try_connect(&self, login: Login) -> Result<Client, tokio_postgres::Error> {
        connected(self.server(), &self.name, login).await
    }

    /// A connection that listens to a channel, and the payloads it hears.
    pub async fn listener(
        &self,
        login: Login,
        channel: &str,
    ) -> (Client, tokio::sync::mpsc::UnboundedReceiver<String>) {
        let mut config = self.server();
        config.dbname(&self.name);
        if let Some(role) = login.role() {
            config.user(role).password(PASSWORD);
        }
        let (client, mut connection) = config.connect(NoTls).await.expect("the test server answers");
        let (send, receive) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) =
                std::future::poll_fn(|context| connection.poll_message(context)).await
            {
                if let tokio_postgres::AsyncMessage::Notification(said) = message {
                    // The test may have heard enough.
                    let _ = send.send(said.payload().to_owned());
                }
            }
        });
        client.batch_execute(&format!("LISTEN {channel}")).await.expect("it listens");
        (client, receive)
    }

    /// A connection as the superuser.
    pub async fn superuser(&self) -> Client {
        self.connect(Login::Superuser).await
    }

    /// A connection as an application.
    pub async fn app(&self) -> Client {
        self.connect(Login::App).await
    }

    /// A connection as an administrator.
    pub async fn admin(&self) -> Client {
        self.connect(Login::Admin).await
    }

    /// Waits until a session of this database waits for a lock. Where none is asked for, nobody ever waits.
    pub async fn until_somebody_waits(&self) {
        let superuser = self.superuser().await;
        let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity
                                  WHERE datname = current_database() AND wait_event_type = 'Lock')";
        let waiting = async {
            while !superuser.query_one(sql, &[]).await.expect("an answer").get::<_, bool>(0) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(5), waiting).await.expect("somebody waits for the lock");
    }

    /// The connection URL for a command that is run beside the test.
    pub fn url(&self, login: Login) -> String {
        let config = self.server();
        let host = match config.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
            _ => "127.0.0.1".to_owned(),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let (user, password) = match login.role() {
            Some(role) => (role.to_owned(), PASSWORD.to_owned()),
            None => (
                config.get_user().unwrap_or("postgres").to_owned(),
                String::from_utf8_lossy(config.get_password().unwrap_or(b"")).into_owned(),
            ),
        };
        format!("postgresql://{user}:{password}@{host}:{port}/{}", self.name)
    }
}

/// The server's configuration, from `AWGP_SERVER_URL`.
pub fn server() -> Config {
    let instead = own_server::instead();
    let url = instead.unwrap_or_else(|| {
        std::env::var("AWGP_SERVER_URL")
            .expect("AWGP_SERVER_URL is not set; run: scripts/integration-test 15")
    });
    url.parse().expect("AWGP_SERVER_URL is a connection URL")
}

/// The major version of the server, 15 for 15.4.
pub async fn server_major(client: &Client) -> i32 {
    let row = client.query_one("SELECT current_setting('server_version_num')::int / 10000", &[]).await;
    row.expect("a version").get(0)
}

/// A connection to a database of the server.
pub async fn connect_to(database: &str, login: Login) -> Client {
    connected(server(), database, login).await.expect("the test server answers")
}

async fn connected(
    mut config: Config,
    database: &str,
    login: Login,
) -> Result<Client, tokio_postgres::Error> {
    config.dbname(database);
    if let Some(role) = login.role() {
        config.user(role).password(PASSWORD);
    }
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Takes away what the tests' databases are copied from, which no client program can connect to.
pub async fn drop_template() {
    let postgres = connect_to("postgres", Login::Superuser).await;
    let name = template();
    let sql = format!("ALTER DATABASE {name} IS_TEMPLATE false");
    postgres.execute(&sql, &[]).await.expect("a superuser may");
    postgres.execute(&format!("DROP DATABASE {name}"), &[]).await.expect("nobody is connected to it");
}

async fn create_database(postgres: &Client, name: &str, template: Option<&str>) {
    let template = template.unwrap_or("template0");
    // Names of our own making; CREATE DATABASE takes no parameters. Files are copied in half the time that
    // pages are.
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
    once_nobody_is_in(postgres, &sql).await;
}

/// Makes login roles and template once, whichever test comes first. Returns the template's name.
async fn ensure_template(postgres: &Client, server: &Config) -> String {
    turn::let_pass().await;
    let name = template();
    let lock = "SELECT pg_advisory_lock(hashtext('awgp_test_template'))";
    postgres.execute(lock, &[]).await.expect("the lock is granted");
    let ready = postgres
        .query_opt("SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate", &[&name])
        .await
        .expect("pg_database is readable");
    if ready.is_none() {
        make_template(postgres, server, &name).await;
    }
    let unlock = "SELECT pg_advisory_unlock(hashtext('awgp_test_template'))";
    postgres.execute(unlock, &[]).await.expect("the lock is released");
    name
}

async fn make_template(postgres: &Client, server: &Config, name: &str) {
    postgres.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.expect("no half-made template");
    create_database(postgres, name, None).await;
    let template = connected(server.clone(), name, Login::Superuser).await.expect("it answers");
    template.batch_execute("CREATE EXTENSION awgp").await.expect("the extension is installed");
    // Each copy of the template is an original, not a restored copy of it.
    let placeless = "UPDATE awgp.installation SET cluster_id = NULL, database_oid = NULL, timeline = NULL";
    template.batch_execute(placeless).await.expect("the template is at home nowhere");
    // scripts/break-on-purpose shows that a test fails where a guard is missing.
    if let Ok(broken) = std::env::var("AWGP_TEST_BREAK") {
        template.batch_execute(&broken).await.expect("what is to be broken can be");
    }
    for login in Login::ORDINARY {
        let (Some(role), group) = (login.role(), login.group()) else { continue };
        let membership = group.map(|group| format!(" IN ROLE {group}")).unwrap_or_default();
        let sql = format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'{membership};
             EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        );
        template.batch_execute(&sql).await.expect("login roles can be made");
    }
    drop(template);
    let sql = format!("ALTER DATABASE {name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false");
    postgres.batch_execute(&sql).await.expect("the template is closed");
    // A database is copied only when nobody is connected to it any more.
    let gone = format!("SELECT 1 FROM pg_stat_activity WHERE datname = '{name}'");
    while postgres.query_opt(&gone, &[]).await.expect("pg_stat_activity is readable").is_some() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs what wants a database for itself, such as DROP DATABASE, until nobody else is in it: the server waits
/// five seconds for them.
pub async fn once_nobody_is_in(client: &Client, sql: &str) {
    let deadline = Instant::now() + Duration::from_mins(5);
    loop {
        match client.batch_execute(sql).await {
            Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) && Instant::now() < deadline => {}
            done => return done.unwrap_or_else(|error| panic!("{sql}: {error:?}")),
        }
    }
}

/// An error as a client sees it.
#[derive(Debug)]
pub struct Refused {
    /// SQLSTATE.
    pub code: String,
    /// `reason` of DETAIL, where DETAIL is JSON.
    pub reason: Option<String>,
    /// DETAIL.
    pub detail: String,
    /// HINT.
    pub hint: String,
    /// The message, for a failing test to print; never compared.
    pub message: String,
}

/// Takes an error apart.
pub fn refused<T: std::fmt::Debug>(result: Result<T, tokio_postgres::Error>) -> Refused {
    let error = result.expect_err("this must be refused");
    let db = error.as_db_error().unwrap_or_else(|| panic!("the server must refuse this, but: {error}"));
    let detail = db.detail().unwrap_or_default().to_owned();
    let json: Option<serde_json::Value> = serde_json::from_str(&detail).ok();
    Refused {
        code: db.code().code().to_owned(),
        reason: json.and_then(|json| Some(json.get("reason")?.as_str()?.to_owned())),
        detail,
        hint: db.hint().unwrap_or_default().to_owned(),
        message: db.message().to_owned(),
    }
}

/// Asserts SQLSTATE and reason of a refusal, and that it carries a hint.
#[track_caller]
pub fn assert_refused<T: std::fmt::Debug>(
    result: Result<T, tokio_postgres::Error>,
    code: &str,
    reason: &str,
) {
    let refused = refused(result);
    assert_eq!((refused.code.as_str(), refused.reason.as_deref()), (code, Some(reason)), "{refused:?}");
    assert!(!refused.hint.is_empty(), "a refusal has a hint: {refused:?}");
}

/// Asserts the SQLSTATE of an error that is PostgreSQL's own.
#[track_caller]
pub fn assert_sqlstate<T: std::fmt::Debug>(result: Result<T, tokio_postgres::Error>, code: &str) {
    let refused = refused(result);
    assert_eq!(refused.code, code, "{refused:?}");
}
