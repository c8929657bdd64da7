//! Debian's poolers in front of the test server, each on a port of its own.

use crate::command::Folder;
use crate::own_server::until;
use crate::{Database, Login, PASSWORD, server, toolchain};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use tokio_postgres::{Client, Config, NoTls};

/// Which pooler, and when it hands a connection to another client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// `PgBouncer`, after each transaction.
    BouncerTransaction,
    /// `PgBouncer`, when a client has left; it runs DISCARD ALL in between.
    BouncerSession,
    /// Pgpool-II, when a client has left; it runs DISCARD ALL in between.
    Pgpool,
}

/// A pooler that runs; it ends with the test, however that ends.
pub struct Pooler {
    port: u16,
    process: Child,
    _folder: Folder,
}

/// Connections to the server that all clients share.
pub const SERVER_CONNECTIONS: usize = 6;

impl Pooler {
    /// Starts it in front of the test server, and waits until it answers for this database.
    pub async fn start(pooling: Pooling, database: &Database) -> Self {
        let folder = Folder::new(database);
        let here = folder.file("");
        // The pooler runs as another user than a test that runs as root.
        std::fs::set_permissions(&here, std::fs::Permissions::from_mode(0o777)).expect("a folder of ours");
        let port = free_port();
        let command = match pooling {
            Pooling::BouncerTransaction => bouncer(&folder, port, "transaction"),
            Pooling::BouncerSession => bouncer(&folder, port, "session"),
            Pooling::Pgpool => pgpool(&folder, port),
        };
        let log = folder.file("log");
        let pooler = Self { port, process: spawn(&command, &log), _folder: folder };
        until(&format!("{pooling:?} answers; its log is {log}"), async || {
            pooler.try_connect(database, Login::App).await.is_some()
        })
        .await;
        pooler
    }

    /// The URL of a database through it.
    pub fn url(&self, database: &Database, login: Login) -> String {
        let user = login.role().expect("an ordinary role");
        format!("postgres://{user}:{PASSWORD}@127.0.0.1:{}/{}", self.port, database.name)
    }

    /// A connection through it.
    pub async fn connect(&self, database: &Database, login: Login) -> Client {
        self.try_connect(database, login).await.expect("the pooler answers")
    }

    async fn try_connect(&self, database: &Database, login: Login) -> Option<Client> {
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.port).dbname(&database.name).password(PASSWORD);
        config.user(login.role().expect("an ordinary role"));
        let (client, connection) = config.connect(NoTls).await.ok()?;
        tokio::spawn(connection);
        Some(client)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It ends because its standard input has.
        let _ = self.process.wait();
    }
}

/// Writes a file of the pooler's, and returns its path.
fn write(folder: &Folder, name: &str, text: &str) -> String {
    let path = folder.file(name);
    std::fs::write(&path, text).expect("a file can be written");
    path
}

fn server_port() -> u16 {
    server().get_ports().first().copied().expect("a port")
}

/// The command that runs `PgBouncer` in this mode.
fn bouncer(folder: &Folder, port: u16, mode: &str) -> Vec<String> {
    let users = write(folder, "users.txt", &known_users("", "\""));
    let configuration = format!(
        "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {users}\n\
         pool_mode = {mode}\ndefault_pool_size = {SERVER_CONNECTIONS}\nmax_client_conn = 200\n",
        server_port()
    );
    let configuration = write(folder, "pgbouncer.ini", &configuration);
    vec![toolchain::path("AWGP_PGBOUNCER"), "-q".to_owned(), configuration]
}

/// The command that runs Pgpool-II.
fn pgpool(folder: &Folder, port: u16) -> Vec<String> {
    let here = folder.file("");
    let configuration = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\npcp_port = {}\nsocket_dir = '{here}'\n\
         pcp_socket_dir = '{here}'\nwd_ipc_socket_dir = '{here}'\npid_file_name = '{here}pid'\n\
         logdir = '{here}'\nbackend_clustering_mode = 'raw'\nbackend_hostname0 = '127.0.0.1'\n\
         backend_port0 = {}\nbackend_weight0 = 1\nenable_pool_hba = on\n\
         pool_passwd = '{here}users.txt'\nnum_init_children = {SERVER_CONNECTIONS}\nmax_pool = 1\n\
         child_life_time = 0\nconnection_cache = on\nsr_check_period = 0\n",
        free_port(),
        server_port()
    );
    write(folder, "users.txt", &known_users("TEXT", ""));
    let access = write(folder, "hba.conf", "host all all 127.0.0.1/32 scram-sha-256\n");
    let administrators = write(folder, "pcp.conf", "");
    let configuration = write(folder, "pgpool.conf", &configuration);
    let options = ["-n", "-f", &configuration, "-a", &access, "-F", &administrators];
    std::iter::once(toolchain::path("AWGP_PGPOOL")).chain(options.map(str::to_owned)).collect()
}

/// Runs the command until the standard input of the shell around it ends, which it does with this process.
fn spawn(command: &[String], log: &str) -> Child {
    const UNTIL_LEFT: &str = "log=$1; shift; exec 3<&0; \"$@\" </dev/null >\"$log\" 2>&1 3<&- & pid=$!
        cat <&3 >/dev/null; kill -INT $pid; wait $pid";
    let mut shell = Command::new("sh");
    shell.args(["-c", UNTIL_LEFT, "sh", log]).args(command).current_dir("/");
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let me = number_of(&["-u"]);
    if me == 0 {
        // Neither pooler runs as root.
        shell.gid(number_of(&["-g", "postgres"])).uid(number_of(&["-u", "postgres"]));
    }
    shell.spawn().expect("sh runs")
}

fn number_of(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().expect("id runs");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("an address").port()
}

/// The passwords of the login roles, as the pooler needs them to log in for its clients.
fn known_users(prefix: &str, quote: &str) -> String {
    let separator = if quote.is_empty() { ":" } else { " " };
    let line = |login: Login| {
        login.role().map(|role| format!("{quote}{role}{quote}{separator}{quote}{prefix}{PASSWORD}{quote}\n"))
    };
    Login::ORDINARY.into_iter().filter_map(line).collect()
}
