//! Arrays that list users, which behave as references do.

use super::oracles::words;
use super::stage::Stage;
use awgp_tests::fixture::within;
use awgp_tests::{assert_refused, refused};
use std::cell::Cell;
use uuid::Uuid;

const ASK: &str =
    "INSERT INTO awgp.approvals (work_item_id, title, risk_level, requested_by, approver_ids, expires_at)
                   VALUES ($1, 't', 1, $2, $3, now() + interval '1 day') RETURNING id";

#[tokio::test(flavor = "multi_thread")]
async fn approvers_are_users_of_the_same_tenant_by_insert_and_by_update() {
    let stage = Stage::set().await;
    let b = &stage.group.other;
    let mut app = stage.database.app().await;
    let (own, foreign, nobody) = (b.user("admin"), stage.group.north.user("admin"), Uuid::from_u128(77));
    let lists: [Vec<Option<Uuid>>; 5] = [
        vec![Some(foreign)],
        vec![Some(nobody)],
        vec![Some(own), Some(foreign)],
        vec![None],
        vec![Some(own), None],
    ];
    let mut told = Vec::new();
    for list in &lists {
        let transaction = within(&mut app, b.id).await;
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&b.work_item, &own, list];
        told.push(words(&refused(transaction.query(ASK, &parameters).await), &[]));
        drop(transaction);
        let transaction = within(&mut app, b.id).await;
        let update = "UPDATE awgp.approvals SET approver_ids = $1 WHERE status = 'pending'";
        assert_refused(transaction.execute(update, &[list]).await, "23503", "unknown_reference");
    }
    assert!(told.iter().all(|words| *words == told[0]), "one text for every list: {told:?}");
    for list in [vec![], vec![own], vec![own, own, b.user("viewer")]] {
        let transaction = within(&mut app, b.id).await;
        transaction.query(ASK, &[&b.work_item, &own, &list]).await.expect("own users may be listed");
        let update = "UPDATE awgp.approvals SET approver_ids = $1 WHERE status = 'pending'";
        transaction.execute(update, &[&list]).await.expect("own users may be listed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_approver_is_not_deleted_and_not_renumbered() {
    let stage = Stage::set().await;
    let b = &stage.group.other;
    let mut app = stage.database.app().await;
    let (listed, free) = (b.user("super_admin"), b.user("viewer"));
    let transaction = within(&mut app, b.id).await;
    transaction.query(ASK, &[&b.work_item, &b.user("admin"), &vec![listed]]).await.expect("a request");
    transaction.commit().await.expect("it is committed");
    for sql in
        ["DELETE FROM awgp.users WHERE id = $1", "UPDATE awgp.users SET id = gen_random_uuid() WHERE id = $1"]
    {
        let transaction = within(&mut app, b.id).await;
        assert_refused(transaction.execute(sql, &[&listed]).await, "23503", "still_referenced");
        drop(transaction);
        let transaction = within(&mut app, b.id).await;
        assert_eq!(transaction.execute(sql, &[&free]).await.expect("nothing names this one"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_deleted_meanwhile_is_not_listed() {
    let stage = Stage::set().await;
    let b = &stage.group.other;
    let (user, item, requester) = (b.user("viewer"), b.work_item, b.user("admin"));
    let (mut deleter, mut asker) = (stage.database.app().await, stage.database.app().await);
    let deletion = within(&mut deleter, b.id).await;
    deletion.execute("DELETE FROM awgp.users WHERE id = $1", &[&user]).await.expect("nothing names this one");
    // The request waits for the deletion, as a foreign key would, and sees it done.
    let request = within(&mut asker, b.id).await;
    let pid: i32 = request.query_one("SELECT pg_backend_pid()", &[]).await.expect("a pid").get(0);
    let list = vec![user];
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&item, &requester, &list];
    let answered = Cell::new(false);
    let (result, ()) = tokio::join!(
        async {
            let result = request.query(ASK, &parameters).await;
            answered.set(true);
            result
        },
        async {
            let waits = "SELECT cardinality(pg_blocking_pids($1)) > 0";
            let blocked = async || -> bool {
                stage.superuser.query_one(waits, &[&pid]).await.expect("the lock table").get(0)
            };
            while !answered.get() && !blocked().await {
                tokio::task::yield_now().await;
            }
            deletion.commit().await.expect("the deletion commits");
        }
    );
    assert_refused(result, "23503", "unknown_reference");
}
