//! Actions of north, and an auditor who signs what the trail has of them.

use crate::checkpoints::stage::{Auditor, checked_by};
use awgp_tests::cli::{self, Outcome, awgp};
use awgp_tests::fixture::{self, Group, one, within, within_as};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};
use std::cell::Cell;
use tokio_postgres::Client;
use uuid::Uuid;

/// SHA-256 of {"amount":10.5,"to":"ada@north.example"}.
pub const DIGEST: &str = "c0ca721ff3779a8dbeae028541a6729e709272ea0f589ef353169e3743c0fd50";
const LETTER: &str = r#"{"to": "ada@north.example", "amount": 10.50}"#;

pub struct Stage {
    pub database: Database,
    pub group: Group,
    pub auditor: Auditor,
    pub app: Client,
    files: Cell<usize>,
}

impl Stage {
    /// North's assistant may look, there is money, and two admins approve what has risk 4.
    pub async fn set() -> Self {
        let database = Database::new().await;
        let group = fixture::group(&database).await;
        let policy = "UPDATE awgp.tenants SET settings = '{\"approval_policy\": {\"quorum\": {\"4\": 2}}}' WHERE id = $1";
        let superuser = database.superuser().await;
        superuser.execute(policy, &[&group.north.id]).await.expect("a superuser may");
        let mut app = database.app().await;
        let transaction = within(&mut app, group.north.id).await;
        let sql = "UPDATE awgp.assistants SET capabilities = '{look}', max_cost_per_day = 100 WHERE id = $1";
        transaction.execute(sql, &[&group.north.assistant]).await.expect("capabilities can be set");
        let sql = "SELECT awgp.create_credit_pool('openai', 10)";
        transaction.execute(sql, &[]).await.expect("a pool can be made");
        transaction.commit().await.expect("commits");
        let auditor = Auditor::new(&database);
        Self { database, group, auditor, app, files: Cell::new(0) }
    }

    /// One statement that answers an id, as a user of this role, or without a user; committed.
    pub async fn ask(&mut self, role: Option<&str>, sql: &str, id: Uuid) -> Uuid {
        let north = &self.group.north;
        let transaction = within_as(&mut self.app, north.id, role.map(|role| north.user(role))).await;
        let answer = one(&transaction, sql, &[&id]).await;
        transaction.commit().await.expect("commits");
        answer
    }

    /// A new item of this risk.
    pub async fn item(&mut self, risk: i64) -> Uuid {
        let sql = format!("SELECT id FROM awgp.create_work_item($1, 'To look', risk_level => {risk})");
        let assistant = self.group.north.assistant;
        self.ask(None, &sql, assistant).await
    }

    /// Two admins approve.
    pub async fn approve(&mut self, approval: Uuid) {
        for role in ["admin", "super_admin"] {
            self.ask(Some(role), "SELECT id FROM awgp.approve($1, 'Read')", approval).await;
        }
    }

    /// Begins, with these further arguments of `begin_action()`.
    pub async fn begin(&mut self, item: Uuid, rest: &str) -> Uuid {
        let sql = format!("SELECT (awgp.begin_action($1, 'look'{rest}) ->> 'action_id')::uuid");
        self.ask(None, &sql, item).await
    }

    /// Ends, with these arguments of `finish_action()`.
    pub async fn finish(&mut self, action: Uuid, rest: &str) {
        let sql = format!("SELECT (awgp.finish_action($1, {rest}) ->> 'action_id')::uuid");
        self.ask(None, &sql, action).await;
    }

    /// An action with arguments that two admins have approved, and that has cost 0.25.
    pub async fn approved_and_paid(&mut self) -> Uuid {
        let item = self.item(4).await;
        let sql = format!("SELECT id FROM awgp.request_action_approval($1, 'look', '{LETTER}')");
        let approval = self.ask(Some("operator"), &sql, item).await;
        self.approve(approval).await;
        let action = self.begin(item, &format!(", 'openai', 1, arguments => '{LETTER}'")).await;
        self.finish(action, "'succeeded', 'gpt-4', 10, 20, 0.25, '{\"seen\": 1}'").await;
        action
    }

