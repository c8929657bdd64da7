//! A family between two servers, of which one is killed at a time: at every step of a move the mover, then
//! the server that the step writes to, then the other one. What is killed is called again, or undone.

use super::stage::{Stage, family_between, said, text};
use crate::checkpoints::stage::Auditor;
use awgp_tests::another_server::AnotherServer;
use awgp_tests::fixture::{self, within};
use awgp_tests::own_server::major;
use awgp_tests::trail::verify;
use awgp_tests::{Database, Login};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_postgres::Client;
use uuid::Uuid;

/// A guard against waiting for ever.
const A_LONG_TIME: Duration = Duration::from_mins(2);
/// Nothing that a commit does not wait for comes to the disk by itself.
const LAZY: [&str; 4] = ["--conf", "synchronous_commit=off", "--conf", "wal_writer_delay=10s"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Mover,
    Source,
    Target,
}
use Victim::{Mover, Source, Target};

/// A step of a move: it is halted at its end, before its commit, by a lock on what it writes last.
struct Step {
    name: &'static str,
    /// Where the move pauses before it.
    after: Option<&'static str>,
    /// The side that it writes to.
    at: Victim,
    /// The table that is locked.
    table: &'static str,
    /// Whether the way back is open whatever is killed; if not, it is when the side that it writes to is.
    back: bool,
}

const fn step(name: &'static str, after: Option<&'static str>, at: Victim, table: &'static str) -> Step {
    Step { name, after, at, table, back: true }
}

const STEPS: [Step; 8] = [
    step("begin", None, Source, "tenant_moves"),
    step("begin at the target", None, Target, "tenant_moves"),
    step("copy", Some("begun"), Target, "audit_adopted_lanes"),
    step("stop", Some("copied"), Source, "tenant_moves"),
    step("rest", Some("stopped"), Target, "audit_adopted_lanes"),
    Step { back: false, ..step("leave", Some("verified"), Source, "tenant_moves") },
    step("arrive", Some("left"), Target, "tenant_moves"),
    step("clear", Some("arrived"), Source, "tenant_moves"),
];
/// The steps before the source has let go.
const BEFORE_IT_LEAVES: usize = 6;

/// A database and its server.
struct Side {
    server: AnotherServer,
    database: Database,
}

impl Side {
    async fn new() -> Self {
        let server = AnotherServer::start(&[&["--pg", &major()], &LAZY[..]].concat());
        let database = Database::on(server.url()).await;
        Self { server, database }
    }
}

struct Pair<'a> {
    source: &'a Side,
    target: &'a Side,
    tenant: Uuid,
}

