//! Who waits for whom: no tenant for another's, nobody for long, and no row for a month that is over.

use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::integrity::HeadsRoot;
use awgp_core::month::Month;
use awgp_tests::fixture::within;
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::writer::targets;
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, fixture};
use std::collections::BTreeMap;
use tokio_postgres::Client;
use uuid::Uuid;

async fn set(database: &Database, setting: &str) {
    let sql = format!("ALTER DATABASE {} SET {setting}", database.name);
    database.superuser().await.batch_execute(&sql).await.expect("a superuser sets it");
}

/// Begins a transaction that holds a lane of the tenant.
async fn hold_lane(database: &Database, tenant: Uuid) -> Client {
    let client = database.app().await;
    client.batch_execute("BEGIN").await.expect("begins");
    client.execute("SELECT awgp.set_context($1)", &[&tenant]).await.expect("the context is set");
    client.execute("SELECT awgp.log_event('held', 'lane')", &[]).await.expect("an event is recorded");
    client.execute("SELECT awgp.flush_audit()", &[]).await.expect("it is written");
    client
}

#[tokio::test]
async fn a_tenant_that_holds_all_its_lanes_holds_up_no_other() {
    let database = Database::new().await;
    set(&database, "awgp.audit_lanes = 2").await;
    let held = targets(&database, 1).await[0].0;
    let holders = [hold_lane(&database, held).await, hold_lane(&database, held).await];
    // Each tenant's own first event, in a transaction of its own. Who waits gives up.
    let admin = database.admin().await;
    admin.batch_execute("SET lock_timeout = '2s'").await.expect("any session may");
    let sql = "INSERT INTO awgp.tenants (name, slug, type) SELECT 'T', 't-' || $1::int, 'holding'";
    for number in 0..2500 {
        admin.execute(sql, &[&number]).await.expect("no other tenant's lanes are in the way");
    }
    for holder in holders {
        holder.batch_execute("COMMIT").await.expect("commits");
    }
    assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
}

#[tokio::test]
async fn transactions_over_many_tenants_wait_for_nobody_and_make_no_fork() {
    let database = Database::new().await;
    set(&database, "awgp.audit_lanes = 1").await;
    let admin = database.admin().await;
    let sql = "INSERT INTO awgp.tenants (name, slug, type) SELECT 'T', 't-' || n, 'holding' FROM generate_series(1, 200) AS n";
    admin.batch_execute(sql).await.expect("tenants are made");
    let every = "DO $$ DECLARE tenant uuid; BEGIN
                     FOR tenant IN SELECT id FROM awgp.tenants ORDER BY random() LOOP
                         PERFORM awgp.set_context(tenant); PERFORM awgp.log_event('said', 'thing');
                     END LOOP; END $$";
    let flush = "SELECT awgp.flush_audit()";
    let levels = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];
    let mut open = Vec::new();
    for level in levels {
        let client = database.superuser().await;
        // All stay open: the first has the tenants' own lanes as far as it takes them,
        // so the others may not wait for those.
        client
            .batch_execute("SET awgp.audit_lane_timeout = 0; SET lock_timeout = '1s'")
            .await
            .expect("settings");
        client
            .batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SAVEPOINT a; {every}; {flush}"))
            .await
            .ok();
        open.push(client);
    }
    let mut committed = 0;
    for client in open {
        // The one that waited for the own lane of its first tenant has given up; a
        // savepoint undoes it, and it writes again.
        client.batch_execute("ROLLBACK TO a").await.expect("it is undone");
        client
            .batch_execute(&format!("{every}; SAVEPOINT b; {flush}; ROLLBACK TO b; {flush}; COMMIT"))
            .await
            .expect("commits");
        committed += 1;
    }
    let rows = trail::rows(&database).await;
    assert_intact(trail::install_id(&database).await, &rows);
    assert_eq!(rows.iter().filter(|row| row.action == "said").count(), committed * 200);
    assert_eq!(trail::verify(&database).await, []);
}

/// A commit that waits without a limit outlasts the one that it waits for. So it succeeds, and the test fails
/// rather than waits.
const GIVES_UP: &str = "SET idle_in_transaction_session_timeout = '60s'";

#[tokio::test]
async fn a_commit_waits_for_a_lane_no_longer_than_the_setting() {
    let database = Database::new().await;
    set(&database, "awgp.audit_lanes = 1").await;
    set(&database, "awgp.audit_lane_timeout = '50ms'").await;
    let (tenant, assistant) = targets(&database, 1).await[0];
    let holder = hold_lane(&database, tenant).await;
    holder.batch_execute(GIVES_UP).await.expect("any session may");
    let mut app = database.app().await;
    let sql = "SELECT awgp.create_work_item($1, 'Late')";
    let transaction = within(&mut app, tenant).await;
    transaction.execute(sql, &[&assistant]).await.expect("a work item is made");
    assert_refused(transaction.commit().await, "40001", "trail_busy");
    // A shorter one of the session stays what it is.
    app.batch_execute("SET lock_timeout = '10ms'").await.expect("any session may");
    let transaction = within(&mut app, tenant).await;
    transaction.execute(sql, &[&assistant]).await.expect("a work item is made");
    assert_sqlstate(transaction.commit().await, "55P03");
    holder.batch_execute("COMMIT").await.expect("commits");
    let transaction = within(&mut app, tenant).await;
    transaction.execute(sql, &[&assistant]).await.expect("a work item is made");
    transaction.commit().await.expect("now it is free");
    let shown: String = app.query_one("SHOW lock_timeout", &[]).await.expect("a setting").get(0);
    assert_eq!(shown, "10ms", "the session's own setting is as it was");
}

