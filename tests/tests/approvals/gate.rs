//! The gate: pinned to what was asked, used once, and not longer than it lasts.

use awgp_tests::approving::{APPROVE, START, approve, asked, item, let_it_expire, request, row, run, start};
use awgp_tests::fixture::{group, within_as};
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use tokio_postgres::Client;
use uuid::Uuid;

const START_BY_UPDATE: &str =
    "UPDATE awgp.work_items SET status = 'in_progress' WHERE id = $1 RETURNING status";

#[tokio::test]
async fn work_waits_for_its_approval_and_begins_under_it() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    let waiting = row(&mut app, &north, asked.approval).await;
    assert_eq!((&waiting["status"], &waiting["risk_level"]), (&"pending".into(), &4.into()));
    assert_eq!(waiting["requested_by"], north.user("operator").to_string());
    assert_eq!(waiting["title"], "Pay");
    assert_eq!(waiting["request_digest"].as_str().map(str::len), Some(64));
    assert_refused(start(&mut app, &north, asked.item).await, "55000", "approval_pending");
    assert_eq!(
        approve(&mut app, &north, north.user("admin"), asked.approval).await.expect("he may"),
        "approved"
    );
    let approved = row(&mut app, &north, asked.approval).await;
    assert_eq!(approved["approved_by"], north.user("admin").to_string());
    assert!(approved["approved_at"].is_string() && approved["used_at"].is_null(), "{approved}");
    assert_eq!(start(&mut app, &north, asked.item).await.expect("it begins"), "in_progress");
    assert!(row(&mut app, &north, asked.approval).await["used_at"].is_string());
}

#[tokio::test]
async fn whatever_is_pinned_changes_and_the_approval_no_longer_fits() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let other = "(SELECT id FROM awgp.create_assistant('Other', 'other', 'custom', 2))";
    for (change, by) in [
        ("title = 'Pay more'", "operator"),
        ("description = NULL", "operator"),
        ("risk_level = 5", "operator"),
        ("estimated_cost = 0.000001", "operator"),
        ("context = '{\"invoice\": 8}'", "operator"),
        (&*format!("assistant_id = {other}"), "manager"),
    ] {
        for sql in [START, START_BY_UPDATE] {
            let asked = asked(&mut app, &north, 4).await;
            approve(&mut app, &north, north.user("admin"), asked.approval).await.expect("he may");
            let transaction = within_as(&mut app, north.id, Some(north.user(by))).await;
            let update = format!("UPDATE awgp.work_items SET {change} WHERE id = $1");
            transaction
                .execute(&update, &[&asked.item])
                .await
                .unwrap_or_else(|error| panic!("{change}: {error:?}"));
            if by == "manager" {
                let activate = "UPDATE awgp.assistants SET status = 'active' WHERE slug = 'other'";
                transaction.execute(activate, &[]).await.expect("another assistant");
            }
            let answer = transaction.query_one(sql, &[&asked.item]).await;
            assert_refused(answer, "55000", "digest_mismatch");
        }
    }
    // A change in the very statement that begins it.
    let asked = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, north.user("admin"), asked.approval).await.expect("he may");
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let sql = "UPDATE awgp.work_items SET status = 'in_progress', title = 'Pay more' WHERE id = $1";
    assert_refused(transaction.execute(sql, &[&asked.item]).await, "55000", "digest_mismatch");
}

#[tokio::test]
async fn what_does_not_count_may_change_and_a_change_taken_back_is_none() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, north.user("admin"), asked.approval).await.expect("he may");
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    for change in
        ["priority = 1, due_at = now()", "title = 'x'", "title = 'Pay', context = '{ \"invoice\":  7 }'"]
    {
        let sql = format!("UPDATE awgp.work_items SET {change} WHERE id = $1");
        transaction.execute(&sql, &[&asked.item]).await.expect(change);
    }
    assert_eq!(transaction.execute(START, &[&asked.item]).await.expect("it fits"), 1);
}

