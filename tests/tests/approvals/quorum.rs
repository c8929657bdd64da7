//! Quorum: as many humans as policy asks for, each once, whether in person or for somebody else.

use awgp_tests::approving::{
    APPROVE, APPROVE_BY_UPDATE, another, approve, asked, delegate, policy, row, run, start,
};
use awgp_tests::fixture::group;
use awgp_tests::{Database, assert_refused};
use serde_json::json;

#[tokio::test]
async fn two_votes_are_two_humans() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    policy(&database, &north, &json!({"quorum": {"4": 2}})).await;
    for sql in [APPROVE, APPROVE_BY_UPDATE] {
        let asked = asked(&mut app, &north, 4).await;
        let admin = Some(north.user("admin"));
        assert_eq!(run(&mut app, &north, admin, sql, asked.approval).await.expect("one vote"), "pending");
        assert_refused(start(&mut app, &north, asked.item).await, "55000", "approval_pending");
        assert_refused(run(&mut app, &north, admin, sql, asked.approval).await, "55000", "already_voted");
        let boss = Some(north.user("super_admin"));
        assert_eq!(run(&mut app, &north, boss, sql, asked.approval).await.expect("the second"), "approved");
        start(&mut app, &north, asked.item).await.expect("it begins");
    }
}

#[tokio::test]
async fn one_no_is_enough() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    policy(&database, &north, &json!({"quorum": {"4": 3}})).await;
    let asked = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, north.user("admin"), asked.approval).await.expect("one vote");
    let reject = "SELECT status FROM awgp.reject($1, 'no')";
    let answer = run(&mut app, &north, Some(north.user("super_admin")), reject, asked.approval).await;
    assert_eq!(answer.expect("he may"), "rejected");
}

#[tokio::test]
async fn a_delegate_and_their_delegator_are_one_vote_whoever_votes_first() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    policy(&database, &north, &json!({"quorum": {"4": 2}})).await;
    let (admin, manager) = (north.user("admin"), north.user("manager"));
    delegate(&mut app, &north, admin, manager).await;
    // The delegate first: the delegator's authority is used up.
    let first = asked(&mut app, &north, 4).await;
    assert_eq!(approve(&mut app, &north, manager, first.approval).await.expect("one vote"), "pending");
    assert_refused(approve(&mut app, &north, admin, first.approval).await, "55000", "already_voted");
    assert_refused(approve(&mut app, &north, manager, first.approval).await, "55000", "already_voted");
    // The delegator first: nothing is left to pass on.
    let second = asked(&mut app, &north, 4).await;
    assert_eq!(approve(&mut app, &north, admin, second.approval).await.expect("one vote"), "pending");
    assert_refused(approve(&mut app, &north, manager, second.approval).await, "42501", "approver_role");
    for asked in [first, second] {
        approve(&mut app, &north, north.user("super_admin"), asked.approval).await.expect("another human");
        assert_eq!(row(&mut app, &north, asked.approval).await["status"], "approved");
    }
}

#[tokio::test]
async fn two_delegates_of_one_delegator_are_one_vote_and_one_delegate_of_two_is_one_too() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    policy(&database, &north, &json!({"quorum": {"4": 2}})).await;
    let (admin, boss) = (north.user("admin"), north.user("super_admin"));
    let (one, two) = (north.user("manager"), another(&mut app, &north, "manager").await);
    delegate(&mut app, &north, admin, one).await;
    delegate(&mut app, &north, admin, two).await;
    let asked = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, one, asked.approval).await.expect("one vote");
    assert_refused(approve(&mut app, &north, two, asked.approval).await, "42501", "approver_role");
    // They hold another delegation as well: they have voted.
    delegate(&mut app, &north, boss, one).await;
    assert_refused(approve(&mut app, &north, one, asked.approval).await, "55000", "already_voted");
    // The second delegate with another authority is a second human with a second one.
    delegate(&mut app, &north, boss, two).await;
    assert_eq!(approve(&mut app, &north, two, asked.approval).await.expect("the second"), "approved");
}
