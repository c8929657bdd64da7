//! Runs the real `awgp-mcp serve` beside a test.

#![allow(clippy::missing_panics_doc)] // A panic is how a test fails.

use crate::cli::PATIENT;
use crate::console::program;
use crate::fixture::{self, Group, Tenant, within_as};
pub use crate::mcp::file;
use crate::speaking::Speaker;
use crate::tokens::trusting_database;
use crate::{Database, Login};
use serde_json::{Value, json};
use std::ops::{Deref, DerefMut};
use std::process::Command;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// A database with the group in it. The assistant of north is `helper`; it may look and write, its tier is 2,
/// and the provider openai has 100.
pub struct Scene {
    /// The database.
    pub database: Database,
    /// Who is in it.
    pub group: Group,
}

impl Scene {
    /// Makes it.
    pub async fn new() -> Self {
        let (database, group) = fixture::scene().await;
        let scene = Self { database, group };
        scene.prepare().await;
        scene
    }

    /// The same where the database trusts the tests' tokens: every user's id is their subject.
    pub async fn trusting() -> Self {
        let (database, group) = trusting_database().await;
        let scene = Self { database, group };
        scene.prepare().await;
        scene
    }

    /// From now on only tokens put somebody in context.
    pub async fn sign(&self) {
        let sql = format!("ALTER DATABASE {} SET awgp.context_mode = 'signed'", self.database.name);
        self.database.superuser().await.batch_execute(&sql).await.expect("a superuser sets the mode");
    }

    /// Gives the assistant of north what it may do.
    async fn prepare(&self) {
        let sql = "SELECT FROM awgp.update_assistant($1, capabilities => '{look,write}', risk_tier => 2)";
        self.does("manager", sql, &[&self.north().assistant]).await;
        self.does("admin", "SELECT FROM awgp.create_credit_pool('openai', 100)", &[]).await;
    }

    /// The tenant of the tests.
    pub fn north(&self) -> &Tenant {
        &self.group.north
    }

    /// Runs a statement as a user of north, and commits.
    pub async fn does(&self, role: &str, sql: &str, given: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
        let mut app = self.database.app().await;
        let work = within_as(&mut app, self.north().id, Some(self.north().user(role))).await;
        let rows = work.query(sql, given).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        work.commit().await.expect("it commits");
        rows
    }

    /// One text that a query returns.
    pub async fn text(&self, sql: &str, given: &[&(dyn ToSql + Sync)]) -> String {
        self.does("operator", sql, given).await[0].get::<_, Option<String>>(0).unwrap_or_default()
    }

    /// A new work item of the assistant, of this risk.
    pub async fn item(&self, risk: i64) -> String {
        let sql = "SELECT (awgp.create_work_item($1, 'Tidy up', risk_level => $2)).id::text";
        self.text(sql, &[&self.north().assistant, &risk]).await
    }

    /// Another active assistant of north, which may do the same, and a work item of it.
    pub async fn other(&self) -> (Uuid, String) {
        let sql = "SELECT id FROM awgp.create_assistant('Other', 'other', 'custom', capabilities => '{look,write}')";
        let other: Uuid = self.does("manager", sql, &[]).await[0].get(0);
        self.does("manager", "SELECT FROM awgp.set_assistant_status($1, 'active')", &[&other]).await;
        let sql = "SELECT (awgp.create_work_item($1, 'Not yours', risk_level => 1)).id::text";
        (other, self.text(sql, &[&other]).await)
    }

    /// The program with these arguments, for north's operator and assistant.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare_command(arguments);
        command.env("AWGP_TENANT", "north").env("AWGP_USER", "operator@north.example");
        command
    }

    /// The same for nobody.
    pub fn bare_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("awgp-mcp"));
        command
            .env_clear()
            .env("PGCONNECT_TIMEOUT", PATIENT)
            .env("DATABASE_URL", self.database.url(Login::App))
            .env("AWGP_ASSISTANT", "helper");
        command.arg("serve").args(arguments);
        command
    }

    /// The server on pipes, and hello said.
    pub fn serve(&self) -> Serving {
        Serving::new(self.command(&[]))
    }

    /// The same for another user.
    pub fn serve_as(&self, user: &str) -> Serving {
        let mut command = self.command(&[]);
        command.env("AWGP_USER", user);
        Serving::new(command)
    }
}

/// A server on pipes. It ends with the test.
pub struct Serving(Speaker);

impl Serving {
    /// Starts it and says hello as a client does.
    pub fn new(command: Command) -> Self {
        let mut serving = Self::silent(command);
        let answer = serving.initialize();
        assert_eq!(answer["result"]["serverInfo"]["name"], "awgp", "{answer}");
        serving
    }

    /// Starts it.
    pub fn silent(command: Command) -> Self {
        Self(Speaker::start(command, Vec::new()))
    }

    /// Calls a tool that has to answer: the answer.
    #[track_caller]
    pub fn tells(&mut self, tool: &str, arguments: Value) -> Value {
        answered(&self.call(tool, arguments))
    }

    /// Calls a tool that has to refuse: the reason.
    #[track_caller]
    pub fn refuses(&mut self, tool: &str, arguments: Value) -> String {
        refusal(&self.call(tool, arguments))["reason"].as_str().expect("a reason").to_owned()
    }

    /// What it says when it has to end by itself: the exit code, and standard error.
    pub fn ends(self) -> (i32, String) {
        self.0.ends()
    }
}

impl Deref for Serving {
    type Target = Speaker;

    fn deref(&self) -> &Speaker {
        &self.0
    }
}

impl DerefMut for Serving {
    fn deref_mut(&mut self) -> &mut Speaker {
        &mut self.0
    }
}

/// The answer of a tool; it is there twice, for programs and as a text.
#[track_caller]
pub fn answered(result: &Value) -> Value {
    assert_eq!(result["isError"], json!(false), "{result}");
    let text = result["content"][0]["text"].as_str().expect("a text");
    assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), result["structuredContent"]);
    result["structuredContent"].clone()
}

/// The refusal of a tool: reason, message, hint and facts, which its text has too, without SQL.
#[track_caller]
pub fn refusal(result: &Value) -> Value {
    assert_eq!(result["isError"], json!(true), "{result}");
    assert!(result.get("structuredContent").is_none(), "{result}");
    let (refusal, text) =
        (&result["_meta"]["awgp/refusal"], result["content"][0]["text"].as_str().expect("a text"));
    for key in ["reason", "message", "hint"] {
        let word = refusal[key].as_str().unwrap_or_else(|| panic!("no {key}: {result}"));
        assert!(!word.is_empty() && text.contains(word), "{key}: {result}");
    }
    assert!(!text.contains("SELECT") && !text.contains("awgp."), "{text}");
    refusal.clone()
}
