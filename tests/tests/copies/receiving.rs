//! What a copy receives.

use super::stage::{assert_arrived, is_logical, original_and_copy, subscribe};
use crate::checkpoints::stage::{Auditor, events};
use awgp_tests::cli::{json, table};
use awgp_tests::own_server::until;
use awgp_tests::trail::{self, assert_intact, verify};
use awgp_tests::writer::{Target, Writer, targets};
use awgp_tests::{Database, Login, catalog};
use serde_json::Value;

async fn write(database: &Database, targets: &[Target], round: u64) {
    let mut running = Vec::new();
    for number in 0..6 {
        let client = database.app().await;
        let writer =
            Writer { number: round * 10 + number, targets: targets.to_vec(), tenants_per_transaction: 2 };
        running.push(tokio::spawn(async move { writer.run(&client, 15).await }));
    }
    for writer in running {
        writer.await.expect("a writer ends");
    }
}

/// Takes the present month's partition away, as where maintenance has not run: rows go to the default
/// partition.
const NO_MONTH: &str = "DO $$ BEGIN EXECUTE format('DROP TABLE awgp.%I',
    to_char(now() AT TIME ZONE 'UTC', '\"audit_logs_\"YYYY_MM')); END $$;
    DELETE FROM awgp.audit_partitions WHERE partition_name = to_char(now() AT TIME ZONE 'UTC', '\"audit_logs_\"YYYY_MM')";

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_every_row_once_and_verifies_on_its_own() {
    if !is_logical("receiving::a_copy_has_every_row_once_and_verifies_on_its_own") {
        return;
    }
    let original = Database::new().await;
    let targets = targets(&original, 3).await;
    write(&original, &targets, 0).await;
    let auditor = Auditor::new(&original);
    auditor.sign(&original, &["--all-tenants"]);
    let copy = original_and_copy(&original, "trail").await;
    subscribe(&original, &copy, "trail", "awgp_trail, awgp_trail_proofs").await;
    // Rows of before, and rows that come while it is subscribed, in several lanes.
    write(&original, &targets, 1).await;
    assert_arrived(&original, &copy).await;
    let lanes = assert_intact(trail::install_id(&original).await, &trail::rows(&copy).await);
    assert!(lanes.values().any(|lanes| *lanes > 1), "several lanes: {lanes:?}");

    assert_eq!(verify(&copy).await, []);
    let outcome = json(&copy, Login::Auditor, &["audit", "verify", "--jobs", "2"]).expect(0);
    assert_eq!(outcome.verified().0, [Value::Null; 0]);
    // What an auditor has signed holds in the copy, also what was signed after it began.
    auditor.sign(&original, &["--all-tenants"]);
    let newest = "SELECT count(*) FROM awgp.audit_checkpoints";
    let there: i64 = original.superuser().await.query_one(newest, &[]).await.expect("a count").get(0);
    let here = copy.superuser().await;
    until("the proofs arrive", async || {
        here.query_one(newest, &[]).await.expect("a count").get::<_, i64>(0) == there
    })
    .await;
    auditor.assert_holds(&copy, &auditor.notes(), targets.len());
    assert_eq!(catalog::findings(&here).await, []);
    // A row that is changed in the copy is found there.
    let row = &trail::rows(&copy).await[5];
    let sql = format!(
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
         UPDATE awgp.audit_logs SET action = 'nothing' WHERE id = {};
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit",
        row.id
    );
    here.batch_execute(&sql).await.expect("a superuser may");
    table(&copy, Login::Auditor, &["audit", "verify"]).expect(12);
}

