//! What a DBA does to the storage of the trail changes nothing of what verification finds.

#![allow(clippy::explicit_counter_loop, reason = "the round names the row")]

use awgp_tests::cli;
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::writer::{Writer, targets};
use awgp_tests::{Database, Login};
use tokio_postgres::Client;

/// {partition} is where the rows are.
const MAINTENANCE: [&str; 7] = [
    "VACUUM (FREEZE, ANALYZE) awgp.audit_logs",
    "VACUUM FULL awgp.{partition}",
    "REINDEX TABLE awgp.audit_logs",
    "REINDEX TABLE CONCURRENTLY awgp.{partition}",
    "CLUSTER awgp.{partition} USING {partition}_chain_key",
    "CLUSTER awgp.{partition} USING {partition}_pkey",
    "ALTER TABLE awgp.{partition} ALTER COLUMN after_state SET STORAGE EXTERNAL; VACUUM FULL awgp.{partition}",
];

async fn write(database: &Database, round: u64, transactions: u64) {
    let targets: Vec<_> = {
        let sql = "SELECT tenant_id, id FROM awgp.assistants ORDER BY 1";
        let rows = database.superuser().await.query(sql, &[]).await.expect("a superuser reads all");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    let mut running = Vec::new();
    for number in 0..6 {
        let client = database.app().await;
        let writer =
            Writer { number: round * 100 + number, targets: targets.clone(), tenants_per_transaction: 2 };
        running.push(tokio::spawn(async move { writer.run(&client, transactions).await }));
    }
    for writer in running {
        writer.await.expect("a writer ends");
    }
}

async fn partition(superuser: &Client) -> String {
    let sql = "SELECT relname::text FROM pg_class WHERE oid = (SELECT tableoid FROM awgp.audit_logs LIMIT 1)";
    superuser.query_one(sql, &[]).await.expect("the trail has a row").get(0)
}

#[tokio::test]
async fn vacuum_full_reindex_and_cluster_are_no_finding_and_hide_none() {
    let database = Database::new().await;
    targets(&database, 3).await;
    write(&database, 0, 30).await;
    let superuser = database.superuser().await;
    let partition = partition(&superuser).await;
    let honest = trail::rows(&database).await;
    let lanes = assert_intact(trail::install_id(&database).await, &honest);
    assert!(lanes.values().any(|lanes| *lanes > 1), "several lanes: {lanes:?}");
    let mut round = 1;
    for statement in MAINTENANCE {
        for part in statement.split("; ") {
            let sql = part.replace("{partition}", &partition);
            superuser.execute(&sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        }
        assert_eq!(trail::verify(&database).await, [], "{statement}");
        cli::table(&database, Login::Auditor, &["audit", "verify"]).expect(0);
        // Writers go on where they were.
        write(&database, round, 3).await;
        assert_eq!(trail::verify(&database).await, [], "{statement}, and then writers");
        round += 1;
    }
    let rows = trail::rows(&database).await;
    assert_intact(trail::install_id(&database).await, &rows);
    assert!(rows.len() > honest.len() && honest.iter().all(|row| rows.contains(row)), "no row has changed");
    // A row that was edited before is found afterwards.
    let edited = &honest[honest.len() / 2];
    let sql = format!(
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
         UPDATE awgp.audit_logs SET metadata = '{{}}' WHERE id = {};
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit",
        edited.id
    );
    superuser.batch_execute(&sql).await.expect("a superuser may");
    for statement in MAINTENANCE {
        for part in statement.split("; ") {
            superuser.execute(&part.replace("{partition}", &partition), &[]).await.expect("maintenance");
        }
        let found = trail::verify(&database).await;
        let named: Vec<_> = found.iter().map(|finding| (finding.kind.as_str(), finding.audit_id)).collect();
        assert_eq!(named, [("changed_row", Some(edited.id))], "{statement}");
    }
}