impl Pair<'_> {
    fn side(&self, which: Victim) -> &Side {
        if which == Source { self.source } else { self.target }
    }

    fn go(&self, options: &[&str]) -> awgp_tests::cli::Outcome {
        family_between("holding", &self.source.database, &self.target.database, options)
    }

    fn mover(&self) -> Child {
        let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN names the binary");
        let (from, to) = (self.source.database.url(Login::Admin), self.target.database.url(Login::Admin));
        Command::new(binary)
            .args(["fleet", "move", "holding", "--from", &from, "--to", &to, "--yes"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs")
    }

    /// Runs the move until this step is about to commit, and kills one of the three.
    async fn kill(&self, step: &Step, victim: Victim) {
        let what = format!("{}, {victim:?}", step.name);
        if let Some(after) = step.after {
            said(&self.go(&["--until", after]).expect(0));
        }
        let at = self.side(step.at);
        let mut holder = at.database.superuser().await;
        let held = holder.transaction().await.expect("a transaction");
        held.batch_execute(&format!("LOCK TABLE awgp.{} IN SHARE MODE", step.table)).await.expect("a lock");
        let mut mover = self.mover();
        until_it_waits(&at.database, &mut mover, &what).await;
        match victim {
            Mover => mover.kill().expect("it is killed"),
            side => self.side(side).server.crash().await,
        }
        if victim != step.at {
            held.rollback().await.expect("the lock is gone");
        }
        mover.wait().expect("it ends");
        assert!(!(self.works(Source).await && self.works(Target).await), "alive in both places: {what}");
    }

    /// True where the family can write there.
    async fn works(&self, side: Victim) -> bool {
        let database = &self.side(side).database;
        written(database, self.tenant, "alive", Uuid::new_v4(), true).await
    }

    async fn verified(&self, what: &str) {
        assert_eq!(verify(&self.source.database).await, [], "the source: {what}");
        assert_eq!(verify(&self.target.database).await, [], "the target: {what}");
    }
}

/// Waits until the mover waits for a lock.
async fn until_it_waits(database: &Database, mover: &mut Child, what: &str) {
    let watcher = database.superuser().await;
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND usename = $1 AND wait_event_type = 'Lock'";
    let role = Login::Admin.role().expect("a login");
    let deadline = Instant::now() + A_LONG_TIME;
    while watcher.query_one(sql, &[&role]).await.expect("a count").get::<_, i64>(0) == 0 {
        assert!(mover.try_wait().expect("a process").is_none(), "it ends before it is killed: {what}");
        assert!(Instant::now() < deadline, "it does not come there: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Writes an event; true where the commit was acknowledged.
async fn written(database: &Database, tenant: Uuid, action: &str, id: Uuid, is_durable: bool) -> bool {
    let Ok(mut app) = database.try_connect(Login::App).await else { return false };
    let wrote = async || {
        let work = app.transaction().await?;
        if is_durable {
            work.batch_execute("SET LOCAL synchronous_commit = on").await?;
        }
        work.execute("SELECT awgp.set_context($1::uuid)", &[&tenant]).await?;
        work.execute("SELECT awgp.log_event($1, 'test', $2)", &[&action, &id]).await?;
        work.commit().await
    };
    let mut wrote = wrote;
    wrote().await.is_ok()
}

/// Somebody who writes wherever the family works, all the time. Every second event is durable.
struct Writer {
    is_over: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Vec<Uuid>>>,
    running: tokio::task::JoinHandle<()>,
}

impl Writer {
    fn begin(places: Vec<Database>, tenant: Uuid) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let (ended, told) = (Arc::clone(&is_over), Arc::clone(&acknowledged));
        let running = tokio::spawn(async move {
            let mut round = 0_usize;
            while !ended.load(Ordering::Relaxed) {
                let (place, id) = (&places[round / 2 % places.len()], Uuid::new_v4());
                let is_durable = round.is_multiple_of(2);
                let wrote = written(place, tenant, "work", id, is_durable).await;
                if wrote && is_durable {
                    told.lock().expect("nobody has panicked").push(id);
                }
                // Where it does not work, the other place is tried.
                round += if wrote || !is_durable { 1 } else { 2 };
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        });
        Self { is_over, acknowledged, running }
    }

    async fn end(self) -> Vec<Uuid> {
        self.is_over.store(true, Ordering::Relaxed);
        self.running.await.expect("it ends");
        let told = self.acknowledged.lock().expect("nobody has panicked");
        told.clone()
    }
}

/// How many of these events are there.
async fn there(database: &Database, ids: &[Uuid]) -> i64 {
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE action = 'work' AND entity_id = ANY ($1)";
    database.superuser().await.query_one(sql, &[&ids]).await.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_of_two_servers_is_killed_at_whichever_step_the_family_is_in_one_place() {
    let (one, two) = (Side::new().await, Side::new().await);
    let group = fixture::group(&one.database).await;
    let auditor = Auditor::new(&one.database);
    auditor.sign(&one.database, &["--tenant", "holding"]);
    let tenant = group.north.id;
    let places = [&one, &two].map(|side| side.database.again());
    let writer = Writer::begin(places.into(), tenant);

    // There: what was killed is called again.
    let pair = Pair { source: &one, target: &two, tenant };
    for step in &STEPS {
        let others = [Source, Target].into_iter().filter(|side| *side != step.at);
        for victim in [Mover, step.at].into_iter().chain(others) {
            pair.kill(step, victim).await;
        }
        pair.verified(step.name).await;
    }
    said(&pair.go(&[]).expect(0));
    assert!(pair.works(Target).await && !pair.works(Source).await, "it has arrived");

    // And back again: it is undone first, at each step until the source has let go.
    auditor.try_sign(&two.database, &["--tenant", "holding"], &auditor.file("there")).expect(0);
    let pair = Pair { source: &two, target: &one, tenant };
    let trees = text(&one.database, TREES).await;
    for (step, victim) in STEPS[..BEFORE_IT_LEAVES].iter().zip([Mover, Source, Target].into_iter().cycle()) {
        let victim = if step.back { victim } else { step.at };
        pair.kill(step, victim).await;
        said(&pair.go(&["--back"]).expect(0));
        assert!(pair.works(Source).await && !pair.works(Target).await, "undone: {}", step.name);
        pair.verified(step.name).await;
        assert_eq!(text(&one.database, TREES).await, trees, "the trees of its first stay: {}", step.name);
    }
    said(&pair.go(&[]).expect(0));
    assert!(pair.works(Target).await && !pair.works(Source).await, "it is at home");
    let acknowledged = writer.end().await;
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());
    let found = there(&one.database, &acknowledged).await;
    assert_eq!(usize::try_from(found).ok(), Some(acknowledged.len()), "nothing acknowledged is lost");
    pair.verified("at home").await;
    auditor.assert_holds(&one.database, &auditor.notes(), 4);
}

/// What is stored of the trees of families that have moved.
const TREES: &str = "
    SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
        SELECT tree::text AS line, tenant_id FROM awgp.audit_checkpoints AS tree
        UNION ALL SELECT tree::text, tenant_id FROM awgp.audit_tree_lanes AS tree
        UNION ALL SELECT tree::text, tenant_id FROM awgp.audit_tree_tiles AS tree) AS stored
    WHERE tenant_id IN (SELECT unnest(tenants) FROM awgp.tenant_moves)";

async fn events(database: &Database, tenant: Uuid, count: i32) {
    let mut app: Client = database.app().await;
    let work = within(&mut app, tenant).await;
    let sql = "SELECT awgp.log_event('more', 'test') FROM generate_series(1, $1::integer)";
    work.execute(sql, &[&count]).await.expect("events");
    work.commit().await.expect("it commits");
}

#[tokio::test]
async fn what_has_left_before_the_stop_is_not_forgotten_by_a_source_that_crashes() {
    let source = Side::new().await;
    let stage = Stage::between(source.database.again(), Database::new().await).await;
    said(&stage.fleet_move(&["--until", "begun"]).expect(0));
    events(&stage.source, stage.group.north.id, 100).await;
    said(&stage.fleet_move(&["--until", "copied"]).expect(0));
    source.server.crash().await;
    let kept = "SELECT count(*)::text FROM awgp.audit_logs WHERE action = 'more'";
    assert_eq!(text(&stage.source, kept).await.as_deref(), Some("100"), "what was copied is on its disk");
    events(&stage.source, stage.group.north.id, 1).await;
    said(&stage.fleet_move(&[]).expect(0));
    assert_eq!(text(&stage.target, kept).await.as_deref(), Some("101"));
    assert_eq!(verify(&stage.source).await, []);
    assert_eq!(verify(&stage.target).await, []);
}

#[tokio::test]
async fn a_return_that_is_undone_leaves_the_trees_of_the_first_stay_as_they_were() {
    let stage = super::stage::stage().await;
    let (here, there, north) = (&stage.source, &stage.target, stage.group.north.id);
    // More than a tile of 256, and not a full one.
    events(here, north, 600).await;
    stage.auditor.sign(here, &["--tenant", "holding"]);
    said(&stage.fleet_move(&[]).expect(0));
    let before = text(here, TREES).await.expect("trees");
    events(there, north, 1_000).await;
    stage.auditor.try_sign(there, &["--tenant", "holding"], &stage.auditor.file("there")).expect(0);
    let go = |options: &[&str]| said(&super::stage::between(there, here, options).expect(0));
    for _ in 0..2 {
        go(&["--until", "verified"]);
        assert_ne!(text(here, TREES).await.as_deref(), Some(before.as_str()));
        go(&["--back"]);
        assert_eq!(text(here, TREES).await.as_deref(), Some(before.as_str()));
        assert_eq!(verify(here).await, []);
    }
    go(&[]);
    let kept = "SELECT count(*)::text FROM awgp.tenant_moves WHERE kept IS NOT NULL";
    assert_eq!(text(here, kept).await.as_deref(), Some("0"), "nothing is kept without need");
    stage.auditor.assert_holds(here, &stage.auditor.notes(), 4);
    assert_eq!(verify(here).await, []);
}
