//! A base backup and the archived log, restored to points at which clients wrote: by name, by time, by place
//! and by transaction. docs/operations/restore.md says what to do then; it is done, and it works.

use super::elsewhere::assert_alive;
use crate::background_worker::stage::{configure, last_run, maintain, wait_for_run};
use crate::checkpoints::stage::{Auditor, errors};
use awgp_tests::another_server::AnotherServer;
use awgp_tests::catalog::findings;
use awgp_tests::cli::{Outcome, awgp, json};
use awgp_tests::command::program;
use awgp_tests::crash::judge::judge;
use awgp_tests::crash::memory::Moment;
use awgp_tests::crash::{Life, Load, Stage};
use awgp_tests::own_server::{is_inside, major, move_to, until};
use awgp_tests::trail::{self, verify};
use awgp_tests::{Database, Login, connect_to};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use tokio_postgres::Client;

/// A point to restore to, and what clients remembered then.
struct Point {
    target: String,
    moment: Moment,
}

/// What names a point: the setting, and SQL that gives its value.
const TARGETS: [(&str, &str); 4] = [
    (
        "recovery_target_name",
        "SELECT 'before the mistake' FROM pg_create_restore_point('before the mistake')",
    ),
    ("recovery_target_time", "SELECT clock_timestamp()::text"),
    ("recovery_target_lsn", "SELECT pg_current_wal_insert_lsn()::text"),
    ("recovery_target_xid", "SELECT pg_current_xact_id()::text"),
];

