//! Who decides which risk, by function and by plain UPDATE; and what a decision leaves behind.

use awgp_tests::approving::{APPROVE, APPROVE_BY_UPDATE, another, approve, asked, policy, row, run};
use awgp_tests::fixture::{group, within, within_as};
use awgp_tests::{Database, assert_refused};
use serde_json::json;
use uuid::Uuid;

const ROLES: [&str; 5] = ["viewer", "operator", "manager", "admin", "super_admin"];

#[tokio::test]
async fn each_risk_asks_for_its_role_and_update_and_function_say_the_same() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let least = [1, 1, 2, 2, 3, 4];
    for risk in 0..6 {
        for (place, role) in ROLES.iter().enumerate() {
            for sql in [APPROVE, APPROVE_BY_UPDATE] {
                let asked = awgp_tests::approving::asked_by(&mut app, &north, "operator", risk).await;
                // Not the requester: another user of the same role.
                let user = match *role {
                    "operator" => another(&mut app, &north, role).await,
                    _ => north.user(role),
                };
                let answer = run(&mut app, &north, Some(user), sql, asked.approval).await;
                let cell = format!("{role} {risk}");
                match (place, place >= least[usize::try_from(risk).expect("small")]) {
                    (0, _) => assert_refused(answer, "42501", "role_not_sufficient"),
                    (_, true) => {
                        assert_eq!(answer.unwrap_or_else(|error| panic!("{cell}: {error:?}")), "approved");
                    }
                    (_, false) => assert_refused(answer, "42501", "approver_role"),
                }
            }
        }
    }
}

#[tokio::test]
async fn policy_overrides_the_roles() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    policy(&database, &north, &json!({"roles": {"2": "admin", "3": "admin"}})).await;
    let asked = asked(&mut app, &north, 3).await;
    assert_refused(
        approve(&mut app, &north, north.user("manager"), asked.approval).await,
        "42501",
        "approver_role",
    );
    approve(&mut app, &north, north.user("admin"), asked.approval).await.expect("he may");
}

#[tokio::test]
async fn whoever_is_listed_decides_if_their_role_allows_it_and_nobody_else() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let second = another(&mut app, &north, "admin").await;
    for (listed, who, reason) in [
        (vec![second], north.user("admin"), Some("not_an_approver")),
        (vec![second], north.user("super_admin"), Some("not_an_approver")),
        (vec![second, north.user("manager")], north.user("manager"), Some("approver_role")),
        (vec![second], second, None),
        (vec![], north.user("admin"), None),
    ] {
        let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
        let item = awgp_tests::approving::item(&transaction, &north, 4).await;
        let sql = "SELECT id FROM awgp.request_approval($1, approver_ids => $2)";
        let approval: Uuid = transaction.query_one(sql, &[&item, &listed]).await.expect("it is asked").get(0);
        transaction.commit().await.expect("committed");
        let answer = approve(&mut app, &north, who, approval).await;
        match reason {
            None => assert_eq!(answer.expect("he may"), "approved"),
            Some(reason) => assert_refused(answer, "42501", reason),
        }
    }
}

#[tokio::test]
async fn a_listed_user_who_is_deactivated_decides_nothing() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    let transaction = within(&mut app, north.id).await;
    let sql = "UPDATE awgp.users SET is_active = false WHERE id = $1";
    transaction.execute(sql, &[&north.user("admin")]).await.expect("deactivated");
    transaction.commit().await.expect("committed");
    let set = app
        .query_one("SELECT awgp.set_context($1::uuid, $2::uuid)", &[&north.id, &north.user("admin")])
        .await;
    assert_refused(set, "42501", "unknown_user");
    // Nor after they were put in context.
    let other = another(&mut app, &north, "admin").await;
    let transaction = within_as(&mut app, north.id, Some(other)).await;
    let superuser = database.superuser().await;
    superuser.execute(sql, &[&other]).await.expect("deactivated");
    let answer = transaction.query_one(APPROVE, &[&asked.approval]).await;
    assert_refused(answer, "42501", "unknown_user");
}

