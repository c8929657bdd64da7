//! Chains under load: never a fork, never a gap, never a change without its event.

use awgp_core::audit::row::AuditRow;
use awgp_tests::fixture::{self, within};
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::writer::{Outcome, Target, Writer, recorded_titles, targets, title};
use awgp_tests::{Database, Login};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_postgres::Client;
use uuid::Uuid;

async fn run_writers(database: &Database, writers: Vec<Writer>, transactions: u64) -> Outcome {
    let mut running = Vec::new();
    for writer in writers {
        let client = database.app().await;
        running.push(tokio::spawn(async move { writer.run(&client, transactions).await }));
    }
    let mut all = Outcome::default();
    for writer in running {
        let outcome = writer.await.expect("a writer ends");
        all.committed.extend(outcome.committed);
        all.failed.extend(outcome.failed);
    }
    all
}

fn writers(count: u64, targets: &[Target], tenants_per_transaction: u64) -> Vec<Writer> {
    (0..count).map(|number| Writer { number, targets: targets.to_vec(), tenants_per_transaction }).collect()
}

/// Of what fails, only what a client retries: nobody may deadlock, nothing may collide.
#[track_caller]
fn assert_only_retries(failed: &[String]) {
    let other: Vec<_> = failed.iter().filter(|code| *code != "40001").collect();
    assert!(other.is_empty(), "{other:?}");
}

#[track_caller]
fn assert_recorded(rows: &[AuditRow], outcome: &Outcome) {
    let committed: BTreeSet<String> = outcome.committed.iter().cloned().collect();
    let recorded = recorded_titles(rows);
    let lost: Vec<_> = committed.difference(&recorded).collect();
    let invented: Vec<_> = recorded.difference(&committed).collect();
    assert!(lost.is_empty() && invented.is_empty(), "lost {lost:?}, invented {invented:?}");
}

#[tokio::test]
async fn sixteen_clients_on_one_tenant_make_lanes_and_no_fork_at_any_isolation_level() {
    let database = Database::new().await;
    let targets = targets(&database, 1).await;
    let outcome = run_writers(&database, writers(16, &targets, 1), 40).await;
    assert_only_retries(&outcome.failed);
    let rows = trail::rows(&database).await;
    let lanes = assert_intact(trail::install_id(&database).await, &rows);
    assert_recorded(&rows, &outcome);
    assert!(lanes[&targets[0].0] > 1, "writers at the same time take lanes of their own");
    assert_eq!(trail::verify(&database).await, []);
}

#[tokio::test]
async fn transactions_over_tenants_in_random_order_do_not_deadlock() {
    let database = Database::new().await;
    let targets = targets(&database, 8).await;
    let outcome = run_writers(&database, writers(16, &targets, 5), 25).await;
    assert_only_retries(&outcome.failed);
    let rows = trail::rows(&database).await;
    assert_intact(trail::install_id(&database).await, &rows);
    assert_recorded(&rows, &outcome);
}

async fn writers_with_few_lanes(lanes: u16) {
    let database = Database::new().await;
    let targets = targets(&database, 4).await;
    let superuser = database.superuser().await;
    let sql = format!("ALTER DATABASE {} SET awgp.audit_lanes = {lanes}", database.name);
    superuser.batch_execute(&sql).await.expect("a superuser sets it");
    let outcome = run_writers(&database, writers(16, &targets, 3), 20).await;
    assert_only_retries(&outcome.failed);
    let rows = trail::rows(&database).await;
    assert_intact(trail::install_id(&database).await, &rows);
    assert_recorded(&rows, &outcome);
}

#[tokio::test]
async fn with_one_lane_writers_wait_for_each_other_and_none_fails() {
    writers_with_few_lanes(1).await;
}

#[tokio::test]
async fn with_two_lanes_writers_wait_for_each_other_and_none_fails() {
    writers_with_few_lanes(2).await;
}

#[tokio::test]
async fn one_lane_is_one_chain_where_transactions_touch_one_tenant() {
    let database = Database::new().await;
    let targets = targets(&database, 1).await;
    let superuser = database.superuser().await;
    let sql = format!("ALTER DATABASE {} SET awgp.audit_lanes = 1", database.name);
    superuser.batch_execute(&sql).await.expect("a superuser sets it");
    run_writers(&database, writers(16, &targets, 1), 20).await;
    let rows = trail::rows(&database).await;
    let lanes = assert_intact(trail::install_id(&database).await, &rows);
    assert_eq!(lanes[&targets[0].0], 1);
}

