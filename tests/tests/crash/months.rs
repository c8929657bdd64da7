//! Months that turn while clients write, on a server whose clock is moved: to the end of a month whose next
//! one is made, and to the end of one that nothing follows, with a transaction that somebody has prepared and
//! left. Between the loads the server is killed, and comes back with the later clock.

use awgp_core::month::Month;
use awgp_tests::catalog::findings;
use awgp_tests::cli::{Outcome, awgp};
use awgp_tests::crash::judge::{Finding, judge};
use awgp_tests::crash::memory::Memory;
use awgp_tests::crash::{Life, Load, Stage};
use awgp_tests::own_server::{crash_into, is_inside, until};
use awgp_tests::{Database, Login};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use uuid::Uuid;

/// The doctor's finding that this file has the case of: it takes a quarter of an hour.
pub const CODE: &str = "transaction_prepared";

const SECOND_US: i64 = 1_000_000;
/// Later than a month is due for its seal, and than the doctor warns of what is prepared.
const AN_HOUR_AND_MORE_US: i64 = 65 * 60 * SECOND_US;
/// How long before the end of a month the clock is set, in seconds. A busy machine needs more.
const MARGINS: [i64; 3] = [30, 60, 180];
/// What is left of it when clients begin.
const LEFT_AT_LEAST_US: i64 = 20 * SECOND_US;
/// A prepared transaction that is older counts as left.
const LEFT_AFTER: Duration = Duration::from_secs(12);
/// Rate limits are forgotten after their hour.
const OF_AN_HOUR: &str = "every message that counts was sent once, and is recorded";

/// Where the clock begins: 70 days before this machine's, so that it can go to the ends of two months and an
/// hour beyond, and is behind it all the time (`scripts/scratch-server` says why).
const BEGINNING: &str = "-6048000";

/// The server's clock, so many seconds from this machine's.
struct Clock {
    from_here: i64,
}

impl Clock {
    fn now_us(&self) -> i64 {
        let here = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        i64::try_from(here.as_micros()).expect("a clock") + self.from_here * SECOND_US
    }

    fn month(&self) -> Month {
        Month::of_timestamp(self.now_us()).expect("a month")
    }

    /// Kills the server, which comes back when its clock shows this moment.
    async fn set(&mut self, at_us: i64) {
        self.from_here += (at_us - self.now_us()) / SECOND_US;
        assert!(self.from_here < 0, "it is behind this machine's");
        crash_into(self.from_here).await;
    }

    /// Sets it a little before the end of the present month, which it returns.
    async fn set_before_the_turn(&mut self) -> Month {
        let month = self.month();
        for seconds in MARGINS {
            self.set(month.end_us() - seconds * SECOND_US).await;
            if month.end_us() - self.now_us() >= LEFT_AT_LEAST_US {
                return month;
            }
        }
        panic!("the server needs longer than {MARGINS:?} s to start");
    }