/// What docs/operations/replicas.md says of a slot that is lost: the copy subscribes anew.
const AGAIN: &str = "TRUNCATE awgp.audit_checkpoints, awgp.audit_tree_lanes, awgp.audit_tree_tiles,
    awgp.audit_log_integrity, awgp.audit_chain_anchors, awgp.audit_retired_partitions,
    awgp.audit_adoptions, awgp.audit_adopted_lanes";

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_subscribes_anew_takes_what_it_lacks_and_nothing_twice() {
    if !is_logical("receiving::a_copy_that_subscribes_anew_takes_what_it_lacks_and_nothing_twice") {
        return;
    }
    let original = Database::new().await;
    let targets = targets(&original, 2).await;
    write(&original, &targets, 0).await;
    let copy = original_and_copy(&original, "trail").await;
    subscribe(&original, &copy, "trail", "awgp_trail, awgp_trail_proofs").await;
    assert_arrived(&original, &copy).await;
    let here = copy.superuser().await;
    for statement in [
        "ALTER SUBSCRIPTION trail DISABLE",
        "ALTER SUBSCRIPTION trail SET (slot_name = NONE)",
        "DROP SUBSCRIPTION trail",
        AGAIN,
    ] {
        here.batch_execute(statement).await.expect("a superuser may");
    }
    let there = original.superuser().await;
    until("the slot is free", async || {
        let sql = "SELECT NOT bool_or(active) FROM pg_replication_slots WHERE slot_name = 'trail'";
        there.query_one(sql, &[]).await.expect("a slot").get(0)
    })
    .await;
    there.execute("SELECT pg_drop_replication_slot('trail')", &[]).await.expect("it is dropped");
    write(&original, &targets, 1).await;
    subscribe(&original, &copy, "trail", "awgp_trail, awgp_trail_proofs").await;
    write(&original, &targets, 2).await;
    assert_arrived(&original, &copy).await;
    assert_eq!(verify(&copy).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_verifies_what_its_original_wrote_before_and_after_it_was_adopted() {
    if !is_logical("receiving::a_copy_verifies_what_its_original_wrote_before_and_after_it_was_adopted") {
        return;
    }
    let original = Database::new().await;
    let targets = targets(&original, 1).await;
    let tenant = targets[0].0;
    events(&original, tenant, 3).await;
    let copy = original_and_copy(&original, "trail").await;
    subscribe(&original, &copy, "trail", "awgp_trail, awgp_trail_proofs").await;
    for _ in 0..2 {
        let arguments = ["installation", "adopt", "--reason", "a rehearsal", "--yes"];
        json(&original, Login::Superuser, &arguments).expect(0);
        events(&original, tenant, 3).await;
    }
    assert_arrived(&original, &copy).await;
    let here = copy.superuser().await;
    until("the adoptions arrive", async || {
        let sql = "SELECT count(*) = 2 FROM awgp.audit_adoptions";
        here.query_one(sql, &[]).await.expect("a count").get(0)
    })
    .await;
    // The functions of the server, and the command, which trusts none of them.
    assert_eq!(verify(&original).await, []);
    assert_eq!(verify(&copy).await, []);
    let outcome = json(&copy, Login::Auditor, &["audit", "verify"]).expect(0);
    assert_eq!(outcome.verified().0, [Value::Null; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_the_original_moves_to_their_month_stay_once_and_a_copy_makes_its_own_months() {
    const NAME: &str =
        "receiving::rows_that_the_original_moves_to_their_month_stay_once_and_a_copy_makes_its_own_months";
    if !is_logical(NAME) {
        return;
    }
    let original = Database::new().await;
    let targets = targets(&original, 1).await;
    let copy = original_and_copy(&original, "trail").await;
    subscribe(&original, &copy, "trail", "awgp_trail, awgp_trail_proofs").await;
    assert_arrived(&original, &copy).await;
    // Neither has the month: rows go to both default partitions.
    let fresh = Database::new().await;
    let fresh_targets = awgp_tests::writer::targets(&fresh, 0).await;
    assert_eq!(fresh_targets.len(), 0);
    fresh.superuser().await.batch_execute(NO_MONTH).await.expect("a superuser may");
    let tenant = awgp_tests::fixture::group(&fresh).await.north.id;
    fresh.superuser().await.batch_execute(super::stage::PUBLICATIONS).await.expect("publications");
    let second = Database::new().await;
    second.superuser().await.batch_execute(NO_MONTH).await.expect("a superuser may");
    let id = trail::install_id(&fresh).await;
    let become_copy = format!("SELECT awgp.become_copy('{id}', 'second')");
    second.superuser().await.batch_execute(&become_copy).await.expect("a copy");
    subscribe(&fresh, &second, "second", "awgp_trail, awgp_trail_proofs").await;
    assert_arrived(&fresh, &second).await;
    // The original moves its rows, which inserts them again.
    let moved = table(&fresh, Login::Maintainer, &["maintenance", "run"]).expect(0);
    assert!(moved.stdout.contains("drain_default_partition"), "{moved:?}");
    events(&fresh, tenant, 5).await;
    assert_arrived(&fresh, &second).await;
    assert_eq!(verify(&second).await, []);
    // So does the copy, without a row of its own.
    let before = trail::rows(&second).await;
    let steps = json(&second, Login::Maintainer, &["maintenance", "run"]).expect(0).json();
    let names: Vec<&str> =
        steps["steps"].as_array().expect("steps").iter().filter_map(|s| s["step"].as_str()).collect();
    assert_eq!(names, ["drain_default_partition", "ensure_partitions"]);
    assert!(trail::rows(&second).await == before);
    assert_eq!(verify(&second).await, []);
    events(&original, targets[0].0, 2).await;
    assert_arrived(&original, &copy).await;
}
