//! A human is a subject, not a row: who asked and who voted is known by the token that was presented.

use super::{as_user, authenticate};
use awgp_tests::approving::{APPROVE, APPROVE_BY_UPDATE, REJECT, item, policy, request};
use awgp_tests::fixture::{Tenant, one};
use awgp_tests::tokens::{AUDIENCE, ED25519, RSA_B, claims, claims_with, jwks, session_database, token_of};
use awgp_tests::{Database, assert_refused};
use serde_json::{Value, json};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

const OTHER_ISSUER: &str = "https://id.example.com/realms/other";

/// A user with this token makes an item of this risk and asks.
async fn asked_with(app: &mut Client, tenant: &Tenant, token: &str, risk: i32) -> Uuid {
    let transaction = app.transaction().await.expect("begins");
    authenticate(&transaction, token).await.expect("the token is good");
    let item = item(&transaction, tenant, risk.into()).await;
    let approval = request(&transaction, item).await.expect("it can be asked for");
    transaction.commit().await.expect("committed");
    approval
}

/// One statement about an approval with this token; committed where it is not refused.
async fn run_with(app: &mut Client, token: &str, sql: &str, approval: Uuid) -> Result<String, Error> {
    let transaction = app.transaction().await.expect("begins");
    authenticate(&transaction, token).await.expect("the token is good");
    let row = transaction.query_one(sql, &[&approval]).await?;
    transaction.commit().await?;
    Ok(row.get(0))
}

/// An administrator lets the subject of one user be that of another.
async fn move_subject(database: &Database, from: Uuid, to: Uuid) {
    let admin = database.admin().await;
    let sql = "UPDATE awgp.users SET keycloak_id = $2 WHERE id = $1";
    admin.execute(sql, &[&from, &format!("gone-{from}")]).await.expect("an administrator may");
    admin.execute(sql, &[&to, &from.to_string()]).await.expect("an administrator may");
}

#[tokio::test]
async fn a_subject_that_is_set_is_changed_by_administrators_alone() {
    let (database, group) = session_database().await;
    let mut app = database.app().await;
    let (admin, boss) = (group.north.user("admin"), group.north.user("super_admin"));
    let (peer, fresh) = (
        group.north.user("manager"),
        "INSERT INTO awgp.users (email, role) VALUES ('new@north.example', 'viewer') RETURNING id",
    );
    for actor in [admin, boss] {
        for (sql, user) in [
            ("UPDATE awgp.users SET keycloak_id = 'other' WHERE id = $1", actor),
            ("UPDATE awgp.users SET keycloak_id = NULL WHERE id = $1", actor),
            ("UPDATE awgp.users SET keycloak_id = 'other' WHERE id = $1", peer),
            ("UPDATE awgp.users SET keycloak_id = NULL WHERE id = $1", peer),
            ("UPDATE awgp.users SET keycloak_id = keycloak_id || 'x', first_name = 'X' WHERE id = $1", peer),
            (
                "INSERT INTO awgp.users (id, email, role, keycloak_id) VALUES ($1, 'a@b', 'viewer', 'k')
                 ON CONFLICT (id) DO UPDATE SET keycloak_id = 'other'",
                peer,
            ),
        ] {
            let transaction = as_user(&mut app, actor).await;
            assert_refused(transaction.execute(sql, &[&user]).await, "42501", "subject_fixed");
        }
    }
    // Whatever else they may change, they still may; and one that is not set, they set once.
    let transaction = as_user(&mut app, admin).await;
    let sql = "UPDATE awgp.users SET first_name = 'Ada', keycloak_id = keycloak_id WHERE id = $1";
    assert_eq!(transaction.execute(sql, &[&peer]).await.expect("they may"), 1);
    let new = one(&transaction, fresh, &[]).await;
    let set = "UPDATE awgp.users SET keycloak_id = $2 WHERE id = $1";
    transaction.execute(set, &[&new, &"first"]).await.expect("it was not set");
    assert_refused(transaction.execute(set, &[&new, &"second"]).await, "42501", "subject_fixed");
    drop(transaction);
    let sql = "UPDATE awgp.users SET keycloak_id = 'other' WHERE id = $1";
    database.admin().await.execute(sql, &[&peer]).await.expect("an administrator may");
}

