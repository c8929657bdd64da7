//! Nobody decides what they asked for, on any route.

use awgp_tests::approving::{
    APPROVE, APPROVE_BY_UPDATE, REJECT, approve, asked_by, delegate, item, policy, run,
};
use awgp_tests::fixture::{group, one, within, within_as};
use awgp_tests::{Database, assert_refused};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn in_person() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked_by(&mut app, &north, "super_admin", 5).await;
    for sql in [APPROVE, APPROVE_BY_UPDATE, REJECT] {
        let answer = run(&mut app, &north, Some(north.user("super_admin")), sql, asked.approval).await;
        assert_refused(answer, "42501", "self_approval");
    }
}

#[tokio::test]
async fn through_a_delegate_and_as_a_delegate() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (admin, boss, manager) = (north.user("admin"), north.user("super_admin"), north.user("manager"));
    // The requester's delegate has the requester's authority, which does not count here.
    delegate(&mut app, &north, admin, manager).await;
    let asked = asked_by(&mut app, &north, "admin", 4).await;
    assert_refused(approve(&mut app, &north, manager, asked.approval).await, "42501", "approver_role");
    // The requester holds a delegation of somebody who may.
    delegate(&mut app, &north, boss, admin).await;
    assert_refused(approve(&mut app, &north, admin, asked.approval).await, "42501", "self_approval");
    // And the one who may, may.
    approve(&mut app, &north, boss, asked.approval).await.expect("he may");
}

#[tokio::test]
async fn by_a_chain_or_a_circle_of_delegations() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (admin, boss, manager, operator) =
        (north.user("admin"), north.user("super_admin"), north.user("manager"), north.user("operator"));
    // super_admin → manager → operator: what was passed to the manager is not passed on.
    delegate(&mut app, &north, boss, manager).await;
    delegate(&mut app, &north, manager, operator).await;
    let asked = asked_by(&mut app, &north, "admin", 4).await;
    assert_refused(approve(&mut app, &north, operator, asked.approval).await, "42501", "approver_role");
    // A circle gives nobody anything.
    delegate(&mut app, &north, manager, admin).await;
    delegate(&mut app, &north, admin, manager).await;
    assert_refused(approve(&mut app, &north, admin, asked.approval).await, "42501", "self_approval");
    approve(&mut app, &north, manager, asked.approval).await.expect("on the super_admin's behalf");
}

#[tokio::test]
async fn by_another_name_on_the_request() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let admin = north.user("admin");
    let transaction = within_as(&mut app, north.id, Some(admin)).await;
    let item = item(&transaction, &north, 4).await;
    let insert = "INSERT INTO awgp.approvals (work_item_id, title, risk_level, requested_by, expires_at)
                  VALUES ($1, 't', 4, $2, now() + interval '1 hour') RETURNING requested_by";
    let forged = transaction.query_one(insert, &[&item, &north.user("operator")]).await;
    assert_refused(forged, "42501", "requester_not_user");
    drop(transaction);
    let asked = asked_by(&mut app, &north, "admin", 4).await;
    let transaction = within_as(&mut app, north.id, Some(admin)).await;
    let change = "UPDATE awgp.approvals SET requested_by = $2 WHERE id = $1";
    let changed = transaction.execute(change, &[&asked.approval, &north.user("operator")]).await;
    assert_refused(changed, "55000", "request_fixed");
    drop(transaction);
    // Nor by a statement that does both.
    let transaction = within_as(&mut app, north.id, Some(admin)).await;
    let both = "UPDATE awgp.approvals SET requested_by = $2, status = 'approved' WHERE id = $1";
    let changed = transaction.execute(both, &[&asked.approval, &north.user("operator")]).await;
    assert_refused(changed, "55000", "request_fixed");
}

#[tokio::test]
async fn by_an_assistant_with_or_without_a_user() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked_by(&mut app, &north, "operator", 4).await;
    let none: Option<Uuid> = None;
    for (user, assistant, reason) in [
        (Some(north.user("admin")), Some(north.assistant), "assistant_decides"),
        (none, Some(north.assistant), "assistant_decides"),
        (none, None, "no_user_context"),
    ] {
        for sql in [APPROVE, APPROVE_BY_UPDATE, REJECT] {
            let transaction = app.transaction().await.expect("a transaction begins");
            let set = "SELECT awgp.set_context($1, $2, $3)";
            transaction.execute(set, &[&north.id, &user, &assistant]).await.expect("the context is set");
            assert_refused(transaction.query_one(sql, &[&asked.approval]).await, "42501", reason);
        }
    }
    // A user who acts with an assistant may ask; they are the requester then.
    let transaction = app.transaction().await.expect("a transaction begins");
    let set = "SELECT awgp.set_context($1, $2, $3)";
    let ids = (Some(north.user("admin")), Some(north.assistant));
    transaction.execute(set, &[&north.id, &ids.0, &ids.1]).await.expect("the context is set");
    let item = item(&transaction, &north, 4).await;
    let approval = one(&transaction, "SELECT id FROM awgp.request_approval($1)", &[&item]).await;
    transaction.commit().await.expect("committed");
    assert_refused(approve(&mut app, &north, north.user("admin"), approval).await, "42501", "self_approval");
}

#[tokio::test]
async fn by_the_assistants_creator_where_policy_says_so_and_they_stay_the_creator() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let admin = north.user("admin");
    policy(&database, &north, &json!({"assistant_creator_may_approve": false})).await;
    let transaction = within_as(&mut app, north.id, Some(admin)).await;
    let sql = "INSERT INTO awgp.assistants (name, slug, type, status, created_by)
               VALUES ('Own', 'own', 'custom', 'active', $1) RETURNING id";
    let assistant = one(&transaction, sql, &[&north.user("operator")]).await;
    let disown = "UPDATE awgp.assistants SET created_by = $2 WHERE id = $1";
    transaction.execute(disown, &[&assistant, &north.user("operator")]).await.expect("it has no effect");
    transaction.commit().await.expect("committed");
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'Pay', risk_level => 4)";
    let item = one(&transaction, sql, &[&assistant]).await;
    let approval = one(&transaction, "SELECT id FROM awgp.request_approval($1)", &[&item]).await;
    transaction.commit().await.expect("committed");
    assert_refused(approve(&mut app, &north, admin, approval).await, "42501", "assistant_creator");
    // Nor for them: their delegate has what they have.
    delegate(&mut app, &north, admin, north.user("manager")).await;
    let answer = approve(&mut app, &north, north.user("manager"), approval).await;
    assert_refused(answer, "42501", "approver_role");
    policy(&database, &north, &json!({})).await;
    approve(&mut app, &north, admin, approval).await.expect("policy lets him");
}

#[tokio::test]
async fn the_system_asks_in_a_users_name_and_they_do_not_decide() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let item = item(&transaction, &north, 4).await;
    // Nobody made it, so nobody asks.
    let nobody = transaction.query_one("SELECT awgp.request_approval($1)", &[&item]).await;
    assert_refused(nobody, "42501", "no_user_context");
    drop(transaction);
    let transaction = within(&mut app, north.id).await;
    let item = awgp_tests::approving::item(&transaction, &north, 4).await;
    let insert = "INSERT INTO awgp.approvals (work_item_id, title, risk_level, requested_by)
                  VALUES ($1, 't', 4, $2) RETURNING id";
    let approval = one(&transaction, insert, &[&item, &north.user("admin")]).await;
    transaction.commit().await.expect("committed");
    assert_refused(approve(&mut app, &north, north.user("admin"), approval).await, "42501", "self_approval");
    approve(&mut app, &north, north.user("super_admin"), approval).await.expect("he may");
}