#[tokio::test]
async fn a_commit_waits_for_a_table_of_the_trail_no_longer_than_the_setting() {
    let database = Database::new().await;
    set(&database, "awgp.audit_lane_timeout = '50ms'").await;
    let (tenant, assistant) = targets(&database, 1).await[0];
    let superuser = database.superuser().await;
    let partition: String = superuser
        .query_one("SELECT tableoid::regclass::text FROM awgp.audit_logs LIMIT 1", &[])
        .await
        .expect("the trail has a row")
        .get(0);
    for table in ["awgp.audit_logs", &partition] {
        superuser
            .batch_execute(&format!("{GIVES_UP}; BEGIN; LOCK TABLE ONLY {table} IN SHARE MODE"))
            .await
            .expect("is locked");
        let mut app = database.app().await;
        let transaction = within(&mut app, tenant).await;
        let sql = "SELECT awgp.create_work_item($1, 'Late')";
        transaction.execute(sql, &[&assistant]).await.expect("a work item is made");
        assert_refused(transaction.commit().await, "40001", "trail_busy");
        superuser.batch_execute("ROLLBACK").await.expect("ends");
    }
}

/// Seals the present month, as if the clock had been in the next one.
async fn seal_the_present_month(database: &Database, superuser: &Client) -> Month {
    let rows = trail::rows(database).await;
    let month = rows.iter().filter_map(|row| Month::of_timestamp(row.timestamp_us)).max().expect("a row");
    let mut heads: BTreeMap<Lane, Link> = BTreeMap::new();
    for row in &rows {
        let lane = Lane { tenant_id: row.tenant_id, chain_lane: row.chain_lane };
        let hash = Digest::from_hex(row.integrity_hash.as_bytes()).expect("a hash");
        heads.insert(lane, Link { seq: row.chain_seq, hash });
    }
    let mut root = HeadsRoot::default();
    heads.iter().for_each(|(lane, head)| root.add(*lane, *head));
    let sql = "INSERT INTO awgp.audit_log_integrity (partition_name, last_sequence_number, cumulative_hash)
               VALUES ($1, $2, $3)";
    let last = rows.iter().map(|row| row.id).max();
    superuser
        .execute(sql, &[&month.partition_name(), &last, &root.finish().to_string()])
        .await
        .expect("a superuser may");
    month
}

#[tokio::test]
async fn a_clock_that_goes_back_into_a_sealed_month_writes_after_it() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let month = seal_the_present_month(&database, &superuser).await;
    assert_eq!(trail::verify(&database).await, []);
    // A tenant that has rows, and one that is new.
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.work_items SET priority = 1 WHERE id = $1";
    transaction.execute(sql, &[&group.north.work_item]).await.expect("a change");
    transaction.commit().await.expect("commits");
    let admin = database.admin().await;
    admin
        .batch_execute("INSERT INTO awgp.tenants (name, slug, type) VALUES ('New', 'new', 'holding')")
        .await
        .expect("a tenant is made");
    assert_eq!(trail::verify(&database).await, []);
    let rows = trail::rows(&database).await;
    let late: Vec<_> = rows.iter().filter(|row| row.timestamp_us >= month.end_us()).collect();
    assert_eq!(late.len(), 2, "both are stamped with the first moment that is not sealed");
    assert!(late.iter().all(|row| row.timestamp_us == month.end_us()));
}

#[tokio::test]
async fn a_session_that_has_written_hears_of_a_seal() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let maintainer = database.connect(Login::Maintainer).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    let mut write = async || {
        let transaction = within(&mut app, group.north.id).await;
        let sql = "UPDATE awgp.work_items SET priority = priority % 5 + 1 WHERE id = $1";
        transaction.execute(sql, &[&group.north.work_item]).await.expect("a change");
        transaction.commit().await.expect("commits");
    };
    write().await;
    let month = seal_the_present_month(&database, &superuser).await;
    // What a real seal tells every session: here it is an earlier month's.
    let earlier = month.plus(-1).expect("a month");
    let sql = format!("SELECT awgp.ensure_partitions(0, '{}-{:02}-15+00')", earlier.year(), earlier.month());
    maintainer.batch_execute(&sql).await.expect("the month before is made");
    let sql = "SELECT awgp.seal_partition($1)";
    maintainer.execute(sql, &[&earlier.partition_name()]).await.expect("it is sealed");
    write().await;
    assert_eq!(trail::verify(&database).await, []);
}
