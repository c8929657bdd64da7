//! What the machine keeps is not the caller's: jumped states, forged columns, changed requests.

use awgp_core::approval::Status;
use awgp_tests::approving::{asked, item, row};
use awgp_tests::fixture::{group, within, within_as};
use awgp_tests::{Database, assert_refused};

#[tokio::test]
async fn no_request_is_inserted_in_another_state_than_pending() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for status in Status::ALL {
        for user in [None, Some(north.user("operator"))] {
            let transaction = within_as(&mut app, north.id, user).await;
            let item = item(&transaction, &north, 4).await;
            let sql = "INSERT INTO awgp.approvals (work_item_id, title, risk_level, requested_by, status, approved_by, approved_at)
                       VALUES ($1, 't', 4, $2, $3, $2, now())";
            let answer = transaction.execute(sql, &[&item, &north.user("operator"), &status.name()]).await;
            match status {
                Status::Pending => assert_eq!(answer.expect("the beginning"), 1),
                _ => assert_refused(answer, "55000", "illegal_transition"),
            }
        }
    }
}

#[tokio::test]
async fn what_a_caller_gives_for_the_machines_columns_does_not_count() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let item = item(&transaction, &north, 4).await;
    let sql = "INSERT INTO awgp.approvals (work_item_id, title, risk_level, request_digest, approved_by, approved_at,
                   escalation_count, escalated_to, used_at, withdrawn_at, break_glass, created_at, rejected_reason)
               VALUES ($1, 't', 0, repeat('a', 64), $2, now(), -7, 'operator', now(), now(), true, '2999-01-01', 'x')
               RETURNING id";
    let id = transaction.query_one(sql, &[&item, &north.user("admin")]).await.expect("a request").get(0);
    transaction.commit().await.expect("committed");
    let stored = row(&mut app, &north, id).await;
    assert_eq!((&stored["risk_level"], &stored["escalation_count"]), (&4.into(), &0.into()));
    assert_eq!(stored["break_glass"], false);
    assert_ne!(stored["request_digest"], "a".repeat(64));
    assert!(!stored["created_at"].as_str().is_some_and(|at| at.starts_with("2999")), "{stored}");
    for column in ["approved_by", "approved_at", "escalated_to", "used_at", "withdrawn_at", "rejected_reason"]
    {
        assert!(stored[column].is_null(), "{column}: {stored}");
    }
    let transaction = within(&mut app, north.id).await;
    let sql = "UPDATE awgp.approvals SET approved_by = $2, approved_at = now(), escalation_count = 0, used_at = now(),
                   break_glass = true, withdrawn_at = now(), escalated_to = 'operator' WHERE id = $1";
    transaction.execute(sql, &[&id, &north.user("admin")]).await.expect("it has no effect");
    transaction.commit().await.expect("committed");
    let after = row(&mut app, &north, id).await;
    for (column, value) in stored.as_object().expect("an object") {
        assert!(column == "updated_at" || after[column] == *value, "{column}: {after}");
    }
}

#[tokio::test]
async fn what_was_asked_does_not_change() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let first = asked(&mut app, &north, 4).await;
    let second = asked(&mut app, &north, 4).await;
    for user in [None, Some(north.user("operator")), Some(north.user("super_admin"))] {
        for change in [
            "risk_level = 0".to_owned(),
            "risk_level = 5".to_owned(),
            "title = 'x'".to_owned(),
            "description = 'x'".to_owned(),
            "context = '{\"x\": 1}'".to_owned(),
            "request_digest = repeat('a', 64)".to_owned(),
            "expires_at = expires_at + interval '1 second'".to_owned(),
            format!("work_item_id = '{}'", second.item),
            format!("requested_by = '{}'", north.user("viewer")),
            "risk_level = 0, status = 'approved'".to_owned(),
        ] {
            let transaction = within_as(&mut app, north.id, user).await;
            let sql = format!("UPDATE awgp.approvals SET {change} WHERE id = $1");
            assert_refused(transaction.execute(&sql, &[&first.approval]).await, "55000", "request_fixed");
        }
    }
}

#[tokio::test]
async fn a_superuser_is_held_to_the_machine_too() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    let superuser = database.superuser().await;
    let start = "UPDATE awgp.work_items SET status = 'in_progress' WHERE id = $1";
    assert_refused(superuser.execute(start, &[&asked.item]).await, "55000", "approval_pending");
    let approve = "UPDATE awgp.approvals SET status = 'approved' WHERE id = $1";
    assert_refused(superuser.execute(approve, &[&asked.approval]).await, "42501", "no_user_context");
}

#[tokio::test]
async fn an_item_waits_for_one_approval_also_within_one_statement() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let item = item(&transaction, &north, 4).await;
    let sql =
        "INSERT INTO awgp.approvals (work_item_id, title, risk_level) VALUES ($1, 'a', 4), ($1, 'b', 4)";
    awgp_tests::assert_sqlstate(transaction.execute(sql, &[&item]).await, "23505");
}