#[tokio::test]
async fn whoever_asked_does_not_decide_as_another_user() {
    let (database, group) = session_database().await;
    let north = &group.north;
    let (asker, boss) = (north.user("operator"), north.user("super_admin"));
    policy(&database, north, &json!({"break_glass": [boss]})).await;
    let grant = "GRANT EXECUTE ON FUNCTION awgp.break_glass(uuid, text), awgp.force_approval(uuid, text) TO awgp_test_app";
    database.superuser().await.batch_execute(grant).await.expect("granted");
    let mut app = database.app().await;
    let token = token_of(asker);
    let approval = asked_with(&mut app, north, &token, 4).await;
    move_subject(&database, asker, boss).await;
    let glass = "SELECT status FROM awgp.break_glass($1, 'now')";
    for sql in [APPROVE, APPROVE_BY_UPDATE, REJECT, glass] {
        assert_refused(run_with(&mut app, &token, sql, approval).await, "42501", "self_approval");
    }
    let explained = "SELECT awgp.explain_approval($1) ->> 'reason'";
    assert_eq!(run_with(&mut app, &token, explained, approval).await.expect("an answer"), "self_approval");
    let other = token_of(north.user("admin"));
    assert_eq!(run_with(&mut app, &other, APPROVE, approval).await.expect("another human"), "approved");
}

#[tokio::test]
async fn one_human_fills_no_quorum_as_two_users() {
    let (database, group) = session_database().await;
    let north = &group.north;
    policy(&database, north, &json!({"quorum": {"4": 2}})).await;
    let mut app = database.app().await;
    let approval = asked_with(&mut app, north, &token_of(north.user("operator")), 4).await;
    let (admin, boss) = (north.user("admin"), north.user("super_admin"));
    let token = token_of(admin);
    assert_eq!(run_with(&mut app, &token, APPROVE, approval).await.expect("one vote"), "pending");
    move_subject(&database, admin, boss).await;
    for sql in [APPROVE, APPROVE_BY_UPDATE] {
        assert_refused(run_with(&mut app, &token, sql, approval).await, "55000", "already_voted");
    }
}

#[tokio::test]
async fn the_same_subject_of_another_issuer_is_another_human() {
    let (database, group) = session_database().await;
    let north = &group.north;
    let admin = database.admin().await;
    let sql = "SELECT awgp.create_identity_provider('other', $1, ARRAY[$2], $3)";
    admin.execute(sql, &[&OTHER_ISSUER, &AUDIENCE, &jwks(&[RSA_B])]).await.expect("a provider can be made");
    let mut app = database.app().await;
    let asker = north.user("operator");
    let approval = asked_with(&mut app, north, &token_of(asker), 4).await;
    move_subject(&database, asker, north.user("super_admin")).await;
    let other = RSA_B.sign(&claims_with(&asker.to_string(), "iss", OTHER_ISSUER.into()));
    assert_refused(run_with(&mut app, &token_of(asker), APPROVE, approval).await, "42501", "self_approval");
    assert_eq!(run_with(&mut app, &other, APPROVE, approval).await.expect("another human"), "approved");
}

#[tokio::test]
async fn nor_through_a_delegation_or_as_its_giver() {
    let (database, group) = session_database().await;
    let north = &group.north;
    let (admin, boss, manager) = (north.user("admin"), north.user("super_admin"), north.user("manager"));
    let mut app = database.app().await;
    let delegate =
        "SELECT id FROM awgp.delegate_approvals($1, now() - interval '1 hour', now() + interval '1 hour')";
    let transaction = as_user(&mut app, boss).await;
    transaction.execute(delegate, &[&manager]).await.expect("delegated");
    transaction.commit().await.expect("committed");
    // Whoever asked as the admin comes as the manager, who holds the super_admin's authority.
    let token = token_of(admin);
    let approval = asked_with(&mut app, north, &token, 5).await;
    move_subject(&database, admin, manager).await;
    assert_refused(run_with(&mut app, &token, APPROVE, approval).await, "42501", "self_approval");
    // Another human is the super_admin now: what the first one gave is void, until it is given anew.
    let second = asked_with(&mut app, north, &token_of(north.user("operator")), 5).await;
    move_subject(&database, boss, north.user("viewer")).await;
    assert_refused(run_with(&mut app, &token, APPROVE, second).await, "42501", "approver_role");
    let why = "SELECT awgp.explain_approval($1) -> 'delegations' -> 0 ->> 'why_not'";
    let why = run_with(&mut app, &token, why, second).await.expect("an answer");
    assert_eq!(why, "delegation_subject");
}

