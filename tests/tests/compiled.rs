//! Functions whose statements the server must not compile: JIT seldom saves what it costs where a plan runs
//! once.

use awgp_tests::{Database, Login};

/// Whatever reads a ledger or a trail whole, or many tables once.
const NOT_COMPILED: &[&str] = &[
    "audit_checkpoint",
    "doctor",
    "metrics",
    "report",
    "seal_due_partitions",
    "seal_partition",
    "tell_of_errors",
    "verify_audit",
    "verify_due_ledger",
    "verify_ledger",
];

#[tokio::test]
async fn what_reads_much_and_once_is_not_compiled() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "SELECT proname::text FROM pg_proc
               WHERE pronamespace = 'awgp'::regnamespace AND proconfig @> ARRAY['jit=off'] ORDER BY proname";
    let rows = superuser.query(sql, &[]).await.expect("pg_proc is readable");
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, NOT_COMPILED);
}

#[tokio::test]
async fn jit_stays_on_for_the_session_that_calls_them() {
    let database = Database::new().await;
    let auditor = database.connect(Login::Auditor).await;
    auditor
        .batch_execute("SET jit = on; SELECT FROM awgp.verify_ledger(); SELECT FROM awgp.doctor()")
        .await
        .expect("it may");
    let jit: String = auditor.query_one("SHOW jit", &[]).await.expect("a setting").get(0);
    assert_eq!(jit, "on");
}
