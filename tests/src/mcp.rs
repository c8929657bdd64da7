//! Runs the real `awgp-mcp guard` beside a test.

#![allow(clippy::missing_panics_doc)] // A panic is how a test fails.

use crate::cli::PATIENT;
use crate::command::Folder;
use crate::console::program;
use crate::fixture::{Group, Tenant, within_as};
pub use crate::speaking::Speaker as Guard;
use crate::{Database, Login, fixture};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// A database, its group, and a folder with the log of the scripted server.
pub struct Scene {
    /// The database.
    pub database: Database,
    /// Its group; the assistant of north is `helper`.
    pub group: Group,
    /// A folder of the test's own.
    pub folder: Folder,
}

impl Scene {
    /// Where north's assistant may do these actions.
    pub async fn new(capabilities: &[&str]) -> Self {
        let (database, group) = fixture::scene().await;
        Self::of(database, group, capabilities).await
    }

    /// The same in a database that is there.
    pub async fn of(database: Database, group: Group, capabilities: &[&str]) -> Self {
        let folder = Folder::new(&database);
        let scene = Self { database, group, folder };
        scene.allow(capabilities).await;
        scene
    }

    /// The tenant of the tests.
    pub fn north(&self) -> &Tenant {
        &self.group.north
    }

    /// A manager sets the assistant's capabilities.
    pub async fn allow(&self, capabilities: &[&str]) {
        let sql = "SELECT FROM awgp.update_assistant($1, capabilities => $2)";
        self.does("manager", sql, &[&self.north().assistant, &capabilities]).await;
    }

    /// Runs a statement as a user of north, and commits.
    pub async fn does(
        &self,
        role: &str,
        sql: &str,
        given: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Vec<tokio_postgres::Row> {
        let mut app = self.database.app().await;
        let work = within_as(&mut app, self.north().id, Some(self.north().user(role))).await;
        let rows = work.query(sql, given).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        work.commit().await.expect("it commits");
        rows
    }

    /// The tenant's policy for actions says that these need an approval each.
    pub async fn needs_approval(&self, actions: &[&str]) {
        let policy = json!({"action_policy": {"approval_for": actions}});
        let sql = "UPDATE awgp.tenants SET settings = $2 WHERE id = $1";
        self.database.admin().await.execute(sql, &[&self.north().id, &policy]).await.expect("it can be set");
    }

    /// A new work item of this risk.
    pub async fn item(&self, risk: i64) -> Uuid {
        let sql = "SELECT (awgp.create_work_item($1, 'Tidy up', risk_level => $2)).id";
        self.does("operator", sql, &[&self.north().assistant, &risk]).await[0].get(0)
    }

    /// The actions that north sees, in their order: `action status`.
    pub async fn actions(&self) -> Vec<String> {
        let sql = "SELECT action || ' ' || status FROM awgp.governed_actions ORDER BY begun_at, id";
        self.does("operator", sql, &[]).await.iter().map(|row| row.get(0)).collect()
    }

    /// One text that a query returns.
    pub async fn text(&self, sql: &str) -> String {
        self.does("operator", sql, &[]).await[0].get::<_, Option<String>>(0).unwrap_or_default()
    }

    /// The request for approval that is open, once there is one.
    pub async fn open_approval(&self) -> Uuid {
        let sql = "SELECT id FROM awgp.approvals WHERE status = 'pending'";
        loop {
            if let Some(row) = self.does("operator", sql, &[]).await.first() {
                return row.get(0);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What the scripted server has been called with.
    pub fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.file("log")).unwrap_or_default();
        // The last line may be under way.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// The calls of the scripted server, by tool.
    pub fn calls(&self) -> Vec<String> {
        self.log().iter().filter_map(|line| Some(line.get("tool")?.as_str()?.to_owned())).collect()
    }

    /// A guard with these arguments before the scripted server, and hello said.
    pub fn guard(&self, arguments: &[&str]) -> Guard {
        let mut guard = Guard::start(self.command(arguments), scripted_server());
        guard.initialize();
        guard
    }

    /// The guard as a command, as far as the `--`.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("awgp-mcp"));
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("DATABASE_URL", self.database.url(Login::App)).env("AWGP_TENANT", "north");
        command.env("AWGP_USER", "operator@north.example").env("AWGP_ASSISTANT", "helper");
        command.env("PGCONNECT_TIMEOUT", PATIENT);
        command.env("SCRIPTED_LOG", self.folder.file("log")).env("PYTHONDONTWRITEBYTECODE", "1");
        command.arg("guard").args(arguments);
        command
    }
}

/// Holds a work item, so that nobody begins an action of it until the transaction ends.
pub async fn holding<'a>(superuser: &'a mut Client, item: &str) -> Transaction<'a> {
    let holding = superuser.transaction().await.expect("a transaction begins");
    let sql = "SELECT FROM awgp.work_items WHERE id = $1::text::uuid FOR UPDATE";
    holding.execute(sql, &[&item]).await.expect("a lock");
    holding
}

/// A file of tests/mcp.
pub fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mcp").join(name).to_string_lossy().into_owned()
}

/// The command of the scripted server.
pub fn scripted_server() -> Vec<String> {
    vec!["python3".to_owned(), file("scripted_server.py")]
}

/// The reason of a result that the guard has made.
#[track_caller]
pub fn reason(result: &Value) -> &str {
    assert_eq!(result["isError"], true, "{result}");
    result["_meta"]["awgp/guard"]["reason"]
        .as_str()
        .unwrap_or_else(|| panic!("it is the server's own: {result}"))
}

/// The first text of a result.
#[track_caller]
pub fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {result}"))
}
