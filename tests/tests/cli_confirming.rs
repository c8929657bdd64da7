//! What cannot be undone asks on a terminal, and elsewhere needs --yes.

use awgp_tests::approving::asked;
use awgp_tests::cli::{Outcome, at_terminal, json};
use awgp_tests::command::Folder;
use awgp_tests::fixture::scene;
use awgp_tests::{Database, Login};
use serde_json::json;

/// What there is to take away.
struct Stage {
    database: Database,
    folder: Folder,
    work: String,
    waiting: String,
    conversation: String,
}

const USER: &str = "admin@north.example";
const ISSUER: &str = "https://id.example.com/realms/acme";

impl Stage {
    async fn new() -> Self {
        let (database, group) = scene().await;
        let waiting = asked(&mut database.app().await, &group.north, 3).await.approval.to_string();
        let folder = Folder::new(&database);
        let file = folder.file("messages.json");
        std::fs::write(&file, r#"[{"role": "user", "content": "a secret"}]"#).expect("written");
        let mut stage = Self {
            database,
            folder,
            work: group.north.work_item.to_string(),
            waiting,
            conversation: String::new(),
        };
        stage.run(&["policy", "create", "Talk"]).expect(0);
        let logged = stage.run(&["conversation", "log", "--assistant", "helper", "--file", &file, "--end"]);
        stage.conversation = logged.expect(0).json()["id"].as_str().expect("an id").to_owned();
        stage
    }

    /// As a program, in the name of north's admin.
    fn run(&self, arguments: &[&str]) -> Outcome {
        json(&self.database, Login::App, &[arguments, &["--tenant", "north", "--user", USER]].concat())
    }

    /// As a person at a terminal, who answers every question so.
    fn at_terminal(&self, answer: &str, login: Login, arguments: &[&str]) -> Outcome {
        let url = self.database.url(login);
        let context = ["--tenant", "north", "--user", USER];
        at_terminal(answer, &[arguments, &context].concat(), &[("DATABASE_URL", &url)])
    }

    /// Each command that asks, and the login that may run it.
    fn commands(&self) -> Vec<(Login, Vec<&str>)> {
        vec![
            (Login::App, vec!["approval", "approve", &self.waiting]),
            (Login::App, vec!["approval", "break-glass", &self.waiting, "--reason", "fire"]),
            (Login::App, vec!["conversation", "erase", &self.conversation, "--reason", "request 17"]),
            (Login::Superuser, vec!["import", "--from-schema", "public"]),
            (Login::Superuser, vec!["installation", "adopt", "--reason", "a copy"]),
            (Login::Maintainer, vec!["partition", "retire", "audit_logs_2026_01"]),
            (Login::App, vec!["policy", "delete", "Talk"]),
            (Login::Admin, vec!["provider", "remove", ISSUER]),
            (Login::App, vec!["work", "cancel", &self.work]),
        ]
    }

    /// Everything that the trail knows of.
    async fn events(&self) -> i64 {
        let superuser = self.database.superuser().await;
        superuser.query_one("SELECT count(*) FROM awgp.audit_logs", &[]).await.expect("counted").get(0)
    }
}

#[tokio::test]
async fn without_a_terminal_what_cannot_be_undone_needs_yes_and_changes_nothing() {
    let stage = Stage::new().await;
    let before = stage.events().await;
    for (login, command) in stage.commands() {
        let context = ["--tenant", "north", "--user", USER];
        let refused = json(&stage.database, login, &[&*command, &context].concat()).expect(2).error();
        assert!(
            refused["hint"].as_str().is_some_and(|hint| hint.contains("--yes")),
            "{command:?}: {refused}"
        );
    }
    assert_eq!(stage.events().await, before);
}

#[tokio::test]
async fn on_a_terminal_a_no_leaves_everything_as_it_was_and_has_an_exit_code_of_its_own() {
    let stage = Stage::new().await;
    let before = stage.events().await;
    for (login, command) in stage.commands() {
        // An import that does not fit is not asked about.
        if command[0] != "import" {
            let outcome = stage.at_terminal("n", login, &command).expect(13);
            assert!(outcome.stdout.contains("[y/N]"), "{outcome:?}");
        }
    }
    assert_eq!(stage.events().await, before);
}

#[tokio::test]
async fn on_a_terminal_a_yes_does_it_after_the_thing_was_named() {
    let stage = Stage::new().await;
    let erase = ["conversation", "erase", &stage.conversation[..8], "--reason", "request 17"];
    let erased = stage.at_terminal("y", Login::App, &erase).expect(0);
    assert!(erased.stdout.contains(&format!("conversation {}: helper", stage.conversation)), "{erased:?}");
    let shown = stage.run(&["conversation", "show", &stage.conversation]).expect(0).json();
    assert_eq!(shown["messages"], json!([]));
    let deleted = stage.at_terminal("yes", Login::App, &["policy", "delete", "Talk"]).expect(0);
    assert!(deleted.stdout.contains(": Talk"), "{deleted:?}");
    stage.run(&["policy", "show", "Talk"]).expect(8);
    stage.at_terminal("y", Login::App, &["work", "cancel", &stage.work]).expect(0);
    assert_eq!(stage.run(&["work", "show", &stage.work]).expect(0).json()["status"], "cancelled");
    // With --yes nothing is asked on a terminal either.
    let file = stage.folder.file("messages.json");
    let logged =
        stage.run(&["conversation", "log", "--assistant", "helper", "--file", &file]).expect(0).json();
    let erase = ["conversation", "erase", logged["id"].as_str().expect("an id"), "--reason", "x", "--yes"];
    assert!(!stage.at_terminal("n", Login::App, &erase).expect(0).stdout.contains("[y/N]"));
}