    /// Signs the trail of every tenant.
    pub fn sign(&self) {
        self.auditor.sign(&self.database, &["--all-tenants"]);
    }

    /// `awgp audit receipt`, by the notes of the auditor.
    pub fn make(&self, login: Login, rest: &[&str]) -> Outcome {
        let notes = self.auditor.notes();
        cli::json(&self.database, login, &[&["audit", "receipt", "--checkpoint", &notes], rest].concat())
    }

    /// The receipt of an action, as an auditor makes it.
    pub fn receipt(&self, action: Uuid) -> Value {
        self.make(Login::Auditor, &[&action.to_string()]).expect(0).json()
    }

    /// What somebody puts together who does not look: the events of an action, each with its proof, and a
    /// summary of theirs.
    pub async fn by_hand(&self, action: Uuid, summary: &Value) -> Value {
        let auditor = self.database.connect(Login::Auditor).await;
        let newest = "SELECT max(tree_size) FROM awgp.audit_checkpoints WHERE tenant_id = $1";
        let newest = auditor.query_one(newest, &[&self.group.north.id]).await.expect("a checkpoint");
        let size: i64 = newest.get(0);
        let sql = "SELECT part, awgp.prove_audit(audit_id, $2) FROM awgp.action_receipt($1)";
        let rows = auditor.query(sql, &[&action, &size]).await.expect("proofs");
        let parts = rows.iter().map(|row| {
            let (part, proof): (String, Value) = (row.get(0), row.get(1));
            json!({"part": part, "row": proof["row"], "leaf_index": proof["leaf_index"], "path": proof["path"]})
        });
        let note = format!("{}/{}.{size}.note", self.auditor.notes(), self.group.north.id);
        json!({
            "awgp": "receipt", "format": 1, "tenant_id": self.group.north.id, "action_id": action, "summary": summary,
            "parts": parts.collect::<Vec<_>>(), "note": std::fs::read_to_string(note).expect("a note"),
        })
    }

    fn file(&self, receipt: &Value) -> String {
        self.files.set(self.files.get() + 1);
        let file = self.auditor.file(&format!("{}.receipt", self.files.get()));
        std::fs::write(&file, receipt.to_string()).expect("written");
        file
    }

    /// What both implementations say of a receipt that holds.
    pub fn holds(&self, receipt: &Value) -> Value {
        let file = self.file(receipt);
        let key = &self.auditor.public_key;
        let (code, told) = checked_by("check_receipt.py", &[&file, key]);
        assert_eq!(code, 0, "{told}\n{receipt:#}");
        // No variable of the environment but these arguments: there is no server to be asked.
        let arguments = ["audit", "check-proof", &file, "--public-key", key, "--output", "json"];
        let checked = awgp(&arguments, &[]).expect(0).json();
        assert_eq!((&checked["proven"], &checked["summary"]), (&true.into(), &receipt["summary"]));
        checked
    }

    /// Asserts that both implementations refuse it. Returns the reason, the part and the field that ours
    /// names.
    pub fn refused(&self, receipt: &Value) -> (String, String, String) {
        let file = self.file(receipt);
        let key = &self.auditor.public_key;
        let (code, told) = checked_by("check_receipt.py", &[&file, key]);
        assert_ne!(code, 0, "{told}\n{receipt:#}");
        let refused = awgp(&["audit", "check-proof", &file, "--public-key", key, "--output", "json"], &[]);
        assert_ne!(refused.code, 0, "{receipt:#}");
        let error = refused.error();
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        assert!(!text("hint").is_empty(), "{error}");
        (text("reason"), text("part"), text("field"))
    }
}

/// The numbers of the parts of this kind.
pub fn parts(receipt: &Value, kind: &str) -> Vec<usize> {
    let parts = receipt["parts"].as_array().expect("parts");
    (0..parts.len()).filter(|place| parts[*place]["part"] == kind).collect()
}