#[tokio::test]
async fn a_decision_is_a_row_that_nobody_writes_or_changes() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, north.user("admin"), asked.approval).await.expect("he may");
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT approver_id, on_behalf_of, delegation_id, decision, comment
               FROM awgp.approval_decisions WHERE approval_id = $1";
    let rows = transaction.query(sql, &[&asked.approval]).await.expect("decisions are readable");
    assert_eq!(rows.len(), 1);
    let none: Option<Uuid> = None;
    assert_eq!(
        (rows[0].get::<_, Uuid>(0), rows[0].get(1), rows[0].get(2)),
        (north.user("admin"), none, none)
    );
    assert_eq!((rows[0].get::<_, &str>(3), rows[0].get::<_, &str>(4)), ("approve", "fine"));
    let sql = "SELECT count(*) FROM awgp.audit_logs
               WHERE entity_type = 'approval_decisions' AND action = 'insert' AND actor_id = $1";
    let recorded: i64 = transaction.query_one(sql, &[&north.user("admin")]).await.expect("a count").get(0);
    assert_eq!(recorded, 1, "the vote is in the trail");
    drop(transaction);
    let write = "INSERT INTO awgp.approval_decisions (tenant_id, approval_id, approver_id, decision)
                 SELECT tenant_id, id, requested_by, 'approve' FROM awgp.approvals";
    let transaction = within(&mut app, north.id).await;
    awgp_tests::assert_sqlstate(transaction.execute(write, &[]).await, "42501");
    drop(transaction);
    let superuser = database.superuser().await;
    for sql in
        [write, "UPDATE awgp.approval_decisions SET comment = 'x'", "DELETE FROM awgp.approval_decisions"]
    {
        assert_refused(superuser.execute(sql, &[]).await, "42501", "machine_written");
    }
}

#[tokio::test]
async fn a_second_decision_is_told_that_there_is_one() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let boss = north.user("super_admin");
    let asked = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, north.user("admin"), asked.approval).await.expect("he may");
    for sql in [
        APPROVE,
        "SELECT status FROM awgp.reject($1, 'no')",
        "SELECT status FROM awgp.escalate_approval($1)",
        "UPDATE awgp.approvals SET status = 'rejected', rejected_reason = 'x' WHERE id = $1 RETURNING status",
        "UPDATE awgp.approvals SET status = 'pending' WHERE id = $1 RETURNING status",
        "UPDATE awgp.approvals SET status = 'expired' WHERE id = $1 RETURNING status",
    ] {
        assert_refused(
            run(&mut app, &north, Some(boss), sql, asked.approval).await,
            "55000",
            "approval_closed",
        );
    }
}

#[tokio::test]
async fn a_rejection_says_why() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    for sql in [
        "SELECT status FROM awgp.reject($1, ' ')",
        "SELECT status FROM awgp.reject($1, NULL)",
        "UPDATE awgp.approvals SET status = 'rejected' WHERE id = $1 RETURNING status",
    ] {
        let answer = run(&mut app, &north, Some(north.user("admin")), sql, asked.approval).await;
        assert_refused(answer, "22023", "reason_required");
    }
    let sql = "UPDATE awgp.approvals SET status = 'rejected', rejected_reason = 'no' WHERE id = $1 RETURNING status";
    let answer = run(&mut app, &north, Some(north.user("admin")), sql, asked.approval).await;
    assert_eq!(answer.expect("he may"), "rejected");
    assert_eq!(row(&mut app, &north, asked.approval).await["rejected_reason"], "no");
}

#[tokio::test]
async fn a_holding_sees_its_subsidiarys_approvals_and_decides_none() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let asked = asked(&mut app, &group.north, 4).await;
    let boss = group.holding.user("super_admin");
    let transaction = within_as(&mut app, group.holding.id, Some(boss)).await;
    let sql = "SELECT count(*) FROM awgp.approvals WHERE id = $1";
    let seen: i64 = transaction.query_one(sql, &[&asked.approval]).await.expect("a count").get(0);
    assert_eq!(seen, 1);
    assert_refused(transaction.query_one(APPROVE, &[&asked.approval]).await, "P0002", "unknown_approval");
}
