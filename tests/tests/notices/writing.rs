//! What is a notice, and when it is written.

use super::stage::{Stage, routed, settings};
use awgp_tests::Login;
use awgp_tests::approving::{ESCALATE, REJECT, approve, asked, item, let_it_expire, request, run};
use awgp_tests::fixture::{one, within, within_as};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Kind, target and entity of each notice that north sees, in order.
async fn written(stage: &Stage) -> Vec<(String, String, Uuid)> {
    let mut app = stage.database.app().await;
    let transaction = within(&mut app, stage.group.north.id).await;
    let sql = "SELECT kind, target, entity_id FROM awgp.outbox WHERE tenant_id = awgp.current_tenant()
               ORDER BY created_at, target";
    let rows = transaction.query(sql, &[]).await.expect("a tenant reads its own");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

fn notice(kind: &str, entity: Uuid) -> (String, String, Uuid) {
    (kind.to_owned(), "hook".to_owned(), entity)
}

#[tokio::test]
async fn every_move_of_an_approval_is_a_notice() {
    let stage = Stage::set().await;
    let north = &stage.group.north;
    let mut app = stage.database.app().await;
    let first = asked(&mut app, north, 4).await.approval;
    run(&mut app, north, Some(north.user("operator")), ESCALATE, first).await.expect("a step");
    approve(&mut app, north, north.user("super_admin"), first).await.expect("they may");
    let second = asked(&mut app, north, 4).await.approval;
    run(&mut app, north, Some(north.user("admin")), REJECT, second).await.expect("they may");
    let third = asked(&mut app, north, 4).await.approval;
    let_it_expire(&stage.database, third).await;
    let maintainer = stage.database.connect(Login::Maintainer).await;
    maintainer.execute("SELECT awgp.expire_approvals()", &[]).await.expect("it runs");
    let expected = [
        notice("approval_asked", first),
        notice("approval_escalated", first),
        notice("approval_decided", first),
        notice("approval_asked", second),
        notice("approval_decided", second),
        notice("approval_asked", third),
        notice("approval_expired", third),
    ];
    assert_eq!(written(&stage).await, expected);
}

#[tokio::test]
async fn money_that_runs_out_is_a_notice() {
    let stage = Stage::set().await;
    let north = &stage.group.north;
    let mut app = stage.database.app().await;
    let transaction = within(&mut app, north.id).await;
    transaction.execute("SELECT awgp.create_credit_pool('openai', 10)", &[]).await.expect("a pool");
    let cost = "SELECT awgp.record_cost($1, 'openai', 'gpt-4', 1, 1, $2::text::numeric,
                                        metadata => '{\"incurred\": true}')";
    transaction.execute(cost, &[&north.assistant, &"4"]).await.expect("a cost");
    assert_eq!(transaction.query("SELECT FROM awgp.outbox", &[]).await.expect("rows").len(), 0);
    transaction.execute(cost, &[&north.assistant, &"2"]).await.expect("a cost");
    transaction.execute(cost, &[&north.assistant, &"5"]).await.expect("a cost");
    transaction.commit().await.expect("committed");
    let sql = "SELECT count(*), count(a.id), count(*) FILTER (WHERE o.kind = 'budget_overrun')
               FROM awgp.outbox AS o
               LEFT JOIN awgp.budget_alerts AS a ON a.id = o.entity_id AND o.kind = 'budget_' || a.kind";
    let row = stage.superuser.query_one(sql, &[]).await.expect("a row");
    assert_eq!(
        (row.get(0), row.get(1), row.get(2)),
        (5_i64, 5_i64, 2_i64),
        "50, 75, 90; over the pool, over the day"
    );
}

#[tokio::test]
async fn a_confirmed_flag_and_a_suspended_assistant_are_notices() {
    let stage = Stage::set().await;
    let north = &stage.group.north;
    let mut app = stage.database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("manager"))).await;
    let sql = "SELECT id FROM awgp.flag_hallucination($1, 'pattern', 0.9, 'It said so')";
    let flag = one(&transaction, sql, &[&north.assistant]).await;
    transaction.commit().await.expect("committed");
    assert_eq!(written(&stage).await, []);
    let review = "SELECT status FROM awgp.review_hallucination($1, 'confirmed')";
    run(&mut app, north, Some(north.user("manager")), review, flag).await.expect("they may");
    // A plain UPDATE suspends as well.
    let suspend = "UPDATE awgp.assistants SET status = 'suspended' WHERE id = $1 RETURNING status";
    run(&mut app, north, Some(north.user("manager")), suspend, north.assistant).await.expect("they may");
    let expected = [notice("flag_confirmed", flag), notice("assistant_suspended", north.assistant)];
    assert_eq!(written(&stage).await, expected);
}

#[tokio::test]
async fn each_target_has_a_notice_of_its_own_and_without_a_route_there_is_none() {
    let stage = Stage::set().await;
    let (north, south) = (&stage.group.north, &stage.group.south);
    settings(&stage.database, north, &routed(&["mail", "chat"])).await;
    let mut app = stage.database.app().await;
    asked(&mut app, north, 4).await;
    asked(&mut app, south, 4).await;
    let targets: BTreeSet<String> = written(&stage).await.into_iter().map(|(_, target, _)| target).collect();
    assert_eq!(targets, ["chat", "mail"].map(str::to_owned).into());
    let all = "SELECT count(*) FROM awgp.outbox";
    assert_eq!(stage.superuser.query_one(all, &[]).await.expect("a count").get::<_, i64>(0), 2);
}

#[tokio::test]
async fn what_is_rolled_back_is_no_notice() {
    let stage = Stage::set().await;
    let north = &stage.group.north;
    let mut app = stage.database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let work = item(&transaction, north, 4).await;
    transaction.batch_execute("SAVEPOINT s").await.expect("a savepoint");
    request(&transaction, work).await.expect("it is asked");
    transaction.batch_execute("ROLLBACK TO s").await.expect("rolled back");
    transaction.commit().await.expect("committed");
    assert_eq!(written(&stage).await, []);
}

#[tokio::test]
async fn a_commit_with_a_notice_wakes_and_one_without_a_route_does_not() {
    let stage = Stage::set().await;
    let mut app = stage.database.app().await;
    let (_client, mut receive) = stage.database.listener(Login::Nobody, "awgp_outbox").await;
    asked(&mut app, &stage.group.south, 4).await;
    asked(&mut app, &stage.group.north, 4).await;
    assert_eq!(receive.recv().await.as_deref(), Some(""), "it tells nothing");
    assert!(receive.try_recv().is_err(), "and once");
}

#[tokio::test]
async fn a_transaction_with_a_notice_can_be_prepared() {
    let stage = Stage::set().await;
    let north = &stage.group.north;
    let mut app = stage.database.app().await;
    let asked = asked(&mut app, north, 4).await;
    let name = format!("notice{}", asked.approval.simple());
    app.batch_execute("BEGIN").await.expect("a transaction begins");
    let set = "SELECT awgp.set_context($1::uuid, $2::uuid)";
    app.execute(set, &[&north.id, &north.user("admin")]).await.expect("the context is set");
    app.query_one("SELECT awgp.approve($1)", &[&asked.approval]).await.expect("they may");
    app.batch_execute(&format!("PREPARE TRANSACTION '{name}'")).await.expect("prepared");
    app.batch_execute(&format!("COMMIT PREPARED '{name}'")).await.expect("committed");
    assert_eq!(written(&stage).await.last(), Some(&notice("approval_decided", asked.approval)));
}
