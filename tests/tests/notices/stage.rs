//! A group whose tenant north is told of everything, and a file of targets.

use awgp_tests::approving::asked;
use awgp_tests::cli::{Outcome, awgp};
use awgp_tests::fixture::{Group, Tenant, group};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tokio_postgres::Client;
use uuid::Uuid;

/// The kinds that belong to tenants.
pub const KINDS: [&str; 11] = [
    "approval_asked",
    "approval_decided",
    "approval_escalated",
    "approval_expiring",
    "approval_expired",
    "budget_threshold",
    "budget_overrun",
    "flag_confirmed",
    "assistant_suspended",
    "stopped",
    "resumed",
];

/// The settings that route every kind to these targets.
pub fn routed(targets: &[&str]) -> Value {
    let routes: serde_json::Map<String, Value> =
        KINDS.iter().map(|kind| ((*kind).to_owned(), json!(targets))).collect();
    json!({"routes": routes})
}

/// Sets a tenant's settings of notices.
pub async fn settings(database: &Database, tenant: &Tenant, notices: &Value) {
    let sql = "UPDATE awgp.tenants SET settings = settings || jsonb_build_object('notices', $2::jsonb) WHERE id = $1";
    database.admin().await.execute(sql, &[&tenant.id, notices]).await.expect("the settings can be used");
}

/// A file that is gone with the test.
pub struct Kept(pub PathBuf);

impl Kept {
    /// With this text, for its owner alone.
    pub fn new(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("awgp-notify-{}.toml", Uuid::new_v4()));
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        Self(path)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A database, its group, and what superusers do between attempts.
pub struct Stage {
    /// The database.
    pub database: Database,
    /// Its group.
    pub group: Group,
    /// A connection that plays the time that passes.
    pub superuser: Client,
}

impl Stage {
    /// North is told of everything at the target `hook`.
    pub async fn set() -> Self {
        let database = Database::new().await;
        let group = group(&database).await;
        settings(&database, &group.north, &routed(&["hook"])).await;
        let superuser = database.superuser().await;
        Self { database, group, superuser }
    }

    /// So many approvals are asked for in north; a notice each.
    pub async fn ask(&self, count: usize) {
        let mut app = self.database.app().await;
        for _ in 0..count {
            asked(&mut app, &self.group.north, 4).await;
        }
    }

    /// `awgp notify --once` as the notifier, with this file and these options.
    pub fn once(&self, file: &Kept, more: &[&str]) -> Outcome {
        let path = file.0.to_str().expect("UTF-8");
        let arguments = [&["notify", "--once", "--targets", path, "--output", "json"], more].concat();
        awgp(&arguments, &[("DATABASE_URL", &self.database.url(Login::Notifier))])
    }

    /// Every wait and every lease is over.
    pub async fn time_passes(&self) {
        let sql = "UPDATE awgp.outbox SET due_at = now() WHERE status = 'waiting'";
        self.superuser.batch_execute(sql).await.expect("a superuser may");
    }

    /// Status, attempts and last error of each notice, in the order in which they were written.
    pub async fn kept(&self) -> Vec<(String, i32, Option<String>)> {
        let sql = "SELECT status, attempts, last_error FROM awgp.outbox ORDER BY created_at";
        let rows = self.superuser.query(sql, &[]).await.expect("rows");
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }
}

/// A file with the target `hook` at this URL.
pub fn hook(url: &str, more: &str) -> Kept {
    Kept::new(&format!("[targets.hook]\ntype = \"webhook\"\nurl = \"{url}\"\n{more}\n"))
}

/// A status as [`Stage::kept`] says it.
pub fn is(status: &str, attempts: i32, error: Option<&str>) -> (String, i32, Option<String>) {
    (status.to_owned(), attempts, error.map(str::to_owned))
}
