//! A copy of the trail in a database without AWGP.

use super::stage::{is_logical, subscribe};
use awgp_tests::cli::json;
use awgp_tests::command::run;
use awgp_tests::own_server::until;
use awgp_tests::{Database, Login, fixture, trail};
use serde_json::Value;

/// The tables that `awgp audit verify` reads, as pg_dump writes them for a database without AWGP.
const TABLES: [&str; 2] = ["--table=awgp.audit_*", "--table=awgp.installation"];

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_copy_verifies_with_the_client_alone() {
    if !is_logical("plain::a_plain_copy_verifies_with_the_client_alone") {
        return;
    }
    let (original, _) = fixture::scene().await;
    original.superuser().await.batch_execute(super::stage::PUBLICATIONS).await.expect("publications");
    let shape = run(
        "pg_dump",
        &original,
        &[&["--schema-only", "--section=pre-data", "--no-privileges"][..], &TABLES[..]].concat(),
    );
    let copy = Database::empty().await;
    let superuser = copy.superuser().await;
    let lines = shape.lines().filter(|line| !line.starts_with('\\')).collect::<Vec<_>>().join("\n");
    superuser.batch_execute(&format!("CREATE SCHEMA awgp; {lines}")).await.expect("plain tables");
    let keys = "ALTER TABLE awgp.audit_logs ADD PRIMARY KEY (id, timestamp); RESET search_path;
                GRANT USAGE ON SCHEMA awgp TO awgp_auditor; GRANT SELECT ON ALL TABLES IN SCHEMA awgp TO awgp_auditor";
    superuser.batch_execute(keys).await.expect("keys");
    subscribe(&original, &copy, "plain", "awgp_trail").await;
    let count = i64::try_from(trail::rows(&original).await.len()).expect("a count");
    let arrived = "SELECT count(*) = $1 FROM awgp.audit_logs";
    until("the rows arrive", async || superuser.query_one(arrived, &[&count]).await.expect("a count").get(0))
        .await;

    let id = trail::install_id(&original).await.to_string();
    let outcome = json(&copy, Login::Auditor, &["audit", "verify", "--install-id", &id]).expect(12);
    let (findings, summary) = outcome.verified();
    assert_eq!(summary["verified_rows"].as_i64(), Some(count), "{summary}");
    // The rows hold; there are no guards in a plain copy, and it says so.
    let of_rows = |finding: &&Value| !finding["audit_id"].is_null() || !finding["chain_seq"].is_null();
    assert_eq!(findings.iter().filter(of_rows).count(), 0, "{findings:#?}");
    let kinds: std::collections::BTreeSet<&str> =
        findings.iter().filter_map(|f| f["kind"].as_str()).collect();
    assert!(
        kinds.iter().all(|kind| ["trigger_disabled", "policy_disabled", "missing_partition"].contains(kind)),
        "{kinds:?}"
    );
    superuser
        .batch_execute(
            "UPDATE awgp.audit_logs SET action = 'x' WHERE id = (SELECT min(id) FROM awgp.audit_logs)",
        )
        .await
        .expect("nothing guards it");
    let (findings, _) =
        json(&copy, Login::Auditor, &["audit", "verify", "--install-id", &id]).expect(12).verified();
    assert!(findings.iter().any(|finding| finding["kind"] == "changed_row"), "{findings:#?}");
}
