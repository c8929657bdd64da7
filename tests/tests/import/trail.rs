//! The old audit rows: chained, marked, and in their months.

use super::{NORTH, assert_sound, import, number, run, with_seed};
use awgp_tests::{Login, trail};
use serde_json::{Value, json};

#[tokio::test]
async fn an_auditor_sees_which_rows_awgp_did_not_witness() {
    let (database, _superuser) = with_seed("").await;
    import(&database.superuser().await).await;
    let auditor = database.connect(Login::Auditor).await;
    let old = "metadata ? 'imported' AND metadata ->> 'origin' = 'import'";
    assert_eq!(number(&auditor, &format!("SELECT count(*) FROM awgp.audit_logs WHERE {old}")).await, 400);
    // Rows of tables are events of AWGP's own, which say where the row comes from.
    let own = "SELECT count(*) FROM awgp.audit_logs
               WHERE metadata -> 'imported' = 'true' AND NOT metadata ? 'origin' AND action = 'insert' AND entity_type = 'work_items'";
    assert_eq!(number(&auditor, own).await, 7);
    let rows = trail::rows_where(&auditor, "id BETWEEN 1001 AND 1400").await;
    assert_eq!(rows.len(), 400);
    let metadata = |id: i64| -> Value {
        let row = rows.iter().find(|row| row.id == id).expect("the row has its old id");
        serde_json::from_str(row.metadata.as_deref().expect("metadata")).expect("JSON")
    };
    // An object stays where it was; what AWGP would overwrite, and what is no object, is within the mark.
    assert_eq!(metadata(1001)["request"], "r-1");
    assert_eq!(metadata(1002)["imported"]["metadata"], json!({"origin": "web", "n": 2.5}));
    assert_eq!(metadata(1003)["imported"]["metadata"], json!(["list"]));
    assert_eq!(metadata(1004)["imported"]["id"], 1004);
    assert_eq!(metadata(1004)["imported"]["timestamp"], "2025-02-27T12:40:00.000000Z");
    assert_eq!(metadata(1004)["imported"]["integrity_hash"].as_str().map(str::len), Some(64));
    assert_eq!(metadata(1004)["role"], "postgres");
    let state = rows.iter().find(|row| row.id == 1004).and_then(|row| row.before_state.as_deref());
    assert_eq!(state, Some("{\"n\": 1.10}"), "digits are kept");
}

#[tokio::test]
async fn old_rows_stand_in_their_months_in_the_order_of_time() {
    let (database, superuser) = with_seed("").await;
    import(&superuser).await;
    for (month, expected) in [("2025_02", 215), ("2025_03", 185)] {
        let sql = format!("SELECT count(*) FROM awgp.audit_logs_{month}");
        assert_eq!(number(&superuser, &sql).await, expected, "{month}");
    }
    let rows = trail::rows(&database).await;
    let north: Vec<_> = rows.iter().filter(|row| row.tenant_id == NORTH && row.chain_lane == 0).collect();
    assert!(north.windows(2).all(|pair| pair[0].timestamp_us <= pair[1].timestamp_us));
    trail::assert_intact(trail::install_id(&database).await, &rows);
    assert_sound(&database).await;
    // Ids go on behind the old ones.
    let next: i64 =
        superuser.query_one("SELECT nextval('awgp.audit_logs_id_seq')", &[]).await.expect("an id").get(0);
    assert!(next > 1400, "{next}");
}

#[tokio::test]
async fn breaks_of_the_old_chain_are_told() {
    let more = "DELETE FROM audit_logs WHERE id = (SELECT last_sequence_number FROM audit_log_integrity);
                UPDATE audit_logs SET integrity_hash = (SELECT integrity_hash FROM audit_logs WHERE id = 1001) WHERE id = 1002;
                INSERT INTO audit_log_integrity (partition_name, last_sequence_number, cumulative_hash)
                SELECT 'audit_logs_2025_03', id, 'other' FROM audit_logs_2025_03 ORDER BY id DESC LIMIT 1;
                CREATE TABLE audit_logs_2025_04 PARTITION OF audit_logs FOR VALUES FROM ('2025-04-01') TO ('2025-05-01');
                INSERT INTO audit_logs (id, timestamp, tenant_id, actor_type, action, entity_type, integrity_hash)
                VALUES (1500, '2025-04-02', '10000000-0000-4000-8000-00000000dead', 'system', 'insert', 'tenants', 'z');
                INSERT INTO audit_log_integrity (partition_name, last_sequence_number, cumulative_hash) VALUES ('audit_logs_2025_04', 1500, 'z');";
    let (database, superuser) = with_seed(more).await;
    let report = import(&superuser).await;
    let told = |reason: &str| {
        let line = report.iter().find(|line| line.reason == reason);
        line.and_then(|line| line.row.clone()).unwrap_or_default()
    };
    assert_eq!(told("old_rows_missing"), "audit_logs_2025_02");
    assert_eq!(told("old_hash_repeated"), "1001");
    assert_eq!(told("old_seal_broken"), "audit_logs_2025_03");
    // Rows of a tenant that the application has deleted are evidence too.
    assert_eq!(told("tenant_gone"), "1500");
    assert_sound(&database).await;
}

#[tokio::test]
async fn ids_and_months_that_awgp_has_used_are_kept_apart() {
    let low = "UPDATE audit_logs SET id = id - 1000;";
    let (database, superuser) = with_seed(low).await;
    let admin = database.admin().await;
    for name in ["first", "second", "third"] {
        admin.execute("SELECT awgp.create_tenant($1, $1)", &[&name]).await.expect("AWGP is in use");
    }
    // AWGP has sealed February before the application comes.
    superuser.batch_execute("SELECT awgp.ensure_partitions(0, '2025-02-10')").await.expect("a month");
    let maintainer = database.connect(Login::Maintainer).await;
    maintainer.batch_execute("SELECT awgp.seal_partition('audit_logs_2025_02')").await.expect("sealed");
    let given = number(&superuser, "SELECT last_value FROM awgp.audit_logs_id_seq").await;
    let report = run(&superuser, "awgp.import_seed('app')").await.expect("it reports");
    let rows = |reason: &str| report.iter().find(|line| line.reason == reason).map(|line| line.rows);
    assert_eq!((rows("renumbered"), rows("month_sealed")), (Some(given), Some(215)));
    import(&superuser).await;
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.audit_logs_2025_02").await, 0);
    let moved = "SELECT count(*) FROM awgp.audit_logs WHERE \"timestamp\" = '2025-03-01 00:00+00'
                 AND metadata -> 'imported' ->> 'timestamp' < '2025-03-01'";
    assert_eq!(number(&superuser, moved).await, 215);
    let twice = "SELECT count(*) FROM (SELECT FROM awgp.audit_logs GROUP BY id HAVING count(*) > 1) AS twice";
    assert_eq!(number(&superuser, twice).await, 0);
    assert_sound(&database).await;
}
