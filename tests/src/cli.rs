//! What the tests of the command line share: a database of their own with two ordinary logins, and a way to
//! run the real binary.

use serde_json::Value;
use std::process::{Command, Output, Stdio};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

/// The password of every login made here. It holds what a connection string must quote or encode.
pub const PASSWORD: &str = "s3cr t/'%@:\\ü";

/// A database with the extension, a login for each of the two roles, and two tenants.
pub struct Database {
    /// Its name, which its logins begin with.
    pub name: String,
    server: Config,
}

/// How one run of `awgp` ended.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error object on standard error, in JSON mode.
    pub fn error(&self) -> Value {
        serde_json::from_str(&self.stderr).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The outcome, after a look at the exit code.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// Runs `awgp` with these arguments and nothing of this process's PG* variables but what is given.
pub fn awgp(arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN names the binary; run `make test`");
    let mut command = Command::new(binary);
    command.env_clear().args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output().expect("awgp runs");
    Outcome {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).expect("UTF-8"),
        stderr: String::from_utf8(stderr).expect("UTF-8"),
    }
}

impl Database {
    /// An empty database, without the extension.
    pub async fn empty() -> Self {
        let url = std::env::var("AWGP_SERVER_URL").expect("AWGP_SERVER_URL; run `make test`");
        let server: Config = url.parse().expect("AWGP_SERVER_URL is a connection string");
        let database = Self { name: format!("cli_{}", Uuid::new_v4().simple()), server };
        let client = connect(&database.server).await;
        client.batch_execute(&format!("CREATE DATABASE {}", database.name)).await.expect("a database");
        database
    }

    /// A database with the extension, the logins `app` and `admin`, and the tenants of [`Self::tenants`].
    pub async fn governed() -> Self {
        let database = Self::empty().await;
        let client = database.client().await;
        client.batch_execute("CREATE EXTENSION awgp").await.expect("the extension");
        let quoted = PASSWORD.replace('\'', "''");
        for kind in ["app", "admin"] {
            let login = database.login(kind);
            let statement = format!("CREATE ROLE {login} LOGIN PASSWORD '{quoted}' IN ROLE awgp_{kind}");
            client.batch_execute(&statement).await.expect("a login");
        }
        database.tenants(&client).await;
        database
    }

    /// The holding `nord`, its subsidiaries `nord-sea` and `nord-land`.
    async fn tenants(&self, client: &Client) {
        let statement = "
            SELECT awgp.create_tenant('Nord Hølding', 'nord', 'holding');
            SELECT awgp.create_tenant('Sea', 'nord-sea', 'subsidiary', awgp.find_tenant('nord'));
            SELECT awgp.create_tenant('Land', 'nord-land', 'subsidiary', awgp.find_tenant('nord'));";
        client.batch_execute(statement).await.expect("tenants");
    }

    /// The name of the login of this kind, `app` or `admin`.
    pub fn login(&self, kind: &str) -> String {
        format!("{}_{kind}", self.name)
    }

    /// Where the server is: the first host and port of AWGP_SERVER_URL.
    pub fn host_and_port(&self) -> (String, u16) {
        let host = match self.server.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            Some(Host::Unix(path)) => path.display().to_string(),
            None => "localhost".to_owned(),
        };
        (host, self.server.get_ports().first().copied().unwrap_or(5432))
    }

    /// The URL of this database for the login of this kind, percent-encoded throughout.
    pub fn url(&self, kind: &str) -> String {
        self.url_of(&self.login(kind), PASSWORD)
    }

    /// The URL of this database for the server's superuser.
    pub fn superuser_url(&self) -> String {
        let password = String::from_utf8_lossy(self.server.get_password().unwrap_or_default()).into_owned();
        self.url_of(self.server.get_user().unwrap_or("postgres"), &password)
    }

    /// The URL of this database for any login.
    pub fn url_of(&self, user: &str, password: &str) -> String {
        let (host, port) = self.host_and_port();
        let [user, password, host] = [user, password, &host].map(percent_encoded);
        format!("postgres://{user}:{password}@{host}:{port}/{}", self.name)
    }

    /// Runs `awgp --output json` on this database as a login of this kind.
    pub fn json(&self, kind: &str, arguments: &[&str]) -> Outcome {
        let url = self.url(kind);
        awgp(&[arguments, &["--output", "json"]].concat(), &[("DATABASE_URL", &url)])
    }

    /// Runs `awgp` on this database as a login of this kind.
    pub fn table(&self, kind: &str, arguments: &[&str]) -> Outcome {
        awgp(arguments, &[("DATABASE_URL", &self.url(kind))])
    }

    /// A superuser's connection, for what a test needs that no client may do.
    pub async fn client(&self) -> Client {
        let mut config = self.server.clone();
        config.dbname(&self.name);
        connect(&config).await
    }

    /// Drops the database and its logins.
    pub async fn drop(self) {
        let client = connect(&self.server).await;
        client.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await.expect("dropped");
        for kind in ["app", "admin"] {
            let statement = format!("DROP ROLE IF EXISTS {}", self.login(kind));
            client.batch_execute(&statement).await.expect("dropped");
        }
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the server of AWGP_SERVER_URL");
    tokio::spawn(connection);
    client
}

/// Every byte as %XX, which is always right.
pub fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}