    /// Waits until the month is over.
    async fn wait_for_the_turn(&self, month: Month) {
        while self.now_us() < month.end_us() + 3 * SECOND_US {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A client that looks at the server's clock before and after each of its commits.
struct Watch {
    over: Arc<AtomicBool>,
    running: JoinHandle<Vec<(i64, i64, i64)>>,
}

impl Watch {
    fn begin(stage: &Arc<Stage>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let running = tokio::spawn(watch(Arc::clone(stage), Arc::clone(&over)));
        Self { over, running }
    }

    /// The events: their numbers, and between which moments each was committed.
    async fn end(self) -> Vec<(i64, i64, i64)> {
        self.over.store(true, Ordering::SeqCst);
        self.running.await.expect("it ends")
    }
}

async fn watch(stage: Arc<Stage>, over: Arc<AtomicBool>) -> Vec<(i64, i64, i64)> {
    let client = stage.database.app().await;
    let tenant = stage.places[0].tenant.id;
    let context = format!("SET app.current_tenant = '{tenant}'");
    client.batch_execute(&context).await.expect("the context is set");
    let mut seen = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let before = now(&client).await;
        let event = "SELECT awgp.log_event('looked', 'clock')";
        if let Ok(row) = client.query_one(event, &[]).await {
            seen.push((row.get(0), before, now(&client).await));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen
}

async fn now(client: &Client) -> i64 {
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    client.query_one(sql, &[]).await.expect("a clock").get(0)
}

/// What came of one load.
struct Written {
    memory: Arc<Memory>,
    seen: Vec<(i64, i64, i64)>,
}

/// Clients that write, and one that looks at the clock.
struct Writing {
    load: Load,
    watch: Watch,
}

impl Writing {
    fn begin(stage: &Arc<Stage>, life: &Life, seed: u64) -> Self {
        Self { load: Load::begin(stage, life, seed), watch: Watch::begin(stage) }
    }

    async fn go_on(&self) {
        assert!(self.load.more(40).await, "clients work");
    }

    async fn end(self) -> Written {
        let seen = self.watch.end().await;
        Written { memory: self.load.end().await, seen }
    }
}

/// Maintenance as an operator runs it, a transaction for each step.
async fn maintain(database: &Database) -> Outcome {
    let url = database.url(Login::Maintainer);
    let run = move || awgp(&["maintenance", "run"], &[("DATABASE_URL", &url)]);
    tokio::task::spawn_blocking(run).await.expect("awgp runs")
}

/// Runs maintenance until the month is sealed.
async fn maintain_until_sealed(database: &Database, month: Month) {
    let superuser = database.superuser().await;
    let name = month.partition_name();
    until(&format!("{name} is sealed"), async || {
        let told = maintain(database).await;
        // A transaction of a client that is prepared just now may be in the way.
        assert!([0, 12].contains(&told.code), "{told:?}");
        is_sealed(&superuser, &name).await
    })
    .await;
}

async fn is_sealed(superuser: &Client, name: &str) -> bool {
    let sql = "SELECT EXISTS (SELECT FROM awgp.audit_log_integrity WHERE partition_name = $1)";
    superuser.query_one(sql, &[&name]).await.expect("an answer").get(0)
}

/// As `awgp notify` would have.
async fn deliver(database: &Database) {
    let notifier = database.connect(Login::Notifier).await;
    for target in ["mail", "chat"] {
        loop {
            let claim = "SELECT id FROM awgp.claim_notices($1, 100, 60)";
            let rows = notifier.query(claim, &[&target]).await.expect("notices are claimed");
            for row in &rows {
                let told = "SELECT awgp.notice_delivered($1)";
                notifier.query(told, &[&row.get::<_, Uuid>(0)]).await.expect("a notice is delivered");
            }
            if rows.is_empty() {
                break;
            }
        }
    }
}

/// What is wrong, after whoever keeps the database has done their part: notices are delivered.
async fn judged(database: &Database, memory: &Memory) -> Vec<Finding> {
    deliver(database).await;
    judge(database, memory, None).await
}

/// The same more than an hour later. Maintenance runs twice, so that what has become unknown is abandoned.
async fn judged_later(database: &Database, memory: &Memory) -> Vec<Finding> {
    for _ in 0..2 {
        maintain(database).await;
    }
    let found = judged(database, memory).await;
    found.into_iter().filter(|finding| finding.rule != OF_AN_HOUR).collect()
}

/// Takes the months after the present one away, as if nobody had ever made them.
const NEVER_MADE: &str = r#"DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                    WHERE inhparent = 'awgp.audit_logs'::regclass AND relname ~ '[0-9]'
                      AND relname > to_char(clock_timestamp() AT TIME ZONE 'UTC', '"audit_logs_"YYYY_MM')
        LOOP EXECUTE format('DROP TABLE awgp.%I', name); END LOOP;
        DELETE FROM awgp.audit_partitions
        WHERE partition_name NOT IN (SELECT relname FROM pg_class WHERE relnamespace = 'awgp'::regnamespace);
    END $$"#;

/// A work item in a transaction that is prepared and left.
async fn prepare(stage: &Stage) -> Uuid {
    let tenant = &stage.places[1].tenant;
    let client = stage.database.app().await;
    let begin = format!("BEGIN; SELECT awgp.set_context('{}', '{}')", tenant.id, tenant.user("operator"));
    client.batch_execute(&begin).await.expect("the context is set");
    let sql = "SELECT id FROM awgp.create_work_item($1, 'left')";
    let id = client.query_one(sql, &[&tenant.assistant]).await.expect("it is made").get(0);
    client.batch_execute("PREPARE TRANSACTION 'left'").await.expect("it is prepared");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn two_months_turn_under_writers_and_each_event_is_in_the_month_of_its_time() {
    const NAME: &str =
        "crash::months::two_months_turn_under_writers_and_each_event_is_in_the_month_of_its_time";
    // It is killed: what it has acknowledged must be in the kernel's hands.
    if !is_inside(NAME, &["--clock", BEGINNING, "--conf", "synchronous_commit=on"]) {
        return;
    }
    let mut clock = Clock { from_here: BEGINNING.parse().expect("a number") };
    // Not in the last minutes of a month: the clock goes forward only.
    while clock.month().end_us() - clock.now_us() < 10 * 60 * SECOND_US {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let stage = Arc::new(Stage::new(false).await);
    let database = &stage.database;
    let keep = format!("ALTER DATABASE {} SET awgp.notice_retention = 365", database.name);
    database.superuser().await.batch_execute(&keep).await.expect("a superuser may");

    let first = clock.set_before_the_turn().await;
    let mut seen = turns_into_a_month_that_is_there(&clock, &stage, first).await;
    clock.set(first.end_us() + AN_HOUR_AND_MORE_US).await;
    seen.extend(is_sealed_beside_writers(&stage, first).await);
    database.superuser().await.batch_execute(NEVER_MADE).await.expect("a superuser may");
    let second = clock.set_before_the_turn().await;
    let (left, written) = turns_with_a_transaction_that_is_left(&clock, &stage, second).await;
    clock.set(second.end_us() + AN_HOUR_AND_MORE_US).await;
    let later = goes_on_when_it_is_ended(&stage, second, left).await;

    for written in [written, later] {
        assert_eq!(judged_later(database, &written.memory).await, []);
        seen.extend(written.seen);
    }
    let superuser = database.superuser().await;
    let third = clock.month();
    for month in [first, second] {
        assert_written_on_both_sides(&superuser, month).await;
    }
    assert_in_their_months(&superuser, &seen).await;
    assert_turned_once(&superuser, [first, second, third]).await;
}

/// The usual way: maintenance has made the next month long before.
async fn turns_into_a_month_that_is_there(
    clock: &Clock,
    stage: &Arc<Stage>,
    month: Month,
) -> Vec<(i64, i64, i64)> {
    let writing = Writing::begin(stage, &Life::calm(), 11);
    while clock.now_us() < month.end_us() {
        let told = maintain(&stage.database).await;
        assert!([0, 12].contains(&told.code), "{told:?}");
    }
    clock.wait_for_the_turn(month).await;
    writing.go_on().await;
    let written = writing.end().await;
    assert_eq!(judged(&stage.database, &written.memory).await, []);
    written.seen
}

/// The month that is over is sealed while clients write in the next one.
async fn is_sealed_beside_writers(stage: &Arc<Stage>, month: Month) -> Vec<(i64, i64, i64)> {
    let writing = Writing::begin(stage, &Life::calm(), 12);
    maintain_until_sealed(&stage.database, month).await;
    writing.go_on().await;
    let written = writing.end().await;
    assert_eq!(judged_later(&stage.database, &written.memory).await, []);
    written.seen
}

/// The next month is not there, and cannot be made: somebody has prepared a transaction. Writers go on.
async fn turns_with_a_transaction_that_is_left(
    clock: &Clock,
    stage: &Arc<Stage>,
    month: Month,
) -> (Uuid, Written) {
    let (left, since) = (prepare(stage).await, Instant::now());
    let writing = Writing::begin(stage, &Life { prepares: false, ..Life::calm() }, 13);
    clock.wait_for_the_turn(month).await;
    tokio::time::sleep(LEFT_AFTER.saturating_sub(since.elapsed())).await;
    let maintainer = stage.database.connect(Login::Maintainer).await;
    let drain = "SELECT awgp.run_maintenance(steps => ARRAY['drain_default_partition'])";
    let asked = Instant::now();
    let told: Value = maintainer.query_one(drain, &[]).await.expect("it answers").get(0);
    let error = &told["steps"][0]["error"];
    assert_eq!((&error["sqlstate"], &error["detail"]["reason"]), (&"40001".into(), &"trail_busy".into()));
    assert_eq!(error["detail"]["prepared"], serde_json::json!(["left"]), "{told}");
    // All its attempts would take 36 seconds, most of which writers would wait.
    assert!(asked.elapsed() < Duration::from_secs(20), "it gives up at once: {:?}", asked.elapsed());
    writing.go_on().await;
    (left, writing.end().await)
}

/// An hour later the doctor names it, and nothing is made or sealed until somebody ends it.
async fn goes_on_when_it_is_ended(stage: &Arc<Stage>, month: Month, left: Uuid) -> Written {
    let database = &stage.database;
    let superuser = database.superuser().await;
    let writing = Writing::begin(stage, &Life { prepares: false, ..Life::calm() }, 14);
    let told = findings(&database.connect(Login::Maintainer).await).await;
    let told = told.iter().find(|finding| finding.0 == CODE).expect("the doctor names it");
    let hint = "ROLLBACK PREPARED 'left'; -- or COMMIT PREPARED: whoever prepared it says which";
    assert_eq!(
        (told.1.as_str(), told.2.as_str(), told.3.as_str()),
        ("warning", "prepared transaction left", hint)
    );
    assert_eq!(maintain(database).await.code, 12, "drain and seal have failed");
    assert!(!is_sealed(&superuser, &month.partition_name()).await, "it waits");
    writing.go_on().await;
    let app = database.app().await;
    app.batch_execute("COMMIT PREPARED 'left'").await.expect("whoever prepared it ends it");
    maintain_until_sealed(database, month).await;
    writing.go_on().await;
    let codes: Vec<String> = findings(&superuser).await.into_iter().map(|finding| finding.0).collect();
    assert!(!codes.iter().any(|code| code == CODE), "{codes:?}");
    let sql = "SELECT count(*) FROM awgp.work_items WHERE id = $1";
    assert_eq!(superuser.query_one(sql, &[&left]).await.expect("an answer").get::<_, i64>(0), 1);
    let sql = "SELECT tableoid::regclass::text FROM awgp.audit_logs WHERE entity_id = $1";
    let place: String = superuser.query_one(sql, &[&left]).await.expect("its event").get(0);
    assert_eq!(place, format!("awgp.{}", month.partition_name()), "where it was when it was prepared");
    writing.end().await
}

/// Clients have written in the last seconds of the month and in the first ones after it.
async fn assert_written_on_both_sides(superuser: &Client, month: Month) {
    let end = month.bounds().1;
    for (from, to) in [("- interval '15 s'", ""), ("", "+ interval '15 s'")] {
        let sql = format!(
            "SELECT count(*) FROM awgp.audit_logs WHERE \"timestamp\" >= '{end}'::timestamptz {from}
             AND \"timestamp\" < '{end}'::timestamptz {to}"
        );
        let written: i64 = superuser.query_one(&sql, &[]).await.expect("a number").get(0);
        assert!(written > 5, "{written} events beside the end of {}", month.partition_name());
    }
}

/// No event is in another month than its time says, and its time is that of its commit.
async fn assert_in_their_months(superuser: &Client, seen: &[(i64, i64, i64)]) {
    let elsewhere = r#"SELECT count(*) FROM awgp.audit_logs
        WHERE tableoid::regclass::text <> to_char("timestamp" AT TIME ZONE 'UTC', '"awgp.audit_logs_"YYYY_MM')"#;
    assert_eq!(superuser.query_one(elsewhere, &[]).await.expect("a number").get::<_, i64>(0), 0);
    let column =
        |number: usize| -> Vec<i64> { seen.iter().map(|one| [one.0, one.1, one.2][number]).collect() };
    let sql =
        "SELECT count(*) FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS seen (id, since, until)
               JOIN awgp.audit_logs AS event USING (id)
               WHERE extract(epoch FROM event.\"timestamp\") * 1000000 BETWEEN since AND until";
    let row = superuser.query_one(sql, &[&column(0), &column(1), &column(2)]).await.expect("a number");
    assert_eq!(usize::try_from(row.get::<_, i64>(0)).expect("a number"), seen.len());
    assert!(seen.len() > 100, "{}", seen.len());
}

/// Each pool and its periods have turned with the months, once, and the trail has each beginning.
async fn assert_turned_once(superuser: &Client, months: [Month; 3]) {
    let expected: Vec<String> = months.iter().map(|month| month.partition_name()).collect();
    let sql = r#"SELECT array_agg(to_char(period.starts_at AT TIME ZONE 'UTC', '"audit_logs_"YYYY_MM')
                                  ORDER BY period.starts_at),
                        max(period.starts_at) = pool.period_starts_at AND max(period.ends_at) = pool.period_ends_at
                 FROM awgp.provider_credit_pools AS pool
                 JOIN awgp.budget_periods AS period ON period.pool_id = pool.id GROUP BY pool.id"#;
    let pools = superuser.query(sql, &[]).await.expect("the pools");
    assert_eq!(pools.len(), 4);
    for pool in &pools {
        assert_eq!((pool.get::<_, Vec<String>>(0), pool.get::<_, bool>(1)), (expected.clone(), true));
    }
    let overlapping = "SELECT count(*) FROM awgp.budget_periods AS one JOIN awgp.budget_periods AS other
        ON one.id < other.id AND one.tenant_id = other.tenant_id AND one.scope = other.scope
       AND one.pool_id IS NOT DISTINCT FROM other.pool_id AND one.assistant_id IS NOT DISTINCT FROM other.assistant_id
       AND one.starts_at < other.ends_at AND other.starts_at < one.ends_at";
    let untold = "SELECT count(*) FROM awgp.budget_periods AS period WHERE 1 <> (
        SELECT count(*) FROM awgp.audit_logs AS event
        WHERE event.entity_type = 'budget_periods' AND event.entity_id = period.id AND event.action = 'insert')";
    for sql in [overlapping, untold] {
        assert_eq!(superuser.query_one(sql, &[]).await.expect("a number").get::<_, i64>(0), 0, "{sql}");
    }
}
