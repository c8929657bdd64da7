//! Months that are sealed, and months that are gone.

use super::stage::{family_between, said, text, two};
use awgp_tests::past::{Past, ensure, month_ago};
use awgp_tests::trail::verify;
use awgp_tests::{Database, Login};
use serde_json::Value;

/// One tenant with rows in two old months, sealed.
async fn with_old_months(database: &Database, which: usize, more: i64) -> Past {
    let superuser = database.superuser().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let mut past = Past::begin(database, 2, 2).await;
    past.tenants = vec![past.tenants[which]];
    past.assistants = vec![past.assistants[which]];
    for months in [16, 2] {
        ensure(&maintainer, month_ago(months)).await;
        // Other numbers in each database, so that no two rows have one id and one time.
        past.load(&superuser, month_ago(months), 9 + more).await;
    }
    past.found_tenants(&superuser).await;
    for _ in 0..2 {
        maintainer.query("SELECT awgp.run_maintenance()", &[]).await.expect("maintenance runs");
    }
    past
}

/// The second tenant lives in the target, with ids of its own.
async fn stage() -> (Database, Database, Past) {
    let (source, target) = two().await;
    let past = with_old_months(&source, 0, 0).await;
    target
        .superuser()
        .await
        .batch_execute("SELECT setval('awgp.audit_logs_id_seq', 1000)")
        .await
        .expect("a superuser may");
    let mut resident = Past::begin(&target, 2, 2).await;
    resident.tenants = vec![resident.tenants[1]];
    resident.assistants = vec![resident.assistants[1]];
    let (superuser, maintainer) = (target.superuser().await, target.connect(Login::Maintainer).await);
    ensure(&maintainer, month_ago(20)).await;
    resident.load(&superuser, month_ago(20), 5).await;
    for months in [16, 2] {
        ensure(&maintainer, month_ago(months)).await;
        resident.load(&superuser, month_ago(months), 7).await;
    }
    resident.found_tenants(&superuser).await;
    for _ in 0..2 {
        maintainer.query("SELECT awgp.run_maintenance()", &[]).await.expect("maintenance runs");
    }
    (source, target, past)
}

fn seal_of(months: i64) -> String {
    let name = month_ago(months).partition_name();
    format!("SELECT cumulative_hash FROM awgp.audit_log_integrity WHERE partition_name = '{name}'")
}

#[tokio::test]
async fn a_sealed_month_is_sealed_again_and_its_old_seal_follows_without_the_family() {
    let (source, target, past) = stage().await;
    let before = text(&target, &seal_of(2)).await.expect("it is sealed");
    let family = past.tenants[0].to_string();
    said(&family_between(&family, &source, &target, &["--until", "copied"]).expect(0));
    let after = text(&target, &seal_of(2)).await.expect("it is sealed");
    assert_ne!(before, after);
    assert_eq!(verify(&target).await, [], "also while the family is on its way");
    let event = "SELECT after_state::text FROM awgp.audit_logs WHERE action = 'seal_partition'
                 AND after_state ->> 'move_id' IS NOT NULL ORDER BY id LIMIT 1";
    let event: Value = serde_json::from_str(&text(&target, event).await.expect("an event")).expect("JSON");
    assert!(event["cumulative_hash_before"].is_string() && event["tenants"][0] == family.as_str(), "{event}");

    // Undone, the old seal is back.
    said(&family_between(&family, &source, &target, &["--back"]).expect(0));
    assert_eq!(text(&target, &seal_of(2)).await.as_deref(), Some(before.as_str()));
    assert_eq!(verify(&target).await, []);
    said(&family_between(&family, &source, &target, &[]).expect(0));
    assert_eq!(
        text(&target, &seal_of(2)).await.as_deref(),
        Some(after.as_str()),
        "the same rows, the same seal"
    );
    assert_eq!(verify(&target).await, []);
    assert_eq!(verify(&source).await, []);
}

#[tokio::test]
async fn a_month_that_was_changed_is_not_sealed_again() {
    let (source, target, past) = stage().await;
    let partition = month_ago(2).partition_name();
    target
        .superuser()
        .await
        .batch_execute(&format!(
            "UPDATE awgp.audit_log_integrity SET cumulative_hash = repeat('0', 64) WHERE partition_name = '{partition}'"
        ))
        .await
        .expect("a superuser may");
    let refused = family_between(&past.tenants[0].to_string(), &source, &target, &[]);
    assert!(refused.stderr.contains("audit_findings"), "{refused:?}");
    assert_eq!(text(&target, &seal_of(2)).await, Some("0".repeat(64)));
}

