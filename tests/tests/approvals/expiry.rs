//! Expiry: by the wall clock, half-open, whether maintenance runs or not.

use awgp_tests::approving::{APPROVE, APPROVE_BY_UPDATE, asked, let_it_expire, row, run};
use awgp_tests::fixture::{group, one, within, within_as};
use awgp_tests::{Database, Login, assert_refused};
use std::time::Duration;
use uuid::Uuid;

/// An approval that lives for so long, committed.
async fn short_lived(
    app: &mut tokio_postgres::Client,
    north: &awgp_tests::fixture::Tenant,
    life: &str,
) -> Uuid {
    let transaction = within_as(app, north.id, Some(north.user("operator"))).await;
    let item = awgp_tests::approving::item(&transaction, north, 4).await;
    let sql = "SELECT id FROM awgp.request_approval($1, expires_in => $2::text::interval)";
    let approval = one(&transaction, sql, &[&item, &life]).await;
    transaction.commit().await.expect("committed");
    approval
}

/// Waits until the server's clock has reached the approval's end.
async fn wait_for_the_end(app: &mut tokio_postgres::Client, tenant: Uuid, approval: Uuid) {
    let sql = "SELECT expires_at <= clock_timestamp() FROM awgp.approvals WHERE id = $1";
    loop {
        let transaction = within(app, tenant).await;
        if transaction.query_one(sql, &[&approval]).await.expect("it is there").get(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn at_the_moment_of_expiry_it_is_too_late_for_everything() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let asked = asked(&mut app, &north, 4).await;
    // expires_at is the present of the superuser's statement: for everybody after them, exactly then or
    // later.
    let_it_expire(&database, asked.approval).await;
    for sql in [
        APPROVE,
        APPROVE_BY_UPDATE,
        "SELECT status FROM awgp.reject($1, 'no')",
        "SELECT status FROM awgp.escalate_approval($1)",
    ] {
        let answer = run(&mut app, &north, Some(north.user("admin")), sql, asked.approval).await;
        assert_refused(answer, "55000", "approval_expired");
    }
    assert_eq!(row(&mut app, &north, asked.approval).await["status"], "pending", "nobody has swept yet");
}

#[tokio::test]
async fn a_transaction_that_began_before_decides_too_late() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let mut other = database.app().await;
    for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        // Its now() is before the end, however long it takes from here, and what it sees begins later.
        let transaction = app.transaction().await.expect("a transaction begins");
        transaction
            .batch_execute(&format!("SET TRANSACTION ISOLATION LEVEL {level}"))
            .await
            .expect("a level");
        let approval = short_lived(&mut other, &north, "300 milliseconds").await;
        let set = "SELECT awgp.set_context($1::uuid, $2::uuid)";
        transaction.execute(set, &[&north.id, &north.user("admin")]).await.expect("the context is set");
        let sql = "SELECT now() < expires_at FROM awgp.approvals WHERE id = $1";
        assert!(transaction.query_one(sql, &[&approval]).await.expect("it is there").get::<_, bool>(0));
        wait_for_the_end(&mut other, north.id, approval).await;
        assert_refused(transaction.query_one(APPROVE, &[&approval]).await, "55000", "approval_expired");
    }
}

#[tokio::test]
async fn who_waits_for_a_lock_past_the_end_is_too_late() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut holder = database.app().await;
    let mut decider = database.app().await;
    let mut other = database.app().await;
    let approval = short_lived(&mut other, &north, "400 milliseconds").await;
    // The decider's own row is locked, so they wait in the midst of deciding.
    let held = within(&mut holder, north.id).await;
    let sql = "UPDATE awgp.users SET first_name = 'x' WHERE id = $1";
    held.execute(sql, &[&north.user("admin")]).await.expect("held");
    let admin = north.user("admin");
    let tenant = north.clone();
    let deciding = tokio::spawn(async move {
        let transaction = within_as(&mut decider, tenant.id, Some(admin)).await;
        let answer = transaction.query_one(APPROVE, &[&approval]).await;
        drop(transaction);
        answer
    });
    wait_for_the_end(&mut other, north.id, approval).await;
    held.commit().await.expect("let go");
    assert_refused(deciding.await.expect("no panic"), "55000", "approval_expired");
}

#[tokio::test]
async fn expiring_takes_what_is_due_and_nothing_before_its_time() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let due = asked(&mut app, &group.north, 4).await;
    let not_due = asked(&mut app, &group.north, 4).await;
    let elsewhere = asked(&mut app, &group.south, 4).await;
    let_it_expire(&database, due.approval).await;
    let_it_expire(&database, elsewhere.approval).await;
    // A moment ahead counts as now: nothing is expired before its time.
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.expire_approvals(now() + interval '30 days')";
    assert_eq!(transaction.query_one(sql, &[]).await.expect("it runs").get::<_, i32>(0), 1);
    transaction.commit().await.expect("committed");
    assert_eq!(row(&mut app, &group.north, due.approval).await["status"], "expired");
    assert_eq!(row(&mut app, &group.north, not_due.approval).await["status"], "pending");
    assert_eq!(
        row(&mut app, &group.south, elsewhere.approval).await["status"],
        "pending",
        "not its own tenant"
    );
    let maintainer = database.connect(Login::Maintainer).await;
    let earlier = "SELECT awgp.expire_approvals('2001-01-01')";
    assert_eq!(maintainer.query_one(earlier, &[]).await.expect("it runs").get::<_, i32>(0), 0);
    let sql = "SELECT awgp.expire_approvals()";
    assert_eq!(maintainer.query_one(sql, &[]).await.expect("it runs").get::<_, i32>(0), 1);
    assert_eq!(row(&mut app, &group.south, elsewhere.approval).await["status"], "expired");
    let early = "UPDATE awgp.approvals SET status = 'expired' WHERE id = $1 RETURNING status";
    let answer = run(&mut app, &group.north, Some(group.north.user("admin")), early, not_due.approval).await;
    assert_refused(answer, "55000", "approval_not_expired");
}
