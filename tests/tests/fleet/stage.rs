//! Three members, a family on each, and the fleet file.

use awgp_tests::cli::{Outcome, awgp};
use awgp_tests::{Database, Login, PASSWORD, server};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tokio_postgres::Client;
use tokio_postgres::config::Host;
use uuid::Uuid;

/// The roles of a login that looks after a fleet.
const ROLES: &str = "awgp_admin, awgp_app, awgp_auditor, awgp_maintainer, awgp_monitor";

/// A busy machine may let a login wait longer than five seconds. Members that are dead have their own limits.
const PATIENT: &str = "connect_timeout_seconds = 60\n";

/// A fleet of a test's own. Its files go with it.
pub struct Stage {
    /// Members a, b and c.
    pub members: Vec<Database>,
    /// The login of the fleet file.
    pub login: String,
    /// A folder for files.
    pub folder: PathBuf,
}

impl Stage {
    /// Three members with nothing on them.
    pub async fn empty() -> Self {
        let mut members = Vec::new();
        for _ in 0..3 {
            let database = Database::empty().await;
            database.superuser().await.batch_execute("CREATE EXTENSION awgp").await.expect("it is made");
            members.push(database);
        }
        let login = format!("{}_fleet", members[0].name);
        let sql = format!("CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}' IN ROLE {ROLES}");
        members[0].superuser().await.batch_execute(&sql).await.expect("a login");
        let folder = std::env::temp_dir().join(&login);
        fs::create_dir_all(&folder).expect("a folder");
        let stage = Self { members, login, folder };
        let lines: String = stage.names().map(|(at, name)| stage.lines(name, at, "")).collect();
        stage.write("fleet.toml", &lines);
        stage
    }

    /// A holding with a subsidiary on each: north-a of holding-a, and so on.
    pub async fn with_families() -> Self {
        let stage = Self::empty().await;
        for (at, name) in stage.names() {
            let admin = stage.client(at).await;
            let sql = "SELECT id FROM awgp.create_tenant($1, $1, $2, $3)";
            let holding = format!("holding-{name}");
            let row = admin.query_one(sql, &[&holding, &"holding", &None::<Uuid>]).await.expect("a holding");
            let parent: Uuid = row.get(0);
            let north = format!("north-{name}");
            admin.query_one(sql, &[&north, &"subsidiary", &Some(parent)]).await.expect("a subsidiary");
        }
        stage
    }

    pub fn names(&self) -> impl Iterator<Item = (usize, &'static str)> + use<> {
        (0..self.members.len()).zip(["a", "b", "c"])
    }

    /// The lines of all members, with another login.
    pub fn lines_as(&self, login: Login) -> String {
        let lines = self.names().map(|(at, name)| {
            let url = self.members[at].url(login);
            format!("[members.{name}]\nshard = {at}\nurl = \"{url}\"\n{PATIENT}")
        });
        lines.collect::<Vec<_>>().concat()
    }

    /// The lines of a member, which is this database.
    pub fn lines(&self, name: &str, at: usize, more: &str) -> String {
        format!("[members.{name}]\nshard = {at}\nurl = \"{}\"\n{PATIENT}{more}\n", self.url(at))
    }

    /// The URL of a member, as the fleet file has it.
    pub fn url(&self, at: usize) -> String {
        let (host, port) = place();
        format!("postgresql://{}:{PASSWORD}@{host}:{port}/{}", self.login, self.members[at].name)
    }

    /// Writes a file of the test.
    pub fn write(&self, name: &str, text: &str) -> String {
        let file = self.folder.join(name);
        fs::write(&file, text).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
        file.display().to_string()
    }

    /// The path of a file of the test.
    pub fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Runs `awgp` on the fleet.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_by("fleet.toml", arguments)
    }

    /// The same by another fleet file.
    pub fn run_by(&self, file: &str, arguments: &[&str]) -> Outcome {
        awgp(arguments, &[("AWGP_FLEET", &self.file(file))])
    }

    /// A connection with the login of the fleet.
    pub async fn client(&self, at: usize) -> Client {
        let mut config = server();
        config.user(&self.login).password(PASSWORD).dbname(&self.members[at].name);
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("it connects");
        tokio::spawn(connection);
        client
    }

    /// Another family on a member, and many events of both.
    pub async fn fill(&self, at: usize) {
        let client = self.client(at).await;
        let sql = "SELECT awgp.create_tenant('More', 'more', 'holding')";
        client.execute(sql, &[]).await.expect("a tenant");
        for slug in ["holding-a", "more"] {
            let sql = format!(
                "BEGIN; SELECT awgp.set_context(awgp.find_tenant('{slug}'));
                 SELECT awgp.log_event('note', 'work', gen_random_uuid(), metadata => jsonb_build_object('x', said))
                 FROM generate_series(1, 3000),
                      (SELECT string_agg(md5(random()::text), '') AS said FROM generate_series(1, 60)) AS word;
                 COMMIT"
            );
            client.batch_execute(&sql).await.expect("events");
        }
    }

    /// How many rows a query of each member has.
    pub async fn counts(&self, sql: &str) -> Vec<i64> {
        let mut counts = Vec::new();
        for database in &self.members {
            let client = database.connect(Login::Superuser).await;
            counts.push(client.query_one(sql, &[]).await.expect("a count").get(0));
        }
        counts
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Host and port of the server.
pub fn place() -> (String, u16) {
    let config = server();
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        other => panic!("AWGP_SERVER_URL must name a TCP host, not {other:?}"),
    };
    (host, config.get_ports().first().copied().unwrap_or(5432))
}
