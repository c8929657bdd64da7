//! The inbox and the explanation: what a user may decide, on whose behalf, or why not.

use awgp_tests::approving::{APPROVE, approve, asked, asked_by, delegate, let_it_expire, policy, run};
use awgp_tests::fixture::{Tenant, group, within_as};
use awgp_tests::{Database, assert_refused};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

async fn inbox(client: &mut Client, tenant: &Tenant, user: Uuid) -> Vec<Uuid> {
    let transaction = within_as(client, tenant.id, Some(user)).await;
    let rows = transaction.query("SELECT id FROM awgp.approval_inbox()", &[]).await.expect("an inbox");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn explain(client: &mut Client, tenant: &Tenant, approval: Uuid, user: Uuid) -> Value {
    let transaction = within_as(client, tenant.id, None).await;
    let sql = "SELECT awgp.explain_approval($1, $2)";
    transaction.query_one(sql, &[&approval, &user]).await.expect("an explanation").get(0)
}

#[tokio::test]
async fn an_inbox_holds_what_its_user_may_decide_the_riskiest_first() {
    let database = Database::new().await;
    let group = group(&database).await;
    let north = &group.north;
    let mut app = database.app().await;
    let (manager, admin, boss) = (north.user("manager"), north.user("admin"), north.user("super_admin"));
    let low = asked(&mut app, north, 3).await.approval;
    let high = asked(&mut app, north, 4).await.approval;
    let own = asked_by(&mut app, north, "manager", 3).await.approval;
    asked(&mut app, &group.south, 3).await;
    let expired = asked(&mut app, north, 3).await.approval;
    let_it_expire(&database, expired).await;
    assert_eq!(inbox(&mut app, north, manager).await, [low]);
    let mut of_admin = inbox(&mut app, north, admin).await;
    assert_eq!(of_admin.remove(0), high);
    of_admin.sort_unstable();
    let mut expected = vec![low, own];
    expected.sort_unstable();
    assert_eq!(of_admin, expected);
    assert!(inbox(&mut app, north, north.user("viewer")).await.is_empty());
    // What was delegated is in the inbox too, and the explanation says on whose behalf.
    delegate(&mut app, north, admin, manager).await;
    assert_eq!(inbox(&mut app, north, manager).await, [high, low]);
    let why = explain(&mut app, north, high, manager).await;
    assert_eq!((&why["may_decide"], &why["authority"]), (&true.into(), &"delegated".into()));
    assert_eq!(why["on_behalf_of"], admin.to_string());
    // What is decided is gone.
    approve(&mut app, north, boss, high).await.expect("he may");
    assert_eq!(inbox(&mut app, north, manager).await, [low]);
}

#[tokio::test]
async fn the_explanation_and_the_decision_agree() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    policy(&database, &north, &json!({"quorum": {"4": 2}})).await;
    let voted = asked(&mut app, &north, 4).await.approval;
    approve(&mut app, &north, north.user("admin"), voted).await.expect("one vote");
    let closed = asked(&mut app, &north, 3).await.approval;
    approve(&mut app, &north, north.user("admin"), closed).await.expect("he may");
    let expired = asked(&mut app, &north, 3).await.approval;
    let_it_expire(&database, expired).await;
    let changed = asked(&mut app, &north, 3).await;
    let sql = "UPDATE awgp.work_items SET title = 'x' WHERE id = $1 RETURNING title";
    run(&mut app, &north, None, sql, changed.item).await.expect("it changes");
    for approval in [voted, closed, expired, changed.approval] {
        for role in ["operator", "manager", "admin", "super_admin"] {
            let user = north.user(role);
            let why = explain(&mut app, &north, approval, user).await;
            let transaction = within_as(&mut app, north.id, Some(user)).await;
            match transaction.query_one(APPROVE, &[&approval]).await {
                Ok(_) => assert_eq!(why["may_decide"], true, "{role} {why}"),
                Err(error) => {
                    let refused = awgp_tests::refused::<()>(Err(error));
                    assert_eq!(why["may_decide"], false, "{role} {why}");
                    assert_eq!(why["reason"].as_str(), refused.reason.as_deref(), "{role} {why}");
                }
            }
        }
    }
    let why = explain(&mut app, &north, voted, north.user("super_admin")).await;
    assert_eq!(
        (&why["votes"], &why["votes_needed"], &why["least_role"]),
        (&1.into(), &2.into(), &"admin".into())
    );
}

#[tokio::test]
async fn an_explanation_tells_nothing_of_other_tenants() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let elsewhere = asked(&mut app, &group.south, 4).await.approval;
    let here = asked(&mut app, &group.north, 4).await.approval;
    let sql = "SELECT awgp.explain_approval($1, $2)";
    for approval in [elsewhere, Uuid::from_u128(7)] {
        let transaction = within_as(&mut app, group.north.id, None).await;
        let answer = transaction.query_one(sql, &[&approval, &group.north.user("admin")]).await;
        assert_refused(answer, "P0002", "unknown_approval");
    }
    for user in [group.south.user("admin"), Uuid::from_u128(7)] {
        let transaction = within_as(&mut app, group.north.id, None).await;
        assert_refused(transaction.query_one(sql, &[&here, &user]).await, "42501", "unknown_user");
    }
}

#[tokio::test]
async fn an_inbox_follows_what_changes_within_a_transaction_and_beside_it() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let low = asked(&mut app, &north, 3).await.approval;
    let high = asked(&mut app, &north, 4).await.approval;
    let (manager, admin) = (north.user("manager"), north.user("admin"));
    let transaction = within_as(&mut app, north.id, Some(admin)).await;
    let inbox = async || {
        let rows =
            transaction.query("SELECT id FROM awgp.approval_inbox($1)", &[&manager]).await.expect("an inbox");
        rows.iter().map(|row| row.get(0)).collect::<Vec<Uuid>>()
    };
    assert_eq!(inbox().await, [low]);
    // By this transaction, and taken back.
    transaction.batch_execute("SAVEPOINT before").await.expect("a savepoint");
    let sql = "SELECT role FROM awgp.update_user($1, role => 'operator')";
    transaction.query_one(sql, &[&manager]).await.expect("demoted");
    assert!(inbox().await.is_empty());
    transaction.batch_execute("ROLLBACK TO SAVEPOINT before").await.expect("undone");
    assert_eq!(inbox().await, [low]);
    // By others, between two statements.
    policy(&database, &north, &json!({"roles": {"4": "manager"}})).await;
    assert_eq!(inbox().await, [high, low]);
    policy(&database, &north, &json!({"roles": {"2": "admin", "3": "admin"}})).await;
    assert!(inbox().await.is_empty());
    let mut other = database.app().await;
    delegate(&mut other, &north, admin, manager).await;
    assert_eq!(inbox().await, [high, low]);
    // Within one statement, of a function that changes what it then asks.
    transaction
        .batch_execute(&format!(
            "DO $$ BEGIN
               ASSERT awgp.may_decide_approval('{low}', '{manager}');
               PERFORM awgp.revoke_delegation(id) FROM awgp.approval_delegations WHERE delegate_id = '{manager}';
               ASSERT NOT awgp.may_decide_approval('{low}', '{manager}');
             END $$"
        ))
        .await
        .expect("each answer is of its moment");
}