#[tokio::test]
async fn an_approval_is_used_once_and_for_its_own_item() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let one = asked(&mut app, &north, 4).await;
    let other = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, north.user("admin"), one.approval).await.expect("he may");
    assert_refused(start(&mut app, &north, other.item).await, "55000", "approval_pending");
    start(&mut app, &north, one.item).await.expect("it begins");
    // It waits again, and what was used does not let it go on.
    let operator = Some(north.user("operator"));
    let wait = "UPDATE awgp.work_items SET status = 'awaiting_approval' WHERE id = $1 RETURNING status";
    run(&mut app, &north, operator, wait, one.item).await.expect("it waits");
    assert_refused(start(&mut app, &north, one.item).await, "55000", "approval_used");
}

#[tokio::test]
async fn an_approval_that_has_expired_or_was_rejected_lets_nothing_begin() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let late = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, north.user("admin"), late.approval).await.expect("he may");
    let_it_expire(&database, late.approval).await;
    assert_refused(start(&mut app, &north, late.item).await, "55000", "approval_expired");
    let rejected = asked(&mut app, &north, 4).await;
    let reject = "SELECT status FROM awgp.reject($1, 'too dear')";
    run(&mut app, &north, Some(north.user("admin")), reject, rejected.approval).await.expect("he may");
    assert_eq!(row(&mut app, &north, rejected.approval).await["rejected_reason"], "too dear");
    assert_refused(start(&mut app, &north, rejected.item).await, "55000", "approval_rejected");
    // It may be asked again, and the new one counts.
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let again = request(&transaction, rejected.item).await.expect("it is asked again");
    transaction.commit().await.expect("committed");
    approve(&mut app, &north, north.user("admin"), again).await.expect("he may");
    assert_eq!(start(&mut app, &north, rejected.item).await.expect("it begins"), "in_progress");
}

#[tokio::test]
async fn what_was_approved_does_not_change_while_it_runs() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, north.user("admin"), asked.approval).await.expect("he may");
    start(&mut app, &north, asked.item).await.expect("it begins");
    for change in
        ["title = 'x'", "context = '{}'", "risk_level = 5", "status = 'completed', description = 'x'"]
    {
        let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
        let sql = format!("UPDATE awgp.work_items SET {change} WHERE id = $1");
        assert_refused(transaction.execute(&sql, &[&asked.item]).await, "55000", "work_item_pinned");
    }
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let sql = "SELECT status FROM awgp.complete_work_item($1, '{\"paid\": true}')";
    assert_eq!(transaction.execute(sql, &[&asked.item]).await.expect("it ends"), 1);
}

#[tokio::test]
async fn a_risk_that_was_asked_about_is_not_lowered_to_pass_without() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    for risk in [0, 2, 3] {
        let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
        let sql = "UPDATE awgp.work_items SET risk_level = $2 WHERE id = $1";
        assert_refused(transaction.execute(sql, &[&asked.item, &risk]).await, "55000", "risk_lowered");
    }
    // Nor does a request ask for less than the item is.
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let other = item(&transaction, &north, 5).await;
    let sql = "SELECT id FROM awgp.request_approval($1, risk_level => 0)";
    let row = transaction.query_one(sql, &[&other]).await.expect("it is asked");
    let sql = "SELECT risk_level FROM awgp.approvals WHERE id = $1";
    let row = transaction.query_one(sql, &[&row.get::<_, Uuid>(0)]).await.expect("it is there");
    assert_eq!(row.get::<_, i32>(0), 5);
}

#[tokio::test]
async fn asking_again_waits_for_the_same_and_withdraws_what_no_longer_fits() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let first = asked(&mut app, &north, 4).await;
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    assert_refused(request(&transaction, first.item).await, "55000", "approval_pending");
    drop(transaction);
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let sql = "UPDATE awgp.work_items SET title = 'Pay less' WHERE id = $1";
    transaction.execute(sql, &[&first.item]).await.expect("it changes");
    let second = request(&transaction, first.item).await.expect("it asks something else");
    transaction.commit().await.expect("committed");
    let withdrawn = row(&mut app, &north, first.approval).await;
    assert_eq!(withdrawn["status"], "expired");
    assert!(withdrawn["withdrawn_at"].is_string(), "{withdrawn}");
    let late = approve(&mut app, &north, north.user("admin"), first.approval).await;
    assert_refused(late, "55000", "approval_closed");
    approve(&mut app, &north, north.user("admin"), second).await.expect("he may");
    start(&mut app, &north, first.item).await.expect("it begins");
}