#[tokio::test]
async fn killed_and_timed_out_writers_leave_no_gap_and_lose_nothing_acknowledged() {
    let database = Database::new().await;
    let targets = targets(&database, 2).await;
    let superuser = database.superuser().await;
    let over = Arc::new(AtomicBool::new(false));
    let mut running = Vec::new();
    for writer in writers(12, &targets, 2) {
        let client = database.app().await;
        let timeout =
            if writer.number % 2 == 0 { "SET statement_timeout = 5" } else { "SET lock_timeout = 5" };
        client.batch_execute(timeout).await.expect("a timeout is set");
        let over = over.clone();
        running.push(tokio::spawn(async move {
            writer.run_while(&client, |done| done < 60 || !over.load(Ordering::Relaxed)).await
        }));
    }
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM (
                    SELECT pid FROM pg_stat_activity
                    WHERE datname = current_database() AND usename = 'awgp_test_app' AND xact_start IS NOT NULL
                    ORDER BY xact_start LIMIT 1) AS oldest";
    let mut killed = 0_i64;
    while killed < 6 {
        killed += superuser.query_one(kill, &[]).await.expect("a superuser may").get::<_, i64>(0);
        tokio::task::yield_now().await;
    }
    over.store(true, Ordering::Relaxed);
    let mut acknowledged = BTreeSet::new();
    for writer in running {
        acknowledged.extend(writer.await.expect("a writer ends").committed);
    }
    wait_until_alone(&superuser).await;
    let rows = trail::rows(&database).await;
    assert_intact(trail::install_id(&database).await, &rows);
    let recorded = recorded_titles(&rows);
    assert!(
        acknowledged.is_subset(&recorded),
        "{:?}",
        acknowledged.difference(&recorded).collect::<Vec<_>>()
    );
    let kept = superuser
        .query("SELECT title FROM awgp.work_items WHERE title <> 'First task'", &[])
        .await
        .expect("a superuser reads all");
    assert_eq!(recorded, kept.iter().map(|row| row.get(0)).collect(), "what is there is what is recorded");
}

