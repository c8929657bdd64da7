//! Delegations: a window, within the delegator's own authority, void with them, taken back once.

use awgp_tests::approving::{approve, asked, delegate, run};
use awgp_tests::fixture::{Tenant, group, one, within, within_as};
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use tokio_postgres::Client;
use uuid::Uuid;

const GIVE: &str =
    "SELECT id FROM awgp.delegate_approvals($1, $2::text::timestamptz, $3::text::timestamptz, $4)";

async fn give(
    client: &mut Client,
    tenant: &Tenant,
    from: Uuid,
    to: Uuid,
    window: (&str, &str),
    risk_levels: Option<Vec<i64>>,
) -> Result<Uuid, tokio_postgres::Error> {
    let transaction = within_as(client, tenant.id, Some(from)).await;
    let row = transaction.query_one(GIVE, &[&to, &window.0, &window.1, &risk_levels]).await?;
    transaction.commit().await?;
    Ok(row.get(0))
}

#[tokio::test]
async fn a_delegate_decides_on_behalf_and_the_vote_says_so() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (admin, manager) = (north.user("admin"), north.user("manager"));
    let delegation = delegate(&mut app, &north, admin, manager).await;
    let asked = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, manager, asked.approval).await.expect("on the admin's behalf");
    let transaction = within(&mut app, north.id).await;
    let sql =
        "SELECT approver_id, on_behalf_of, delegation_id FROM awgp.approval_decisions WHERE approval_id = $1";
    let row = transaction.query_one(sql, &[&asked.approval]).await.expect("one vote");
    assert_eq!((row.get::<_, Uuid>(0), row.get(1), row.get(2)), (manager, Some(admin), Some(delegation)));
    let sql = "SELECT approved_by FROM awgp.approvals WHERE id = $1";
    assert_eq!(one(&transaction, sql, &[&asked.approval]).await, manager);
}

#[tokio::test]
async fn what_is_passed_on_is_the_delegators_own() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (manager, operator) = (north.user("manager"), north.user("operator"));
    let day = ("now", "tomorrow");
    for levels in [vec![4], vec![0, 5]] {
        let beyond = give(&mut app, &north, manager, operator, day, Some(levels)).await;
        assert_refused(beyond, "42501", "beyond_authority");
    }
    for levels in [vec![], vec![6], vec![-1]] {
        let answer = give(&mut app, &north, manager, operator, day, Some(levels)).await;
        assert_sqlstate(answer, "23514");
    }
    give(&mut app, &north, manager, operator, day, Some(vec![2, 3])).await.expect("his own");
    // By plain INSERT too, also by the system in a user's name.
    let transaction = within(&mut app, north.id).await;
    let insert =
        "INSERT INTO awgp.approval_delegations (delegator_id, delegate_id, risk_levels, starts_at, ends_at)
                  VALUES ($1, $2, '{4}', now(), now() + interval '1 day')";
    assert_refused(transaction.execute(insert, &[&manager, &operator]).await, "42501", "beyond_authority");
}

#[tokio::test]
async fn a_delegation_covers_its_risks_in_its_window() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (admin, manager) = (north.user("admin"), north.user("manager"));
    for (window, levels, may) in [
        (("yesterday", "tomorrow"), None, true),
        (("yesterday", "tomorrow"), Some(vec![4]), true),
        (("yesterday", "tomorrow"), Some(vec![1, 3]), false),
        (("tomorrow", "infinity"), None, false),
        (("2001-01-01", "2001-01-02"), None, false),
    ] {
        let delegation =
            give(&mut app, &north, admin, manager, window, levels).await.expect("it can be given");
        let asked = asked(&mut app, &north, 4).await;
        let answer = approve(&mut app, &north, manager, asked.approval).await;
        match may {
            true => assert_eq!(answer.unwrap_or_else(|error| panic!("{window:?}: {error:?}")), "approved"),
            false => assert_refused(answer, "42501", "approver_role"),
        }
        let revoke = "SELECT id::text FROM awgp.revoke_delegation($1)";
        run(&mut app, &north, Some(admin), revoke, delegation).await.expect("his to take back");
    }
    let empty = give(&mut app, &north, admin, manager, ("2031-01-01", "2031-01-01"), None).await;
    assert_sqlstate(empty, "23514");
}

#[tokio::test]
async fn overlapping_windows_are_no_harm_and_one_in_force_is_enough() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (admin, manager) = (north.user("admin"), north.user("manager"));
    let revoked = delegate(&mut app, &north, admin, manager).await;
    delegate(&mut app, &north, admin, manager).await;
    give(&mut app, &north, admin, manager, ("yesterday", "tomorrow"), Some(vec![1])).await.expect("given");
    let revoke = "SELECT id::text FROM awgp.revoke_delegation($1)";
    run(&mut app, &north, Some(admin), revoke, revoked).await.expect("his to take back");
    let asked = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, manager, asked.approval).await.expect("the second is in force");
}