#[tokio::test]
async fn a_cancelled_item_withdraws_what_waits_for_it_and_is_not_asked_about() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    let cancel = "SELECT status FROM awgp.cancel_work_item($1, 'not needed')";
    run(&mut app, &north, Some(north.user("operator")), cancel, asked.item).await.expect("it is cancelled");
    let late = approve(&mut app, &north, north.user("admin"), asked.approval).await;
    assert_refused(late, "55000", "approval_closed");
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    assert_refused(request(&transaction, asked.item).await, "55000", "illegal_transition");
}

#[tokio::test]
async fn an_approval_for_what_changed_meanwhile_is_not_given() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    let sql = "UPDATE awgp.work_items SET title = 'Pay more' WHERE id = $1 RETURNING title";
    run(&mut app, &north, Some(north.user("operator")), sql, asked.item).await.expect("it changes");
    let answer = approve(&mut app, &north, north.user("admin"), asked.approval).await;
    assert_refused(answer, "55000", "digest_mismatch");
    // A no is possible all the same.
    let reject = "SELECT status FROM awgp.reject($1, 'changed')";
    run(&mut app, &north, Some(north.user("admin")), reject, asked.approval).await.expect("he may");
}

#[tokio::test]
async fn approvers_who_are_of_another_tenant_or_not_there_are_no_approvers() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    for stranger in [group.south.user("admin"), Uuid::from_u128(7)] {
        let transaction = within_as(&mut app, group.north.id, Some(group.north.user("operator"))).await;
        let item = item(&transaction, &group.north, 4).await;
        let sql = "SELECT id FROM awgp.request_approval($1, approver_ids => ARRAY[$2]::uuid[])";
        assert_refused(transaction.query_one(sql, &[&item, &stranger]).await, "23503", "unknown_reference");
    }
    let transaction = within_as(&mut app, group.north.id, Some(group.north.user("operator"))).await;
    let insert = "INSERT INTO awgp.approvals (work_item_id, title, risk_level, expires_at)
                  VALUES ($1, 't', 4, now() + interval '1 hour')";
    assert_sqlstate(transaction.execute(insert, &[&group.south.work_item]).await, "23503");
}

#[tokio::test]
async fn what_has_begun_within_its_tier_goes_on_only_while_the_tier_allows_it() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let set = async |app: &mut Client, change: &str| {
        let transaction = within_as(app, north.id, None).await;
        let sql = format!("UPDATE awgp.assistants SET {change} WHERE id = $1");
        assert_eq!(transaction.execute(&sql, &[&north.assistant]).await.expect("a change"), 1);
        transaction.commit().await.expect("committed");
    };
    set(&mut app, "capabilities = '{look}'").await;
    let transaction = within_as(&mut app, north.id, None).await;
    let item = item(&transaction, &north, 1).await;
    transaction.commit().await.expect("committed");
    let begin = "SELECT concat_ws(' ', answer ->> 'allowed', answer ->> 'reason')
                 FROM awgp.begin_action($1, 'look') AS answer";
    assert_eq!(run(&mut app, &north, None, begin, item).await.expect("an answer"), "true allowed");
    set(&mut app, "risk_tier = 0").await;
    assert_eq!(run(&mut app, &north, None, begin, item).await.expect("an answer"), "false approval_required");
    set(&mut app, "risk_tier = 1").await;
    assert_eq!(run(&mut app, &north, None, begin, item).await.expect("an answer"), "true allowed");
    // As the denial says, what is in progress can be asked about, and goes on once it is approved.
    set(&mut app, "risk_tier = 0").await;
    let ask = "SELECT id::text FROM awgp.request_approval($1)";
    let approval = run(&mut app, &north, Some(north.user("operator")), ask, item).await.expect("it is asked");
    assert_eq!(run(&mut app, &north, None, begin, item).await.expect("an answer"), "false approval_pending");
    let approval = Uuid::parse_str(&approval).expect("an id");
    run(&mut app, &north, Some(north.user("admin")), APPROVE, approval).await.expect("an admin may");
    assert_eq!(run(&mut app, &north, None, begin, item).await.expect("an answer"), "true allowed");
}