#[tokio::test]
async fn a_delegators_vote_by_their_delegate_is_theirs_whatever_user_they_are() {
    let (database, group) = session_database().await;
    let north = &group.north;
    policy(&database, north, &json!({"quorum": {"4": 2}})).await;
    let (admin, boss, manager) = (north.user("admin"), north.user("super_admin"), north.user("manager"));
    let mut app = database.app().await;
    let delegate =
        "SELECT id FROM awgp.delegate_approvals($1, now() - interval '1 hour', now() + interval '1 hour')";
    let transaction = as_user(&mut app, admin).await;
    transaction.execute(delegate, &[&manager]).await.expect("delegated");
    transaction.commit().await.expect("committed");
    let approval = asked_with(&mut app, north, &token_of(north.user("operator")), 4).await;
    let vote = run_with(&mut app, &token_of(manager), APPROVE, approval).await;
    assert_eq!(vote.expect("on the admin's behalf"), "pending");
    move_subject(&database, admin, boss).await;
    let again = run_with(&mut app, &token_of(admin), APPROVE, approval).await;
    assert_refused(again, "55000", "already_voted");
}

#[tokio::test]
async fn the_assistants_creator_stays_its_creator_as_another_user() {
    let (database, group) = session_database().await;
    let north = &group.north;
    let settings = json!({
        "approval_policy": {"assistant_creator_may_approve": false},
        "hallucination_policy": {"creator_may_conclude": false},
    });
    let sql = "UPDATE awgp.tenants SET settings = $2 WHERE id = $1";
    database.admin().await.execute(sql, &[&north.id, &settings]).await.expect("a policy");
    let (admin, boss) = (north.user("admin"), north.user("super_admin"));
    let mut app = database.app().await;
    let transaction = as_user(&mut app, admin).await;
    let sql = "INSERT INTO awgp.assistants (name, slug, type, status) VALUES ('Own', 'own', 'custom', 'active') RETURNING id";
    let assistant = one(&transaction, sql, &[]).await;
    transaction.commit().await.expect("committed");
    let transaction = as_user(&mut app, north.user("operator")).await;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'Pay', risk_level => 4)";
    let item = one(&transaction, sql, &[&assistant]).await;
    let approval = request(&transaction, item).await.expect("asked");
    let sql = "SELECT id FROM awgp.flag_hallucination($1, 'pattern')";
    let flag = one(&transaction, sql, &[&assistant]).await;
    transaction.commit().await.expect("committed");
    move_subject(&database, admin, boss).await;
    let token = token_of(admin);
    assert_refused(run_with(&mut app, &token, APPROVE, approval).await, "42501", "assistant_creator");
    let review = "SELECT status FROM awgp.review_hallucination($1, 'confirmed')";
    assert_refused(run_with(&mut app, &token, review, flag).await, "42501", "creator_alone");
}

#[tokio::test]
async fn what_was_presented_is_kept_and_nobody_forges_it() {
    let (database, group) = session_database().await;
    let north = &group.north;
    let (asker, admin) = (north.user("operator"), north.user("admin"));
    let mut app = database.app().await;
    let transaction = as_user(&mut app, asker).await;
    let item = item(&transaction, north, 4).await;
    let sql =
        "INSERT INTO awgp.approvals (work_item_id, title, risk_level, requester_issuer, requester_subject)
               VALUES ($1, 't', 4, 'forged', 'forged') RETURNING id";
    let approval = one(&transaction, sql, &[&item]).await;
    let sql =
        "UPDATE awgp.approvals SET requester_issuer = 'forged', requester_subject = 'forged' WHERE id = $1";
    // Refused or without effect, but never so.
    let _ = transaction.execute(sql, &[&approval]).await.expect("it has no effect");
    transaction.commit().await.expect("committed");
    run_with(&mut app, &token_of(admin), APPROVE, approval).await.expect("they may");
    let superuser = database.superuser().await;
    let sql = "SELECT jsonb_build_array(a.requester_issuer, a.requester_subject, d.approver_issuer, d.approver_subject)
               FROM awgp.approvals AS a JOIN awgp.approval_decisions AS d ON d.approval_id = a.id WHERE a.id = $1";
    let kept: Value = superuser.query_one(sql, &[&approval]).await.expect("a row").get(0);
    let issuer = awgp_tests::tokens::ISSUER;
    assert_eq!(kept, json!([issuer, asker.to_string(), issuer, admin.to_string()]));
    // The subject of a token that is not a user's id, for a session.
    let sql = "UPDATE awgp.users SET keycloak_id = 'plain' WHERE id = $1";
    database.admin().await.execute(sql, &[&asker]).await.expect("an administrator may");
    let token = ED25519.sign(&claims("plain"));
    super::authenticate_session(&app, &token).await.expect("good");
    let sql = "SELECT awgp.create_work_item($1, 'Pay', risk_level => 4)";
    app.execute(sql, &[&north.assistant]).await.expect("made");
    let sql = "SELECT requester_subject FROM awgp.request_approval((SELECT id FROM awgp.work_items WHERE status = 'backlog' AND risk_level = 4))";
    let subject: String = app.query_one(sql, &[]).await.expect("asked").get(0);
    assert_eq!(subject, "plain");
}
