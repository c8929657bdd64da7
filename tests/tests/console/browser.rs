//! The console in Chromium: what people do, what attackers try, and that axe-core finds nothing.

use awgp_tests::browser::browse;
use awgp_tests::fixture::{Tenant, one};
use awgp_tests::openid::Scene;
use awgp_tests::tokens::token_of;
use awgp_tests::{Database, Login};
use serde_json::json;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Every page that has a path of its own; where its list links to single things, the first is opened too.
const PATHS: [&str; 12] = [
    "/inbox",
    "/approvals",
    "/work",
    "/assistants",
    "/stops",
    "/flags",
    "/money",
    "/messages",
    "/audit",
    "/doctor",
    "/subsidiaries",
    "/no-such-page",
];

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A user of this role makes an item of this title, which a manager or above may decide, and asks for it.
async fn ask(scene: &Scene, tenant: &Tenant, role: &str, title: &str) {
    let mut app = scene.database.connect(Login::App).await;
    let transaction = app.transaction().await.expect("a transaction begins");
    let token = token_of(tenant.user(role));
    transaction.execute("SELECT awgp.authenticate($1)", &[&token]).await.expect("a good token");
    let sql = "SELECT id FROM awgp.create_work_item($1, $2, 'In one sentence.', 3)";
    let item = one(&transaction, sql, &[&tenant.assistant, &title]).await;
    transaction.execute("SELECT awgp.request_approval($1)", &[&item]).await.expect("it can be asked for");
    transaction.commit().await.expect("committed");
}

/// One act of deciding.js: an admin and a manager, and a request of an operator and one of the manager.
async fn act(name: &str) {
    let scene = Scene::new(&[], &[]).await;
    let north = &scene.group.north;
    ask(&scene, north, "operator", "Pay the harbour dues").await;
    ask(&scene, north, "manager", "Move the berth").await;
    let told = json!({
        "console": scene.console.url, "act": name, "asked": "Pay the harbour dues", "of_second": "Move the berth",
        "approver": north.user("admin"), "second": north.user("manager"),
    });
    browse("deciding.js", &told);
}

#[tokio::test]
async fn an_approver_signs_in_and_approves_from_the_inbox() {
    act("an_approver_signs_in_and_approves_from_the_inbox").await;
}

#[tokio::test]
async fn the_requester_cannot() {
    act("the_requester_cannot").await;
}

#[tokio::test]
async fn a_session_that_has_ended_cannot() {
    act("a_session_that_has_ended_cannot").await;
}

#[tokio::test]
async fn a_form_on_another_site_does_nothing() {
    act("a_form_on_another_site_does_nothing").await;
}

#[tokio::test]
async fn two_approvers_race_and_one_is_told_what_is_so() {
    act("two_approvers_race_and_one_is_told_what_is_so").await;
}

#[tokio::test]
async fn without_javascript_everything_works() {
    act("without_javascript_everything_works").await;
}

#[tokio::test]
async fn a_script_in_a_title_does_not_run_and_none_could() {
    let scene = Scene::new(&[], &[]).await;
    let title = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    ask(&scene, &scene.group.north, "operator", title).await;
    let told =
        json!({ "console": scene.console.url, "reader": scene.group.north.user("admin"), "title": title });
    browse("scripts.js", &told);
}

/// What `make console` shows, on a database of its own. It ends with the test.
struct Shown {
    child: Child,
    /// Where the console is.
    url: String,
    /// Whom to sign in as, by what they are.
    people: HashMap<String, String>,
}

impl Shown {
    fn start(database: &Database) -> Self {
        let variables = variables(database);
        let mut command = Command::new(folder("../scripts/console"));
        command.args(["--port", "0"]).envs(variables).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("scripts/console runs");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut shown = Self { child, url: String::new(), people: HashMap::new() };
        for line in stdout.lines() {
            let line = line.expect("UTF-8");
            if let Some(url) = line.strip_prefix("The console is at ") {
                shown.url = url.trim_end_matches('/').to_owned();
            }
            if let [email, role, ..] = line.split_whitespace().collect::<Vec<_>>()[..]
                && email.contains('@')
            {
                shown.people.entry(role.to_owned()).or_insert_with(|| email.to_owned());
            }
            if line.contains("Ctrl-C ends all of it") {
                return shown;
            }
        }
        panic!("scripts/console has ended: {:?}", shown.child.wait());
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        // It takes what it has started along. Not INT, which whatever runs in the background may ignore.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// The variables of PostgreSQL for the superuser of a database.
fn variables(database: &Database) -> Vec<(&'static str, String)> {
    let config: tokio_postgres::Config = database.url(Login::Superuser).parse().expect("a URL");
    let password = String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned();
    vec![
        ("PGHOST", "127.0.0.1".to_owned()),
        ("PGPORT", config.get_ports()[0].to_string()),
        ("PGUSER", config.get_user().expect("a user").to_owned()),
        ("PGPASSWORD", password),
        ("PGDATABASE", database.name.clone()),
    ]
}

#[tokio::test]
async fn axe_finds_nothing_on_any_page_that_make_console_shows() {
    let database = Database::new().await;
    let shown = Shown::start(&database);
    let reader = &shown.people["admin"];
    // The page that asks before it stops is of one assistant.
    let sql = "SELECT a.id::text FROM awgp.assistants AS a JOIN awgp.users AS u USING (tenant_id)
               WHERE u.email = $1 ORDER BY a.id LIMIT 1";
    let row = database.superuser().await.query_one(sql, &[reader]).await.expect("an assistant");
    let stopping = format!("/stops/new?scope=assistant&id={}", row.get::<_, String>(0));
    let paths = [&PATHS[..], &[stopping.as_str()]].concat();
    browse("pages.js", &json!({ "console": shown.url, "reader": reader, "paths": paths }));
}
