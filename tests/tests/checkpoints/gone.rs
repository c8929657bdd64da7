//! Rows that are gone with their partition: what remains is proved all the
//! same, and on what it rests is said.

use super::stage::{Auditor, events, scene};
use awgp_core::audit::chain::{Lane, Linker, genesis};
use awgp_core::audit::row::AuditRow;
use awgp_core::civil::format_timestamp;
use awgp_tests::trail::install_id;
use awgp_tests::{Database, Login};
use uuid::Uuid;

/// Rows of a lane of its own in last month's partition: more than a tile holds.
const ROWS: i64 = 300;
const LANE: i16 = 5;

/// Writes the rows as the chain would have, and seals the month: the partition's name.
async fn last_month(database: &Database, tenant_id: Uuid) -> String {
    let dba = database.superuser().await;
    dba.batch_execute("SET TimeZone = 'UTC'").await.expect("any session may");
    let sql = "SELECT ensure_partitions, (extract(epoch FROM month) * 1000000)::bigint
               FROM (SELECT date_trunc('month', now()) - interval '1 month' AS month) AS asked,
                    LATERAL awgp.ensure_partitions(0, month)";
    let made = dba.query_one(sql, &[]).await.expect("a month can be made");
    let (partition, start_us): (String, i64) = (made.get(0), made.get(1));
    let lane = Lane { tenant_id, chain_lane: LANE };
    let mut hash = genesis(install_id(database).await, lane);
    let mut values = Vec::new();
    for seq in 1..=ROWS {
        let row = AuditRow {
            id: 1_000_000 + seq,
            timestamp_us: start_us + seq,
            tenant_id,
            actor_type: "system".to_owned(),
            actor_id: None,
            action: "tick".to_owned(),
            entity_type: "test".to_owned(),
            entity_id: None,
            before_state: None,
            after_state: Some(format!("{{\"n\": {seq}}}")),
            metadata: None,
            chain_lane: LANE,
            chain_seq: seq,
            integrity_hash: String::new(),
        };
        hash = Linker::default().link(hash, &row.borrowed());
        values.push(format!(
            "({}, '{}', '{tenant_id}', 'system', 'tick', 'test', '{{\"n\": {seq}}}', {LANE}, {seq}, '{hash}')",
            row.id,
            format_timestamp(row.timestamp_us)
        ));
    }
    dba.batch_execute(&format!(
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
         INSERT INTO awgp.audit_logs (id, \"timestamp\", tenant_id, actor_type, action, entity_type, after_state,
                                      chain_lane, chain_seq, integrity_hash) VALUES {};
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit",
        values.join(",")
    ))
    .await
    .expect("rows are loaded");
    let maintainer = database.connect(Login::Maintainer).await;
    maintainer
        .execute("SELECT awgp.seal_partition($1)", &[&partition])
        .await
        .expect("the month can be sealed");
    partition
}

/// Retires the month, as if it were old enough, and drops its table.
async fn retire(database: &Database, partition: &str) {
    let dba = database.superuser().await;
    dba.batch_execute("SET awgp.audit_retention = 0; SET awgp.audit_retention_short = on")
        .await
        .expect("a superuser may");
    dba.execute("SELECT awgp.retire_partition($1)", &[&partition]).await.expect("the month can be retired");
    dba.batch_execute(&format!("DROP TABLE awgp.{partition}")).await.expect("its owner may");
}

/// What verification proves of the tenant, where it finds nothing.
fn proved(database: &Database, auditor: &Auditor) -> Vec<String> {
    let (findings, summary) = auditor.verify(database, &auditor.notes(), 0);
    assert!(findings.is_empty(), "{findings:?}");
    let sentences = summary["proved"].as_array().expect("sentences").clone();
    sentences.iter().map(|sentence| sentence.as_str().expect("a sentence").to_owned()).collect()
}

#[tokio::test]
async fn what_remains_is_proved_by_the_hashes_that_the_rows_have_left() {
    let (database, group, auditor) = scene().await;
    let partition = last_month(&database, group.north.id).await;
    events(&database, group.north.id, 300).await;
    let maintainer = database.connect(Login::Maintainer).await;
    let covered = "SELECT awgp.partition_is_checkpointed($1)";
    for made in [false, true] {
        if made {
            let sql = "SELECT awgp.audit_checkpoint($1)";
            maintainer.execute(sql, &[&group.north.id]).await.expect("a checkpoint");
        }
        let is_covered = maintainer.query_one(covered, &[&partition]).await.expect("an answer");
        assert!(!is_covered.get::<_, bool>(0), "what is made and not signed is not covered");
    }
    let open = maintainer.query_one(covered, &[&"audit_logs_default"]).await.expect("an answer");
    assert!(!open.get::<_, bool>(0), "what is not sealed is not covered");
    auditor.sign(&database, &["--tenant", "north"]);
    let is_covered = maintainer.query_one(covered, &[&partition]).await.expect("an answer");
    assert!(is_covered.get::<_, bool>(0));
    auditor.assert_holds(&database, &auditor.notes(), 1);
    retire(&database, &partition).await;
    let told = proved(&database, &auditor);
    assert!(told.len() == 1 && told[0].contains(&format!("{ROWS} of them are gone")), "{told:?}");
    // The tree goes on, for the auditor who was there and for one who comes now.
    events(&database, group.north.id, 7).await;
    auditor.sign(&database, &["--tenant", "north"]);
    auditor.try_sign(&database, &["--tenant", "north"], &auditor.file("late")).expect(0);
    assert_eq!(proved(&database, &auditor).len(), 1);
    // A row that is here is proved past those that are not.
    let sql = "SELECT max(id)::text FROM awgp.audit_logs WHERE tenant_id = $1 AND chain_lane = 0";
    let id: String =
        database.superuser().await.query_one(sql, &[&group.north.id]).await.expect("a row").get(0);
    let note =
        auditor.sign(&database, &["--tenant", "north"])[0]["note"].as_str().expect("a path").to_owned();
    let out = auditor.file("proof.json");
    let arguments = ["audit", "prove", &id, "--checkpoint", &note, "--out", &out];
    awgp_tests::cli::json(&database, Login::Auditor, &arguments).expect(0);
    awgp_tests::cli::awgp(&["audit", "check-proof", &out, "--public-key", &auditor.public_key], &[])
        .expect(0);
}

#[tokio::test]
async fn a_hash_that_a_row_has_left_cannot_be_changed() {
    let (database, group, auditor) = scene().await;
    let partition = last_month(&database, group.north.id).await;
    auditor.sign(&database, &["--tenant", "north"]);
    retire(&database, &partition).await;
    let sql = "UPDATE awgp.audit_tree_tiles SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0))
               WHERE tenant_id = $1 AND level = 0 AND tile = 1";
    let edited = database.superuser().await.execute(sql, &[&group.north.id]).await.expect("a superuser may");
    assert_eq!(edited, 1);
    let found = auditor.findings(&database, &auditor.notes());
    assert!(found.iter().any(|(kind, ..)| kind == "root_mismatch"), "{found:?}");
}