#[tokio::test]
async fn a_delegation_is_void_while_its_delegator_is_not_active_or_has_a_lesser_role() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (admin, manager) = (north.user("admin"), north.user("manager"));
    delegate(&mut app, &north, admin, manager).await;
    for (change, back) in [("is_active = false", "is_active = true"), ("role = 'manager'", "role = 'admin'")]
    {
        let asked = asked(&mut app, &north, 4).await;
        let set = |what: &str| format!("UPDATE awgp.users SET {what} WHERE id = $1 RETURNING id::text");
        run(&mut app, &north, None, &set(change), admin).await.expect("he changes");
        assert_refused(approve(&mut app, &north, manager, asked.approval).await, "42501", "approver_role");
        run(&mut app, &north, None, &set(back), admin).await.expect("and back");
        approve(&mut app, &north, manager, asked.approval).await.expect("in force again");
    }
    // He does not move to another tenant, so nothing is passed on from there.
    let sql = "UPDATE awgp.users SET tenant_id = gen_random_uuid() WHERE id = $1 RETURNING id::text";
    assert_refused(run(&mut app, &north, None, sql, admin).await, "55000", "tenant_change");
}

#[tokio::test]
async fn what_was_revoked_does_not_come_back_and_nothing_else_changes() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (admin, manager) = (north.user("admin"), north.user("manager"));
    let delegation = delegate(&mut app, &north, admin, manager).await;
    for change in [
        "ends_at = 'infinity'",
        "starts_at = 'yesterday'",
        "risk_levels = '{5}'",
        "delegate_id = delegator_id",
    ] {
        let sql = format!("UPDATE awgp.approval_delegations SET {change} WHERE id = $1 RETURNING id::text");
        assert_refused(
            run(&mut app, &north, Some(admin), &sql, delegation).await,
            "55000",
            "delegation_fixed",
        );
    }
    let revoke = "SELECT revoked_at::text FROM awgp.revoke_delegation($1)";
    let other = run(&mut app, &north, Some(manager), revoke, delegation).await;
    assert_refused(other, "42501", "not_own_row");
    assert_ne!(run(&mut app, &north, Some(admin), revoke, delegation).await.expect("his"), "");
    let sql = "UPDATE awgp.approval_delegations SET is_active = true WHERE id = $1 RETURNING id::text";
    assert_refused(run(&mut app, &north, Some(admin), sql, delegation).await, "55000", "delegation_fixed");
    let unknown = run(&mut app, &north, Some(admin), revoke, Uuid::from_u128(7)).await;
    assert_refused(unknown, "P0002", "unknown_delegation");
}

#[tokio::test]
async fn nobody_delegates_without_a_user_in_context_or_beyond_their_tenant() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT id FROM awgp.delegate_approvals($1, ends_at => 'tomorrow')";
    let answer = transaction.query_one(sql, &[&group.north.user("manager")]).await;
    assert_refused(answer, "42501", "no_user_context");
    drop(transaction);
    let transaction = within_as(&mut app, group.north.id, Some(group.north.user("admin"))).await;
    assert_sqlstate(transaction.query_one(sql, &[&group.south.user("manager")]).await, "23503");
}

#[tokio::test]
async fn the_list_shows_the_state_of_each_delegation_and_which_is_void() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (admin, manager) = (north.user("admin"), north.user("manager"));
    let subject = "UPDATE awgp.users SET keycloak_id = 'ada' WHERE id = $1 RETURNING id::text";
    run(&mut app, &north, None, subject, admin).await.expect("a subject");
    for window in [("yesterday", "tomorrow"), ("tomorrow", "infinity"), ("2001-01-01", "2001-01-02")] {
        give(&mut app, &north, admin, manager, window, None).await.expect("it can be given");
    }
    let revoked = delegate(&mut app, &north, admin, manager).await;
    let revoke = "SELECT id::text FROM awgp.revoke_delegation($1)";
    run(&mut app, &north, Some(admin), revoke, revoked).await.expect("theirs to take back");
    let administrator = database.admin().await;
    for (change, states) in [
        ("is_active = true", "ended in_force revoked scheduled"),
        ("is_active = false", "ended revoked void void"),
        ("is_active = true, keycloak_id = 'bob'", "ended revoked void void"),
        ("keycloak_id = NULL", "ended revoked void void"),
        ("keycloak_id = 'ada'", "ended in_force revoked scheduled"),
    ] {
        let sql = format!("UPDATE awgp.users SET {change} WHERE id = $1");
        administrator.execute(&sql, &[&admin]).await.expect("an administrator may");
        let transaction = within(&mut app, north.id).await;
        let sql =
            "SELECT string_agg(state, ' ' ORDER BY state) FROM awgp.delegation_list WHERE delegator_id = $1";
        let shown: String = transaction.query_one(sql, &[&admin]).await.expect("a list").get(0);
        assert_eq!(shown, states, "{change}");
    }
}
