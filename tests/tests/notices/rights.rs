//! Who may do what with notices.

use super::stage::{Stage, routed, settings};
use awgp_tests::{Login, assert_refused, assert_sqlstate};
use serde_json::json;

#[tokio::test]
async fn the_notifier_claims_and_settles_and_reads_no_table() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let notifier = stage.database.connect(Login::Notifier).await;
    for sql in [
        "SELECT * FROM awgp.outbox",
        "SELECT * FROM awgp.notice_status",
        "SELECT * FROM awgp.tenants",
        "UPDATE awgp.outbox SET status = 'waiting'",
        "SELECT awgp.forget_notices()",
        "SELECT awgp.run_maintenance()",
    ] {
        assert_sqlstate(notifier.batch_execute(sql).await, "42501");
    }
    let row = notifier.query_one("SELECT * FROM awgp.claim_notices('hook')", &[]).await.expect("it may");
    let id: uuid::Uuid = row.get("id");
    let again = notifier.query("SELECT * FROM awgp.claim_notices('hook', 10)", &[]).await.expect("it may");
    assert!(again.is_empty(), "it is claimed");
    let delivered = "SELECT awgp.notice_delivered($1)";
    for expected in [true, false] {
        assert_eq!(notifier.query_one(delivered, &[&id]).await.expect("it may").get::<_, bool>(0), expected);
    }
    let failed = "SELECT awgp.notice_failed($1, 1, 'late')";
    let status: Option<String> = notifier.query_one(failed, &[&id]).await.expect("it may").get(0);
    assert_eq!(status, None, "what has arrived does not fail any more");
}

#[tokio::test]
async fn nobody_else_claims() {
    let stage = Stage::set().await;
    for login in [Login::App, Login::Auditor, Login::Maintainer, Login::Admin, Login::Nobody] {
        let client = stage.database.connect(login).await;
        assert_sqlstate(client.batch_execute("SELECT * FROM awgp.claim_notices('hook')").await, "42501");
    }
}

#[tokio::test]
async fn an_attempt_that_another_has_overtaken_cannot_fail_the_notice() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let notifier = stage.database.connect(Login::Notifier).await;
    let claim = "SELECT id, attempt FROM awgp.claim_notices('hook')";
    let first = notifier.query_one(claim, &[]).await.expect("a notice");
    stage.time_passes().await;
    let second = notifier.query_one(claim, &[]).await.expect("the lease is over");
    assert_eq!((first.get::<_, i32>(1), second.get::<_, i32>(1)), (1, 2));
    let id: uuid::Uuid = first.get(0);
    let failed = "SELECT awgp.notice_failed($1, $2, 'timeout', NULL, true)";
    let status = async |attempt: i32| -> Option<String> {
        notifier.query_one(failed, &[&id, &attempt]).await.expect("it may").get(0)
    };
    assert_eq!(status(1).await, None);
    assert_eq!(status(2).await.as_deref(), Some("dead"));
}

#[tokio::test]
async fn a_text_of_a_receiver_is_not_stored() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let notifier = stage.database.connect(Login::Notifier).await;
    let row = notifier.query_one("SELECT id FROM awgp.claim_notices('hook')", &[]).await.expect("a notice");
    let id: uuid::Uuid = row.get(0);
    let failed = "SELECT awgp.notice_failed($1, 1, 'Dear Sir')";
    assert_sqlstate(notifier.query(failed, &[&id]).await, "23514");
}

#[tokio::test]
async fn arguments_are_checked() {
    let stage = Stage::set().await;
    let notifier = stage.database.connect(Login::Notifier).await;
    for sql in [
        "SELECT * FROM awgp.claim_notices(NULL)",
        "SELECT * FROM awgp.claim_notices('hook', 0)",
        "SELECT * FROM awgp.claim_notices('hook', 1001)",
        "SELECT * FROM awgp.claim_notices('hook', 1, 4)",
        "SELECT awgp.notice_delivered(NULL)",
        "SELECT awgp.notice_failed(gen_random_uuid(), NULL, 'x')",
    ] {
        assert_refused(notifier.batch_execute(sql).await, "22023", "out_of_range");
    }
}

#[tokio::test]
async fn routes_are_checked_when_they_are_written() {
    let stage = Stage::set().await;
    let admin = stage.database.admin().await;
    let sql = "UPDATE awgp.tenants SET settings = jsonb_build_object('notices', $2::jsonb) WHERE id = $1";
    for wrong in [
        json!({"routes": {"approval_asked": ["https://example.com"]}}),
        json!({"routes": {"coffee": ["hook"]}}),
        json!({"route": {}}),
        json!({"remind_before_seconds": 1}),
    ] {
        let done = admin.execute(sql, &[&stage.group.north.id, &wrong]).await;
        assert_refused(done, "22023", "invalid_setting");
    }
    settings(&stage.database, &stage.group.north, &routed(&[])).await;
}