/// What the test has: a server under load, its backup, the points, and an auditor's notes from before and
/// after.
struct Scene {
    stage: Arc<Stage>,
    auditor: Auditor,
    points: Vec<Point>,
    memory: Arc<awgp_tests::crash::memory::Memory>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_to_any_point_among_clients_is_whole_and_ends_there() {
    const NAME: &str = "crash::point_in_time::a_restore_to_any_point_among_clients_is_whole_and_ends_there";
    if !is_inside(NAME, &["--conf", "archive_mode=on"]) {
        return;
    }
    let scene = Scene::new().await;
    for (number, point) in scene.points.iter().enumerate() {
        let server = restored(&scene, point).await;
        look_and_resume(&scene.stage.database).await;
        if number == 2 {
            beside_the_original(&scene).await;
        } else {
            in_place_of_the_original(&scene, point, number == 0).await;
        }
        drop(server);
    }
}

impl Scene {
    async fn new() -> Self {
        let stage = Arc::new(Stage::new(false).await);
        installation(&stage.database, &["keep"]);
        let auditor = Auditor::new(&stage.database);
        archive_into(&auditor.file("archive")).await;
        let load = Load::begin(&stage, &Life::calm(), 5);
        assert!(load.more(30).await, "clients work");
        let base = auditor.file("base");
        let copied = tokio::task::spawn_blocking(move || back_up(&base));
        copied.await.expect("the backup is taken while clients write");
        assert!(load.more(20).await, "clients work");
        sign(&stage, &auditor);
        copy_notes(&auditor, "notes-before");
        let superuser = stage.database.superuser().await;
        let mut points = Vec::new();
        for (setting, sql) in TARGETS {
            assert!(load.more(15).await, "clients work");
            let before = load.memory().attempts();
            let value: String = superuser.query_one(sql, &[]).await.expect("a point").get(0);
            points.push(Point { target: format!("{setting}={value}"), moment: load.memory().mark(before) });
        }
        assert!(load.more(20).await, "clients work");
        sign(&stage, &auditor);
        assert!(load.more(20).await, "clients work");
        let memory = load.end().await;
        archive_the_rest(&superuser).await;
        Self { stage, auditor, points, memory }
    }
}

fn sign(stage: &Stage, auditor: &Auditor) {
    let signed = auditor.sign(&stage.database, &["--all-tenants"]);
    assert!(signed.len() >= stage.places.len(), "{signed:?}");
}

/// The folder of notes as it is now, under another name.
fn copy_notes(auditor: &Auditor, name: &str) {
    let copy = auditor.file(name);
    fs::create_dir(&copy).expect("a folder");
    for note in fs::read_dir(auditor.notes()).expect("notes") {
        let note = note.expect("a note");
        if note.file_type().expect("a type").is_file() {
            let to = format!("{copy}/{}", note.file_name().to_string_lossy());
            fs::copy(note.path(), to).expect("copied");
        }
    }
}

/// The server keeps its log in this folder from now on.
async fn archive_into(folder: &str) {
    fs::create_dir(folder).expect("a folder");
    // The server may be another user.
    fs::set_permissions(folder, Permissions::from_mode(0o777)).expect("ours");
    configure("archive_command", &format!("cp %p {folder}/%f.part && mv {folder}/%f.part {folder}/%f")).await;
}

/// A base backup, without the log that was written meanwhile.
fn back_up(folder: &str) {
    let log = std::env::var("AWGP_SCRATCH_LOG").expect("a server of scripts/scratch-server");
    let socket = std::path::Path::new(&log).parent().expect("a folder");
    let port = awgp_tests::server().get_ports().first().copied().expect("a port").to_string();
    let output = program("pg_basebackup")
        .args(["--pgdata", folder, "--username", "postgres", "--port", &port, "--host"])
        .arg(socket)
        .args(["--checkpoint=fast", "--no-sync", "--wal-method=none"])
        .output()
        .expect("pg_basebackup runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// All that was written is in the archive.
async fn archive_the_rest(superuser: &Client) {
    let sql = "SELECT pg_walfile_name(pg_switch_wal())";
    let last: String = superuser.query_one(sql, &[]).await.expect("a file").get(0);
    until("the log is archived", async || {
        let sql = "SELECT coalesce(last_archived_wal >= $1, false) FROM pg_stat_archiver";
        superuser.query_one(sql, &[&last]).await.expect("an answer").get(0)
    })
    .await;
}

/// A server from the backup, paused at the point; this process has moved to it. Its worker maintains the
/// database as soon as recovery ends.
async fn restored(scene: &Scene, point: &Point) -> AnotherServer {
    let (base, archive) = (scene.auditor.file("base"), scene.auditor.file("archive"));
    let settings = [
        format!("restore_command=cp {archive}/%f %p"),
        point.target.clone(),
        "recovery_target_action=pause".to_owned(),
        "shared_preload_libraries=awgp".to_owned(),
        "awgp.maintenance_interval=1".to_owned(),
        format!("awgp.maintenance_databases={}", scene.stage.database.name),
    ];
    let version = major();
    let mut options = vec!["--pg", version.as_str(), "--from", base.as_str()];
    options.extend(settings.iter().flat_map(|setting| ["--conf", setting.as_str()]));
    let server = AnotherServer::start(&options);
    move_to(server.url());
    let postgres = connect_to("postgres", Login::Superuser).await;
    until("recovery is at the point", async || {
        let sql = "SELECT pg_get_wal_replay_pause_state() = 'paused'";
        postgres.query_one(sql, &[]).await.expect("an answer").get(0)
    })
    .await;
    server
}

/// Steps 1 to 3 of the page: rows are looked at while recovery is paused, the worker is kept away, recovery
/// ends.
async fn look_and_resume(database: &Database) {
    let superuser = database.superuser().await;
    assert_eq!(verify(database).await, [], "what is there holds while recovery is paused");
    let last = last_run(database).await;
    configure("awgp.maintenance_databases", "").await;
    superuser.execute("SELECT pg_wal_replay_resume()", &[]).await.expect("a superuser may");
    until("recovery has ended", async || {
        let sql = "SELECT NOT pg_is_in_recovery()";
        superuser.query_one(sql, &[]).await.expect("an answer").get(0)
    })
    .await;
    assert_eq!(codes(&superuser).await, ["timeline_changed"], "somebody has to decide");
    assert_eq!(last_run(database).await, last, "nobody has written before the decision");
}

async fn codes(client: &Client) -> Vec<String> {
    findings(client).await.into_iter().map(|(code, ..)| code).collect()
}

/// As the one who owns the extension.
fn installation(database: &Database, arguments: &[&str]) -> Outcome {
    let arguments = [&["installation"], arguments].concat();
    json(database, Login::Superuser, &arguments).expect(0)
}

/// What the notes of before and after the point find: the kinds, and of how many tenants.
fn noted(scene: &Scene, notes: &str, code: i32) -> (BTreeSet<String>, usize) {
    let (found, _) = scene.auditor.verify(&scene.stage.database, &scene.auditor.file(notes), code);
    let (kinds, tenants): (BTreeSet<_>, BTreeSet<_>) = errors(&found).into_iter().unzip();
    (kinds, tenants.len())
}

fn one(kind: &str) -> BTreeSet<String> {
    [kind.to_owned()].into()
}

/// The copy takes the place of the original: kept, compared with what clients remember, and clients go on.
async fn in_place_of_the_original(scene: &Scene, point: &Point, to_the_end: bool) {
    let database = &scene.stage.database;
    let superuser = database.superuser().await;
    assert_eq!(noted(scene, "notes-before", 0).0, BTreeSet::new());
    let (kinds, lost) = noted(scene, "notes", 12);
    assert_eq!(kinds, one("rolled_back"));
    // Of a tenant that wrote nothing between the point and the later note, that note holds.
    assert!(lost > 0, "{lost}");
    assert_eq!(installation(database, &["show"]).json()["promoted"], true);
    installation(database, &["keep"]);
    assert_eq!(codes(&superuser).await, [""; 0]);
    let memory = scene.memory.as_of(&point.moment, &database.name, true);
    assert_eq!(judge(database, &memory, None).await, []);
    if to_the_end {
        assert_alive(&scene.stage, database).await;
        go_on_after_the_loss(scene).await;
    }
    maintain(&[database]).await;
    wait_for_run(database).await;
    assert_eq!(codes(&superuser).await, [""; 0]);
}

/// What the section "Going on after a loss" says: the loss is counted, the copy is adopted, and signed into a
/// new folder.
async fn go_on_after_the_loss(scene: &Scene) {
    let (database, auditor) = (&scene.stage.database, &scene.auditor);
    let refused = auditor.try_sign(database, &["--all-tenants"], &auditor.notes()).expect(4);
    assert_eq!(refused.error()["reason"], "checkpoint_not_extended");
    let page = include_str!("../../../docs/operations/restore.md");
    let sql = page.split("```sql").nth(1).and_then(|rest| rest.split("```").next()).expect("a query");
    let lanes = database.connect(Login::Auditor).await;
    let lanes = lanes.query(sql, &[]).await.expect("the query of the page");
    assert!(lanes.len() >= scene.stage.places.len(), "every tenant has a lane");
    installation(database, &["adopt", "--reason", "backup of today", "--yes"]);
    let own = auditor.file("notes-after-the-loss");
    auditor.try_sign(database, &["--all-tenants"], &own).expect(0);
    assert_eq!(noted(scene, "notes-after-the-loss", 0).0, BTreeSet::new());
    assert!(noted(scene, "notes", 12).0.contains("split_view"), "what was lost is not forgotten");
}

/// The copy is adopted before anybody writes, and clients go on in it.
async fn beside_the_original(scene: &Scene) {
    let database = &scene.stage.database;
    let original = trail::install_id(database).await.to_string();
    // Transactions that were prepared at the point are there, and would keep the trail busy.
    let superuser = database.superuser().await;
    for row in superuser
        .query("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()", &[])
        .await
        .expect("a superuser sees them")
    {
        let sql = format!("ROLLBACK PREPARED '{}'", row.get::<_, String>(0));
        superuser.batch_execute(&sql).await.expect("it is resolved");
    }
    installation(database, &["adopt", "--reason", "a search", "--yes"]);
    assert_eq!(noted(scene, "notes-before", 0).0, BTreeSet::new());
    assert_eq!(noted(scene, "notes", 12).0, one("split_view"));
    // Nor may clients leave one: maintenance would report it.
    let life = Life { prepares: false, ..Life::calm() };
    let load = Load::begin(&scene.stage, &life, 6);
    assert!(load.more(20).await, "clients work");
    let memory = load.end().await;
    assert_eq!(memory.unexpected(), [""; 0]);
    maintain(&[database]).await;
    wait_for_run(database).await;
    assert_eq!((codes(&superuser).await, verify(database).await), (Vec::new(), Vec::new()));
    let ledger = "SELECT FROM awgp.verify_ledger()";
    let auditor = database.connect(Login::Auditor).await;
    assert!(auditor.query(ledger, &[]).await.expect("the ledger").is_empty());
    let url = database.url(Login::Auditor);
    let arguments = ["audit", "verify", "--output", "json", "--install-id", &original];
    let (found, _) = awgp(&arguments, &[("DATABASE_URL", &url)]).expect(12).verified();
    let kinds: BTreeSet<&str> = found.iter().filter_map(|found: &Value| found["kind"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["bad_genesis"]));
}
