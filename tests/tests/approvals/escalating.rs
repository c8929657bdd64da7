//! Escalation: to the next role or to named users, a bounded number of times, by hand and by maintenance.

use awgp_tests::approving::{ESCALATE, another, approve, asked, policy, row, run};
use awgp_tests::fixture::{group, within_as};
use awgp_tests::{Database, assert_refused};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn each_escalation_asks_the_next_role_until_nobody_is_above() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 3).await;
    let operator = Some(north.user("operator"));
    assert_eq!(run(&mut app, &north, operator, ESCALATE, asked.approval).await.expect("a step"), "escalated");
    let now = row(&mut app, &north, asked.approval).await;
    assert_eq!((&now["escalated_to"], &now["escalation_count"]), (&"admin".into(), &1.into()));
    assert_eq!(now["escalation_reason"], "urgent");
    assert_refused(
        approve(&mut app, &north, north.user("manager"), asked.approval).await,
        "42501",
        "approver_role",
    );
    run(&mut app, &north, operator, ESCALATE, asked.approval).await.expect("a second step");
    assert_eq!(row(&mut app, &north, asked.approval).await["escalated_to"], "super_admin");
    let past = run(&mut app, &north, operator, ESCALATE, asked.approval).await;
    assert_refused(past, "55000", "escalation_exhausted");
    assert_refused(
        approve(&mut app, &north, north.user("admin"), asked.approval).await,
        "42501",
        "approver_role",
    );
    approve(&mut app, &north, north.user("super_admin"), asked.approval).await.expect("he may");
}

#[tokio::test]
async fn a_plain_update_escalates_and_counts_the_same() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    let sql =
        "UPDATE awgp.approvals SET status = 'escalated', escalation_count = 99, escalated_to = 'operator'
               WHERE id = $1 RETURNING status";
    run(&mut app, &north, Some(north.user("operator")), sql, asked.approval).await.expect("a step");
    let now = row(&mut app, &north, asked.approval).await;
    assert_eq!((&now["escalated_to"], &now["escalation_count"]), (&"super_admin".into(), &1.into()));
}

#[tokio::test]
async fn named_users_are_asked_if_they_are_of_the_tenant_and_their_role_allows_it() {
    let database = Database::new().await;
    let group = group(&database).await;
    let north = &group.north;
    let mut app = database.app().await;
    let second = another(&mut app, north, "admin").await;
    let asked = asked(&mut app, north, 4).await;
    let sql = "SELECT status FROM awgp.escalate_approval($1, 'ask them', $2)";
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let stranger = transaction.query_one(sql, &[&asked.approval, &vec![group.south.user("admin")]]).await;
    assert_refused(stranger, "23503", "unknown_reference");
    drop(transaction);
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let named = vec![second, north.user("manager")];
    transaction.query_one(sql, &[&asked.approval, &named]).await.expect("a step");
    transaction.commit().await.expect("committed");
    assert_refused(
        approve(&mut app, north, north.user("manager"), asked.approval).await,
        "42501",
        "approver_role",
    );
    assert_refused(
        approve(&mut app, north, north.user("admin"), asked.approval).await,
        "42501",
        "not_an_approver",
    );
    approve(&mut app, north, second, asked.approval).await.expect("he may");
}

#[tokio::test]
async fn a_policys_chain_names_users_and_passes_over_those_who_are_gone() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let second = another(&mut app, &north, "admin").await;
    let chain = json!({"escalation": {"chain": [{"users": [second, Uuid::from_u128(7)]}, {"users": [Uuid::from_u128(7)]}]}});
    policy(&database, &north, &chain).await;
    let asked = asked(&mut app, &north, 4).await;
    let operator = Some(north.user("operator"));
    run(&mut app, &north, operator, ESCALATE, asked.approval).await.expect("a step");
    assert_eq!(row(&mut app, &north, asked.approval).await["approver_ids"], json!([second]));
    let past = run(&mut app, &north, operator, ESCALATE, asked.approval).await;
    assert_refused(past, "55000", "escalation_exhausted");
}

#[tokio::test]
async fn no_escalation_lets_a_request_live_longer_than_policy_allows() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let bounds = json!({"expires_in_seconds": 600, "max_lifetime_seconds": 700,
                        "escalation": {"chain": ["next_role", "next_role"], "max_count": 5}});
    policy(&database, &north, &bounds).await;
    let asked = asked(&mut app, &north, 2).await;
    let named = vec![north.user("admin")];
    let mut steps = 0;
    loop {
        let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
        let sql = "SELECT expires_at <= created_at + interval '700 seconds'
                   FROM awgp.escalate_approval($1, approver_ids => $2)";
        match transaction.query_one(sql, &[&asked.approval, &named]).await {
            Ok(row) => assert!(row.get::<_, bool>(0), "step {steps}"),
            refused => break assert_refused(refused, "55000", "escalation_exhausted"),
        }
        transaction.commit().await.expect("committed");
        steps += 1;
    }
    assert_eq!(steps, 5);
    // Nor does asking.
    for expires_in in ["0 seconds", "-1 day", "701 seconds", "100 years"] {
        let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
        let item = awgp_tests::approving::item(&transaction, &north, 4).await;
        let sql = "SELECT id FROM awgp.request_approval($1, expires_in => $2::text::interval)";
        assert_refused(transaction.query_one(sql, &[&item, &expires_in]).await, "22023", "out_of_range");
    }
}

#[tokio::test]
async fn maintenance_escalates_what_has_waited_as_long_as_policy_says() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let hourly = json!({"escalation": {"after_seconds": 3600, "chain": ["next_role"]}});
    policy(&database, &group.north, &hourly).await;
    let waiting = asked(&mut app, &group.north, 4).await;
    let elsewhere = asked(&mut app, &group.south, 4).await;
    let maintainer = database.connect(awgp_tests::Login::Maintainer).await;
    let escalate = "SELECT awgp.escalate_due_approvals()";
    let none: i32 = maintainer.query_one(escalate, &[]).await.expect("it runs").get(0);
    assert_eq!(none, 0, "nothing has waited that long");
    let superuser = database.superuser().await;
    let sql = "SET session_replication_role = replica;
               UPDATE awgp.approvals SET created_at = created_at - interval '1 hour'";
    superuser.batch_execute(sql).await.expect("a superuser may");
    let one: i32 = maintainer.query_one(escalate, &[]).await.expect("it runs").get(0);
    assert_eq!(one, 1);
    let now = row(&mut app, &group.north, waiting.approval).await;
    assert_eq!((&now["status"], &now["escalated_to"]), (&"escalated".into(), &"super_admin".into()));
    assert_eq!(row(&mut app, &group.south, elsewhere.approval).await["status"], "pending");
    // Past the last step nothing is raised: it waits for its expiry.
    let sql = "SET session_replication_role = replica;
               UPDATE awgp.approvals SET escalated_at = escalated_at - interval '2 hours'";
    superuser.batch_execute(sql).await.expect("a superuser may");
    let none: i32 = maintainer.query_one(escalate, &[]).await.expect("it runs").get(0);
    assert_eq!(none, 0);
}