/// Says that an auditor has signed everything, as far as the database is told.
const SIGNED: &str = "
    INSERT INTO awgp.audit_checkpoints (tenant_id, tree_size, root_hash, body, signed_at, signed_by)
        SELECT tenant_id, count(*), repeat('0', 64), 'made for this test', now(), 'test'
        FROM awgp.audit_logs GROUP BY tenant_id;
    INSERT INTO awgp.audit_tree_lanes (tenant_id, chain_lane, first_seq, last_seq, last_hash, first_leaf, tree_size)
        SELECT tenant_id, chain_lane, 1, max(chain_seq), (array_agg(integrity_hash ORDER BY chain_seq DESC))[1],
               chain_lane, sum(count(*)) OVER (PARTITION BY tenant_id)
        FROM awgp.audit_logs GROUP BY tenant_id, chain_lane;";

async fn retire(database: &Database, months: i64) {
    let superuser = database.superuser().await;
    superuser.batch_execute(SIGNED).await.expect("a superuser may");
    let sql = format!("SELECT awgp.retire_partition('{}')", month_ago(months).partition_name());
    database.connect(Login::Maintainer).await.execute(&sql, &[]).await.expect("it retires");
    superuser
        .batch_execute("DELETE FROM awgp.audit_tree_lanes; DELETE FROM awgp.audit_checkpoints")
        .await
        .expect("a superuser may");
}

#[tokio::test]
async fn a_month_that_the_source_has_retired_comes_as_anchors() {
    let (source, target, past) = stage().await;
    retire(&source, 16).await;
    said(&family_between(&past.tenants[0].to_string(), &source, &target, &[]).expect(0));
    let anchors = "SELECT count(*)::text FROM awgp.audit_chain_anchors WHERE partition_name LIKE '%/%'";
    assert_eq!(text(&target, anchors).await.as_deref(), Some("2"));
    assert_eq!(verify(&target).await, []);
    assert_eq!(verify(&source).await, []);
}

#[tokio::test]
async fn anchors_of_an_earlier_stay_are_left_when_a_return_is_undone() {
    let (home, away, past) = stage().await;
    retire(&home, 16).await;
    let family = past.tenants[0].to_string();
    said(&family_between(&family, &home, &away, &[]).expect(0));
    said(&family_between(&family, &away, &home, &[]).expect(0));
    let anchors =
        "SELECT string_agg(anchor::text, ' ' ORDER BY anchor::text) FROM awgp.audit_chain_anchors AS anchor
                   WHERE partition_name LIKE '%/%'";
    let before = text(&away, anchors).await.expect("anchors of the first stay");
    said(&family_between(&family, &home, &away, &["--until", "verified"]).expect(0));
    said(&family_between(&family, &home, &away, &["--back"]).expect(0));
    assert_eq!(text(&away, anchors).await.as_deref(), Some(before.as_str()));
    assert_eq!(verify(&away).await, []);
    assert_eq!(verify(&home).await, []);
}

#[tokio::test]
async fn a_month_that_the_target_has_retired_is_refused_before_anything_is_stopped() {
    let (source, target, past) = stage().await;
    retire(&target, 16).await;
    let refused = family_between(&past.tenants[0].to_string(), &source, &target, &[]);
    assert!(refused.stderr.contains("month_retired"), "{refused:?}");
    assert_eq!(text(&source, "SELECT max(state) FROM awgp.tenant_moves").await.as_deref(), Some("back"));
    assert_eq!(text(&source, "SELECT max(stopped_at)::text FROM awgp.tenant_moves").await, None);
}

#[tokio::test]
async fn columns_that_an_operator_added_on_both_sides_stop_no_move() {
    const ADD: &str = "
        DO $$ DECLARE tab regclass; BEGIN
            FOR tab IN SELECT oid FROM pg_class WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p')
                       AND NOT relispartition LOOP
                EXECUTE format('ALTER TABLE %s ADD COLUMN gone text, ADD COLUMN house text NOT NULL DEFAULT ''a house''', tab);
                EXECUTE format('ALTER TABLE %s DROP COLUMN gone', tab);
            END LOOP; END $$";
    let (home, away, past) = stage().await;
    for side in [&home, &away] {
        side.superuser().await.batch_execute(ADD).await.expect("an operator may");
    }
    let family = past.tenants[0].to_string();
    let of_family = format!("SELECT house FROM awgp.tenants WHERE id = '{family}'");
    let name = format!("UPDATE awgp.tenants SET house = 'theirs' WHERE id = '{family}'");
    home.superuser().await.execute(&name, &[]).await.expect("an operator may");
    retire(&home, 16).await;
    for (from, to) in [(&home, &away), (&away, &home), (&home, &away)] {
        said(&family_between(&family, from, to, &[]).expect(0));
        assert_eq!(text(to, &of_family).await.as_deref(), Some("theirs"));
        assert_eq!(verify(to).await, []);
        assert_eq!(verify(from).await, []);
    }
    // Points where a chain goes on, and anchors, begin anew with the default.
    for table in ["audit_adopted_lanes", "audit_chain_anchors"] {
        let sql = format!("SELECT string_agg(DISTINCT house, ' ') FROM awgp.{table}");
        assert_eq!(text(&away, &sql).await.as_deref(), Some("a house"), "{table}");
    }
}
