//! Breaking glass: granted twice over, and never silent.

use awgp_tests::approving::{asked, asked_by, policy, row, run, start};
use awgp_tests::fixture::{group, within};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate};
use serde_json::json;
use std::time::Duration;

const BREAK: &str = "SELECT status FROM awgp.break_glass($1, 'the plant is on fire')";
const GRANT: &str =
    "GRANT EXECUTE ON FUNCTION awgp.break_glass(uuid, text), awgp.force_approval(uuid, text) TO awgp_app";

#[tokio::test]
async fn nobody_breaks_glass_without_both_grants() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let manager = north.user("manager");
    let asked = asked(&mut app, &north, 5).await;
    policy(&database, &north, &json!({"break_glass": [manager]})).await;
    assert_sqlstate(run(&mut app, &north, Some(manager), BREAK, asked.approval).await, "42501");
    database.superuser().await.batch_execute(GRANT).await.expect("granted");
    policy(&database, &north, &json!({})).await;
    let answer = run(&mut app, &north, Some(manager), BREAK, asked.approval).await;
    assert_refused(answer, "42501", "break_glass_not_allowed");
    assert_eq!(row(&mut app, &north, asked.approval).await["status"], "pending");
}

#[tokio::test]
async fn broken_glass_approves_and_is_told_everywhere() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let manager = north.user("manager");
    let superuser = database.superuser().await;
    superuser.batch_execute(GRANT).await.expect("granted");
    // Told whatever the setting says.
    let off = format!("ALTER DATABASE {} SET awgp.approvals_notify = off", database.name);
    superuser.batch_execute(&off).await.expect("switched off");
    policy(&database, &north, &json!({"break_glass": [manager], "quorum": {"5": 3}})).await;
    let mut app_without_notices = database.app().await;
    let asked = asked(&mut app_without_notices, &north, 5).await;
    let (_client, mut receive) = database.listener(Login::Nobody, "awgp_approvals").await;
    let answer = run(&mut app_without_notices, &north, Some(manager), BREAK, asked.approval).await;
    assert_eq!(answer.expect("he may"), "approved");
    let heard = tokio::time::timeout(Duration::from_mins(5), receive.recv()).await.expect("in time");
    assert_eq!(heard, Some(asked.approval.to_string()));
    let stored = row(&mut app, &north, asked.approval).await;
    assert_eq!((&stored["break_glass"], &stored["approved_by"]), (&true.into(), &manager.to_string().into()));
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT decision, comment FROM awgp.approval_decisions WHERE approval_id = $1";
    let vote = transaction.query_one(sql, &[&asked.approval]).await.expect("a decision");
    assert_eq!((vote.get::<_, &str>(0), vote.get::<_, &str>(1)), ("break_glass", "the plant is on fire"));
    let sql = "SELECT after_state->>'reason' FROM awgp.audit_logs
               WHERE action = 'break_glass' AND entity_type = 'approvals' AND entity_id = $1";
    let event = transaction.query_one(sql, &[&asked.approval]).await.expect("an event of its own");
    assert_eq!(event.get::<_, &str>(0), "the plant is on fire");
    drop(transaction);
    let maintainer = database.connect(Login::Maintainer).await;
    let sql = "SELECT count(*) FROM awgp.doctor() WHERE code = 'glass_broken' AND severity = 'warning'";
    assert_eq!(maintainer.query_one(sql, &[]).await.expect("a count").get::<_, i64>(0), 1);
    start(&mut app, &north, asked.item).await.expect("it begins");
}

#[tokio::test]
async fn glass_is_not_broken_for_oneself_without_a_reason_or_for_what_changed() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let manager = north.user("manager");
    database.superuser().await.batch_execute(GRANT).await.expect("granted");
    policy(&database, &north, &json!({"break_glass": [manager]})).await;
    let own = asked_by(&mut app, &north, "manager", 5).await;
    assert_refused(run(&mut app, &north, Some(manager), BREAK, own.approval).await, "42501", "self_approval");
    let asked = asked(&mut app, &north, 5).await;
    let silent = "SELECT status FROM awgp.break_glass($1, '  ')";
    assert_refused(
        run(&mut app, &north, Some(manager), silent, asked.approval).await,
        "22023",
        "reason_required",
    );
    let change = "UPDATE awgp.work_items SET title = 'x' WHERE id = $1 RETURNING title";
    run(&mut app, &north, Some(north.user("operator")), change, asked.item).await.expect("it changes");
    assert_refused(
        run(&mut app, &north, Some(manager), BREAK, asked.approval).await,
        "55000",
        "digest_mismatch",
    );
}
