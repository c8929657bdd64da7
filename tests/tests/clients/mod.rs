//! The programs of docs/clients run, offline and as an ordinary role, from copies of their folders.
//! scripts/setup installs the libraries that their lock files name.

mod migrations;
mod models;
mod next_steps;
mod packages;
mod stories;
mod typescript;

use awgp_tests::command::{Folder, output_of, run};
use awgp_tests::toolchain::path;
use awgp_tests::{Database, Login, server};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every program prints, and docs/clients/README.md shows.
const STORY: &str = "created: backlog
conflict: done at attempt 2
begun: approval_required
refused: 55000 approval_required at attempt 1
approval: pending approved
begun: allowed once
finished: succeeded 0.031000
cost: 0.002000 once
listed: Pay invoice 17 in_progress invoices
without a context: 0
";

/// Where a program runs: a copy of its folder, and a database.
struct Stage {
    folder: Folder,
    client: &'static str,
    database: Database,
}

impl Stage {
    /// With what docs/clients/scene.sql makes.
    async fn with_scene(client: &'static str) -> Self {
        let stage = Self::of(client, Database::new().await);
        let scene = docs().join("scene.sql");
        let scene = scene.to_str().expect("paths of the repository are UTF-8");
        let quiet = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", scene];
        run("psql", &stage.database, &quiet);
        stage
    }

    fn of(client: &'static str, database: Database) -> Self {
        let folder = Folder::new(&database);
        symlink(path("AWGP_NODE_CLIENTS") + "/node_modules", folder.file("node_modules"))
            .expect("a link can be made");
        output_of(Command::new("cp").arg("-r").arg(docs().join(client)).arg(folder.file(client)));
        Self { folder, client, database }
    }

    /// A file of the program's folder.
    fn file(&self, name: &str) -> String {
        self.folder.file(&format!("{}/{name}", self.client))
    }

    /// Copies a file of tests/clients beside the program.
    fn bring(&self, name: &str, as_name: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name);
        std::fs::copy(from, self.file(as_name)).expect("a file can be copied");
    }

    /// Writes a file of the program's folder anew.
    fn change(&self, name: &str, change: impl Fn(&str) -> String) {
        let text = std::fs::read_to_string(self.file(name)).expect("the file is there");
        let changed = change(&text);
        assert_ne!(changed, text, "{name} has what is to be changed");
        std::fs::write(self.file(name), changed).expect("the file can be written");
    }

    /// A command in the program's folder, with the database of a login.
    fn command(&self, login: Login, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.file(self.client)).env("DATABASE_URL", self.database.url(login));
        command
    }

    fn node(&self, login: Login) -> Command {
        self.command(login, "node")
    }

    fn python(&self, login: Login) -> Command {
        let mut python = self.command(login, "python3");
        python.args(["-W", "error"]).env("PYTHONDONTWRITEBYTECODE", "1");
        python
            .env("PYTHONPATH", format!("{}:{}", path("AWGP_PYTHON_CLIENTS"), self.folder.file(self.client)));
        python.env("DJANGO_SETTINGS_MODULE", "settings");
        python
    }

    /// Prisma's command. It would download engines that nothing here uses; a file in place of each is enough.
    fn prisma(&self, login: Login) -> Command {
        let mut prisma = self.node(login);
        for engine in ["PRISMA_SCHEMA_ENGINE_BINARY", "PRISMA_QUERY_ENGINE_LIBRARY"] {
            prisma.env(engine, "/bin/true");
        }
        prisma.env("CHECKPOINT_DISABLE", "1").env("PRISMA_HIDE_UPDATE_MESSAGE", "1");
        prisma.arg("../node_modules/prisma/build/index.js");
        prisma
    }

    /// Lets the application make tables of its own.
    async fn with_own_tables(self) -> Self {
        let sql = "GRANT CREATE ON SCHEMA public TO awgp_test_app";
        self.database.superuser().await.batch_execute(sql).await.expect("a superuser may");
        self
    }
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/clients")
}

/// The URL of JDBC.
fn jdbc_url(database: &Database, login: Login) -> String {
    let port = server().get_ports().first().copied().expect("a port");
    let (user, password) = (login.role().expect("an ordinary role"), awgp_tests::PASSWORD);
    format!("jdbc:postgresql://127.0.0.1:{port}/{}?user={user}&password={password}", database.name)
}