async fn wait_until_alone(superuser: &Client) {
    let busy =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'awgp_test_app'
                AND state <> 'idle'";
    while superuser.query_opt(busy, &[]).await.is_ok_and(|row| row.is_some()) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_prepared_transaction_keeps_its_lane_and_others_go_on() {
    let database = Database::new().await;
    let targets = targets(&database, 1).await;
    let (tenant, assistant) = targets[0];
    let client = database.app().await;
    let name = &database.name;
    for (ending, number) in [("COMMIT", 1), ("ROLLBACK", 2)] {
        client.batch_execute("BEGIN").await.expect("begins");
        write(&client, tenant, assistant, &format!("{ending} before")).await;
        client.batch_execute(&format!("PREPARE TRANSACTION '{name}_{number}'")).await.expect("is prepared");
        client.batch_execute("BEGIN").await.expect("begins");
        write(&client, tenant, assistant, &format!("{ending} meanwhile")).await;
        client.batch_execute("COMMIT").await.expect("the other lane is free");
        client.batch_execute(&format!("{ending} PREPARED '{name}_{number}'")).await.expect("is ended");
        client.batch_execute("BEGIN").await.expect("begins");
        write(&client, tenant, assistant, &format!("{ending} after")).await;
        client.batch_execute("COMMIT").await.expect("commits");
    }
    let rows = trail::rows(&database).await;
    let lanes = assert_intact(trail::install_id(&database).await, &rows);
    assert_eq!(lanes[&tenant], 2);
    let expected =
        ["COMMIT after", "COMMIT before", "COMMIT meanwhile", "ROLLBACK after", "ROLLBACK meanwhile"];
    assert_eq!(recorded_titles(&rows), expected.map(str::to_owned).into());
}

async fn write(client: &Client, tenant: Uuid, assistant: Uuid, title: &str) {
    client.execute("SELECT awgp.set_context($1)", &[&tenant]).await.expect("the context is set");
    let sql = "SELECT awgp.create_work_item($1, $2)";
    client.execute(sql, &[&assistant, &title]).await.expect("a work item is made");
}

#[tokio::test]
async fn one_transaction_over_three_thousand_tenants_commits() {
    let database = Database::new().await;
    let admin = database.admin().await;
    admin
        .batch_execute(
            "BEGIN;
             INSERT INTO awgp.tenants (name, slug, type)
             SELECT 'Tenant ' || n, 'tenant-' || n, 'holding' FROM generate_series(1, 3000) AS n;
             UPDATE awgp.tenants SET name = name || ' Ltd';
             COMMIT",
        )
        .await
        .expect("the lock table is not exhausted");
    let rows = trail::rows(&database).await;
    assert_eq!(rows.len(), 6000);
    let lanes = assert_intact(trail::install_id(&database).await, &rows);
    assert_eq!(lanes.len(), 3000);
    assert!(lanes.values().all(|lanes| *lanes == 1));
}

#[tokio::test]
async fn twenty_thousand_rows_of_one_transaction_are_chained_in_order() {
    let database = Database::new().await;
    let (tenant, assistant) = targets(&database, 1).await[0];
    let mut app = database.app().await;
    let transaction = within(&mut app, tenant).await;
    let sql = "INSERT INTO awgp.work_items (tenant_id, assistant_id, title)
               SELECT $1, $2, n::text FROM generate_series(1, 20000) AS n";
    transaction.execute(sql, &[&tenant, &assistant]).await.expect("bulk is inserted");
    transaction.commit().await.expect("bulk commits");
    let rows = trail::rows(&database).await;
    let lanes = assert_intact(trail::install_id(&database).await, &rows);
    assert_eq!(lanes[&tenant], 1);
    let titles =
        rows.iter().filter(|row| row.tenant_id == tenant && row.entity_type == "work_items").map(title);
    let expected = std::iter::once("First task".to_owned()).chain((1..=20_000).map(|n| n.to_string()));
    assert!(titles.eq(expected), "rows stand in the order in which they were changed");
}

#[tokio::test]
async fn a_rolled_back_savepoint_takes_its_own_events_and_no_others() {
    let database = Database::new().await;
    let (tenant, assistant) = targets(&database, 1).await[0];
    let client = database.app().await;
    let flush = "SELECT awgp.flush_audit()";
    client.batch_execute("BEGIN").await.expect("begins");
    write(&client, tenant, assistant, "outer").await;
    client.batch_execute("SAVEPOINT a").await.expect("a savepoint");
    write(&client, tenant, assistant, "a, rolled back").await;
    client.execute(flush, &[]).await.expect("outer and a are written");
    client.batch_execute("SAVEPOINT b").await.expect("a savepoint");
    write(&client, tenant, assistant, "b, rolled back").await;
    client.execute(flush, &[]).await.expect("b is written");
    client.batch_execute("RELEASE b; ROLLBACK TO a").await.expect("all but outer is undone");
    client.batch_execute("SAVEPOINT c").await.expect("a savepoint");
    write(&client, tenant, assistant, "c, released").await;
    client.batch_execute("SAVEPOINT d").await.expect("a savepoint");
    client.execute(flush, &[]).await.expect("outer and c are written, inside of d");
    client.batch_execute("ROLLBACK TO d; RELEASE c; COMMIT").await.expect("commits");
    let rows = trail::rows(&database).await;
    assert_intact(trail::install_id(&database).await, &rows);
    assert_eq!(recorded_titles(&rows), ["outer", "c, released"].map(str::to_owned).into());
}

#[tokio::test]
async fn a_queue_that_fills_inside_of_an_exception_block_keeps_what_came_before() {
    let database = Database::new().await;
    let (tenant, assistant) = targets(&database, 1).await[0];
    let mut app = database.app().await;
    let transaction = within(&mut app, tenant).await;
    let sql = format!(
        "DO $$ BEGIN
             INSERT INTO awgp.work_items (tenant_id, assistant_id, title)
             SELECT '{tenant}', '{assistant}', 'kept ' || n FROM generate_series(1, 1500) AS n;
             BEGIN
                 INSERT INTO awgp.work_items (tenant_id, assistant_id, title)
                 SELECT '{tenant}', '{assistant}', 'undone ' || n FROM generate_series(1, 3000) AS n;
                 RAISE EXCEPTION 'undo';
             EXCEPTION WHEN raise_exception THEN NULL;
             END;
             INSERT INTO awgp.work_items (tenant_id, assistant_id, title)
             SELECT '{tenant}', '{assistant}', 'also kept ' || n FROM generate_series(1, 1500) AS n;
         END $$"
    );
    transaction.batch_execute(&sql).await.expect("the block runs");
    transaction.commit().await.expect("commits");
    let rows = trail::rows(&database).await;
    assert_intact(trail::install_id(&database).await, &rows);
    let titles = recorded_titles(&rows);
    assert_eq!(titles.len(), 3000);
    assert!(titles.iter().all(|title| !title.starts_with("undone")));
}

/// Gives the present month's partition an earlier end, so that what is written now belongs elsewhere.
async fn end_present_partition_now(superuser: &Client) -> String {
    let name: String = superuser
        .query_one("SELECT tableoid::regclass::text FROM awgp.audit_logs LIMIT 1", &[])
        .await
        .expect("the trail has a row")
        .get(0);
    let sql = format!(
        "DO $$ DECLARE first timestamptz := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
         BEGIN
             ALTER TABLE awgp.audit_logs DETACH PARTITION {name};
             EXECUTE format('ALTER TABLE awgp.audit_logs ATTACH PARTITION {name} FOR VALUES FROM (%L) TO (%L)',
                 first, (SELECT max(\"timestamp\") + interval '1 microsecond' FROM {name}));
         END $$"
    );
    superuser.batch_execute(&sql).await.expect("the partition ends now");
    name
}

#[tokio::test]
async fn a_chain_goes_on_in_the_next_partition_and_in_the_default_one() {
    let database = Database::new().await;
    let targets = targets(&database, 2).await;
    let superuser = database.superuser().await;
    run_writers(&database, writers(4, &targets, 1), 10).await;
    let first = end_present_partition_now(&superuser).await;
    run_writers(&database, writers(4, &targets, 1), 10).await;
    let rows = trail::rows(&database).await;
    assert_intact(trail::install_id(&database).await, &rows);
    let counts = "SELECT count(*) FILTER (WHERE tableoid = $1::text::regclass),
                         count(*) FILTER (WHERE tableoid = 'awgp.audit_logs_default'::regclass)
                  FROM awgp.audit_logs";
    let counts = superuser.query_one(counts, &[&first]).await.expect("counts");
    let (before, after): (i64, i64) = (counts.get(0), counts.get(1));
    assert!(before > 0 && after > 0, "{before} in {first}, {after} in the default partition");
    assert_eq!(before + after, i64::try_from(rows.len()).expect("few rows"));
}

#[tokio::test]
async fn the_first_row_links_to_the_install_id_that_was_committed() {
    let database = Database::empty().await;
    let superuser = database.superuser().await;
    let make = "SELECT awgp.create_tenant('One', 'one', 'holding')";
    superuser.batch_execute("BEGIN; CREATE EXTENSION awgp").await.expect("is installed");
    superuser.execute(make, &[]).await.expect("a tenant is made");
    superuser.execute("SELECT awgp.flush_audit()", &[]).await.expect("its event is chained");
    superuser.batch_execute("ROLLBACK; CREATE EXTENSION awgp").await.expect("is installed again");
    superuser.execute(make, &[]).await.expect("a tenant is made");
    let rows = trail::rows(&database).await;
    assert_eq!(rows.len(), 1);
    assert_intact(trail::install_id(&database).await, &rows);
}

#[tokio::test]
async fn an_auditor_verifies_as_any_role_would_see_it() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let found = transaction.query("SELECT * FROM awgp.verify_audit()", &[]).await.expect("an app verifies");
    assert!(found.is_empty(), "{found:?}");
    drop(transaction);
    let auditor = database.connect(Login::Auditor).await;
    let found = auditor.query("SELECT * FROM awgp.verify_audit($1)", &[&group.other.id]).await;
    assert!(found.expect("an auditor verifies").is_empty());
}

#[tokio::test]
async fn an_operators_own_trigger_on_the_trail_sees_every_row() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "CREATE TABLE public.forwarded (audit_id bigint);
             GRANT INSERT ON public.forwarded TO PUBLIC;
             CREATE FUNCTION public.forward() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 INSERT INTO public.forwarded VALUES (NEW.id); RETURN NULL; END $$;
             CREATE TRIGGER forward AFTER INSERT ON awgp.audit_logs FOR EACH ROW EXECUTE FUNCTION public.forward()",
        )
        .await
        .expect("a superuser may");
    let targets = targets(&database, 1).await;
    run_writers(&database, writers(2, &targets, 1), 5).await;
    let rows = trail::rows(&database).await;
    assert_intact(trail::install_id(&database).await, &rows);
    let forwarded = superuser.query("SELECT audit_id FROM public.forwarded ORDER BY 1", &[]).await;
    let mut ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    assert_eq!(forwarded.expect("readable").iter().map(|row| row.get(0)).collect::<Vec<i64>>(), ids);
}
